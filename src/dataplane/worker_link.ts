/**
 * The main thread's end of one worker: numbered commands out, their answers in.
 *
 * See worker.ts for why each message is followed by a ring of the doorbell.
 */

import type { Command, NumberedCommand, Report, WorkerStart } from "./commands.ts";
import { startWorker } from "./worker_thread.ts";

/** Wakes the worker; `io`'s doorbells have this shape. */
export interface Bell {
  readonly descriptor: { readonly number: number };
  ring(): void;
  close(): void;
}

/** What a link tells of its worker. */
export interface WorkerEvents {
  /** Anything but an answer to a command. */
  onReport(report: Exclude<Report, { kind: "answers" }>): void;
  /** The worker died of a bug; no command will be answered again. */
  onFault(error: Error): void;
}

interface PendingCommand {
  resolve(): void;
  reject(error: Error): void;
}

/** One worker thread. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #bell: Bell;
  readonly #events: WorkerEvents;
  readonly #pending = new Map<number, PendingCommand>();
  /** What goes out in one message at the end of this turn: a message costs more than a command. */
  #unsent: NumberedCommand[] = [];
  #lastId = 0;
  /** Why no command is taken any more. */
  #ended: Error | undefined;

  /** @param bell belongs to the link from here on. */
  constructor(start: Omit<WorkerStart, "doorbell">, bell: Bell, events: WorkerEvents) {
    this.#bell = bell;
    this.#events = events;
    this.#worker = startWorker();
    this.#worker.onmessage = ({ data }: MessageEvent<Report>) => this.#handle(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`a worker of the data plane died: ${event.message}`));
    };
    this.#worker.postMessage({ ...start, doorbell: bell.descriptor.number } satisfies WorkerStart);
  }

  /**
   * Has the worker do something; resolves when it is done.
   *
   * @throws {RangeError} when the worker refuses, and why.
   * @throws {Error} when the worker has died, or was stopped.
   */
  command(command: Command): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.set(id, { resolve, reject });
    if (this.#unsent.push({ id, command }) === 1) queueMicrotask(() => this.#send());
    return promise;
  }

  /** Stops the worker and waits until it has let go of every descriptor; again is nothing. */
  async close(): Promise<void> {
    const alive = this.#ended === undefined;
    const stopped = alive ? this.command({ kind: "stop" }) : undefined;
    this.#ended ??= new Error("the data plane is closed");
    try {
      await stopped;
    } finally {
      this.#worker.terminate();
      this.#bell.close();
    }
  }

  #send(): void {
    // Nothing where the worker has died since.
    if (this.#unsent.length === 0) return;
    this.#worker.postMessage(this.#unsent);
    this.#unsent = [];
    this.#bell.ring();
  }

  #handle(report: Report): void {
    if (report.kind !== "answers") return this.#events.onReport(report);
    for (const { id, refusal } of report.answers) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (refusal === undefined) pending?.resolve();
      else pending?.reject(new RangeError(refusal));
    }
  }

  #fail(fault: Error): void {
    this.#ended = fault;
    this.#unsent = [];
    for (const pending of this.#pending.values()) pending.reject(fault);
    this.#pending.clear();
    this.#events.onFault(fault);
  }
}
