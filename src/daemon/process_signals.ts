/**
 * The signals of a daemon's process. They are listened to from the first moment on, while the code is
 * still being loaded: whoever starts a service and stops it at once gets an orderly end as well.
 */

/** The signals that a service listens to, for as long as it runs. */
export class ProcessSignals implements Disposable {
  readonly #stop = Promise.withResolvers<void>();
  #stopping = false;
  onReload: () => void = () => {};

  constructor() {
    Deno.addSignalListener("SIGTERM", this.#handleStop);
    Deno.addSignalListener("SIGINT", this.#handleStop);
    Deno.addSignalListener("SIGHUP", this.#handleReload);
  }

  /** Resolves when it is time to stop. */
  get stop(): Promise<void> {
    return this.#stop.promise;
  }

  /** Whether it is. */
  get stopping(): boolean {
    return this.#stopping;
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGTERM", this.#handleStop);
    Deno.removeSignalListener("SIGINT", this.#handleStop);
    Deno.removeSignalListener("SIGHUP", this.#handleReload);
  }

  readonly #handleStop = (): void => {
    if (this.#stopping) Deno.exit(1);
    this.#stopping = true;
    this.#stop.resolve();
  };

  readonly #handleReload = (): void => this.onReload();
}

/** Those that are listened to already, until a service takes them. */
let early: ProcessSignals | undefined;

/** Begins to listen; what comes is kept for the service that starts. */
export function listenEarly(): void {
  early ??= new ProcessSignals();
}

/** The signals for a service: those that have been listened to, or from now on. */
export function processSignals(): ProcessSignals {
  const signals = early ?? new ProcessSignals();
  early = undefined;
  return signals;
}
