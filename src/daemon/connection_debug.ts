/**
 * Debugging single connections while the daemon runs: their control messages in words, and every
 * record that names them, go to the log whatever its level.
 */

import type { ControlTrace, TraceRecord } from "./control_trace.ts";
import { debugConnection, logger } from "./log.ts";

/** Which connections are debugged; a reload changes nothing about it. */
export class ConnectionDebug {
  readonly #trace: Pick<ControlTrace, "listen">;
  readonly #names = new Set<string>();
  #unlisten: (() => void) | undefined;

  constructor(trace: Pick<ControlTrace, "listen">) {
    this.#trace = trace;
  }

  /** Begins with a connection, or ends it. */
  set(name: string, isOn: boolean): void {
    debugConnection(name, isOn);
    if (isOn) this.#names.add(name);
    else this.#names.delete(name);
    if (this.#names.size > 0) {
      this.#unlisten ??= this.#trace.listen((record) => this.#log(record));
    } else {
      this.#unlisten?.();
      this.#unlisten = undefined;
    }
  }

  /** Ends it for all of them. */
  close(): void {
    for (const name of [...this.#names]) this.set(name, false);
  }

  #log({ connection: name, direction, remote, text }: TraceRecord): void {
    if (name === null || !this.#names.has(name)) return;
    logger.debug("{name}: {direction} {remote}: {text}", { name, direction, remote, text });
  }
}
