/**
 * A process of a test whose stderr is kept and can be waited on: a daemon of ours, or a peer's.
 */

import { endProcess, type Namespaces } from "../../src/cli/namespaces.ts";

/** A running process and what it has said. */
export class LoggedProcess implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly #output: Promise<void>;
  #log = "";
  #grown = Promise.withResolvers<void>();

  constructor(namespaces: Namespaces, namespace: string, command: readonly string[]) {
    this.child = namespaces.spawn(namespace, command, { stderr: "piped" });
    this.#output = this.#collect();
  }

  /** What it has written to stderr. */
  get log(): string {
    return this.#log;
  }

  /** Waits until its log, from `offset` on, has a match. */
  async logged(pattern: RegExp, limitMs: number, offset = 0): Promise<void> {
    const late = Promise.withResolvers<never>();
    const fail = () => late.reject(new Error(`${pattern} was not logged; the log:\n${this.#log}`));
    const timer = setTimeout(fail, limitMs);
    try {
      while (!pattern.test(this.#log.slice(offset))) {
        await Promise.race([this.#grown.promise, this.#output.then(fail), late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks it to end, and waits until it has; answers its exit code. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<number> {
    await endProcess(this.child, signal);
    await this.#output;
    return (await this.child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #collect(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.child.stderr) {
      this.#log += decoder.decode(chunk, { stream: true });
      this.#grown.resolve();
      this.#grown = Promise.withResolvers();
    }
  }
}
