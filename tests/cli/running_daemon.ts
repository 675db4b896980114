/** `longwire run` as a process of its own, followed by the lines of its log. */

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
/** Longer than anything here may take; what is not said by then is not going to be. */
const PATIENCE_MS = 15_000;

/** A running daemon. */
export class RunningDaemon implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #drained: Promise<void>;
  readonly #waiting = new Set<() => void>();
  #log = "";
  #ended = false;

  private constructor(configuration: string, env: Record<string, string>) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-prompt", "--quiet", MAIN, "run", configuration],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env,
    }).spawn();
    this.#drained = this.#drain();
  }

  /** Starts one. */
  static begin(configuration: string, environment: Record<string, string> = {}): RunningDaemon {
    return new RunningDaemon(configuration, environment);
  }

  /** Starts one, and waits until it is ready. */
  static async start(
    configuration: string,
    environment: Record<string, string> = {},
  ): Promise<RunningDaemon> {
    const daemon = RunningDaemon.begin(configuration, environment);
    await daemon.says(/^ready /m);
    return daemon;
  }

  /** Everything that it has said. */
  get log(): string {
    return this.#log;
  }

  /** The words it was started with, as everybody on this machine can see them. */
  get commandLine(): string {
    return Deno.readTextFileSync(`/proc/${this.#process.pid}/cmdline`);
  }

  /** Resolves when it has said something, counted from the `from`th character of its log. */
  async says(pattern: RegExp, from = 0): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      while (!pattern.test(this.#log.slice(from))) {
        if (late || this.#ended) throw new Error(`never said ${pattern}:\n${this.#log}`);
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a signal. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Sends a signal that ends it. Answers its exit code, and how long that took. */
  async stop(signal: Deno.Signal): Promise<{ code: number; ms: number }> {
    const began = performance.now();
    this.signal(signal);
    const { code } = await this.ended();
    return { code, ms: performance.now() - began };
  }

  /** Resolves when it has ended, with everything said. */
  async ended(): Promise<{ code: number }> {
    const { code } = await this.#process.status;
    await this.#drained;
    return { code };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.stop("SIGKILL");
  }

  async #drain(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
      this.#wake();
    }
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
