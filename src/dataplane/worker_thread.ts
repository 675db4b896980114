/**
 * Starts the data plane's worker threads, whose code the main thread itself has no use for.
 *
 * A bundle, which has no other file beside it, carries the worker as a text.
 */

/** Where a bundle puts the text of worker.ts and of what it imports (packaging/bundle.ts). */
export const CARRIED_TEXT = "longwire.dataplane.worker";

/** A thread that was started before somebody asked for it. */
let prepared: Worker | undefined;

/** Starts the first thread ahead, so that it loads while a program does other things. */
export function prepareWorker(): void {
  prepared = thread();
}

/** A worker thread; its first message is to be a `WorkerStart`. */
export function startWorker(): Worker {
  const worker = prepared ?? thread();
  prepared = undefined;
  return worker;
}

function thread(): Worker {
  return new Worker(workerUrl(), { type: "module", name: "longwire-data" });
}

function workerUrl(): string {
  const carried: unknown = Reflect.get(globalThis, Symbol.for(CARRIED_TEXT));
  if (typeof carried !== "string") return new URL("./worker.ts", import.meta.url).href;
  // Never revoked: a worker may read it long after it was started.
  return URL.createObjectURL(new Blob([carried], { type: "text/javascript" }));
}
