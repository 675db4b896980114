/**
 * Control messages as they pass, for whoever traces them. While nobody does, the endpoint is not
 * even watched.
 */

import { formatTransportAddress, parseRemote } from "../endpoint/addresses.ts";
import { connectionOfSight, describeSight } from "../endpoint/control_trace.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { ControlSight } from "../endpoint/observation.ts";
import type { ConnectionConfiguration } from "../config/configuration.ts";
import { Broadcast } from "./broadcast.ts";

/** One control message, or what became of it. */
export interface TraceRecord {
  readonly id: number;
  /** When, ISO 8601. */
  readonly at: string;
  /** Whose; null for somebody who is not known. */
  readonly connection: string | null;
  readonly direction: "sent" | "received" | "dropped";
  readonly local: string;
  readonly remote: string;
  readonly text: string;
}

/** The trace of one endpoint. */
export class ControlTrace {
  readonly #endpoint: Endpoint;
  readonly #configured: () => readonly ConnectionConfiguration[];
  readonly #broadcast = new Broadcast<TraceRecord>("trace", (readers) => {
    this.#readers = readers;
    this.#follow();
  });
  readonly #listeners = new Set<(record: TraceRecord) => void>();
  #readers = 0;
  #unwatch: (() => void) | undefined;
  #lastId = 0;

  /** `configured` tells whose an address is before there is a connection. */
  constructor(endpoint: Endpoint, configured: () => readonly ConnectionConfiguration[]) {
    this.#endpoint = endpoint;
    this.#configured = configured;
  }

  /** Everything from now on, or only what is of one connection. */
  respond(name: string | undefined): Response {
    return this.#broadcast.respond(
      [],
      ({ connection }) => name === undefined || connection === name,
    );
  }

  /** Calls `listener` with everything from now on; the answered function ends it. */
  listen(listener: (record: TraceRecord) => void): () => void {
    this.#listeners.add(listener);
    this.#follow();
    return () => {
      this.#listeners.delete(listener);
      this.#follow();
    };
  }

  /** Ends every reader's stream. */
  close(): void {
    this.#broadcast.close();
  }

  #follow(): void {
    if (this.#readers + this.#listeners.size > 0) {
      this.#unwatch ??= this.#endpoint.watch({ handleControl: (sight) => this.#handle(sight) });
    } else {
      this.#unwatch?.();
      this.#unwatch = undefined;
    }
  }

  #handle(sight: ControlSight): void {
    const { path: { local, remote } } = sight;
    const record: TraceRecord = {
      id: ++this.#lastId,
      at: new Date().toISOString(),
      connection: this.#nameOf(sight) ?? null,
      direction: sight.kind,
      local: formatTransportAddress(local),
      remote: formatTransportAddress(remote),
      text: describeSight(sight),
    };
    this.#broadcast.send(record);
    for (const listener of this.#listeners) listener(record);
  }

  #nameOf(sight: ControlSight): string | undefined {
    const statuses = this.#endpoint.connections.map((connection) => connection.status());
    const found = connectionOfSight(sight, statuses);
    if (found !== undefined) return found.name;
    const { address } = sight.path.remote;
    return this.#configured().find(({ remote }) => parseRemote(remote).host === address)?.name;
  }
}
