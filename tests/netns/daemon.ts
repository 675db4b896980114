/**
 * A daemon of ours in a namespace: started from a configuration and with the permissions that a
 * user's would have, asked over its control socket.
 */

import { eventually } from "../harness/eventually.ts";
import { PERMISSIONS } from "../../packaging/permissions.ts";
import { TUNING } from "../../packaging/tuning.ts";
import { daemonAt } from "../../src/cli/control_client.ts";
import type { Namespaces } from "../../src/cli/namespaces.ts";
import type { EndpointCounters, PathStatus, PppStatus } from "../../src/endpoint/status.ts";
import type { DaemonEvent } from "../../src/daemon/event.ts";
import type { ReloadOutcome } from "../../src/daemon/daemon.ts";
import { LoggedProcess } from "./logged_process.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

/** A configuration as in the YAML; JSON is YAML too. */
export type ConfigurationText = Record<string, unknown>;

/** The parts of a session's status that tests look at. */
export interface SessionReport {
  readonly name: string;
  readonly state: string;
  readonly interface: string;
  readonly mtu: number;
  readonly localSessionId: number;
  readonly path: PathStatus;
  readonly lastError: string | null;
  readonly ppp?: PppStatus;
  readonly counters: {
    readonly receivedFrames: number;
    readonly transmittedFrames: number;
    readonly drops: Readonly<Record<string, number>>;
  };
}

/** The parts of a connection's status that tests look at. */
export interface ConnectionReport {
  readonly name: string;
  readonly state: string;
  readonly version: number;
  readonly lastError: string | null;
  readonly remote: { readonly hostName: string | null };
  readonly sessions: readonly SessionReport[];
}

/** The parts of the whole status that tests look at. */
export interface StatusReport {
  readonly connections: readonly ConnectionReport[];
  readonly static: readonly SessionReport[];
  readonly counters: EndpointCounters;
}

/** What starts the daemon's command in another way. */
export type CommandWrapper = (command: readonly string[]) => readonly string[];

/** A running daemon. */
export class Daemon implements AsyncDisposable {
  readonly #namespaces: Namespaces;
  readonly #namespace: string;
  readonly #folder: string;
  readonly #wrap: CommandWrapper;
  #process: LoggedProcess;

  private constructor(
    namespaces: Namespaces,
    namespace: string,
    folder: string,
    wrap: CommandWrapper,
  ) {
    this.#namespaces = namespaces;
    this.#namespace = namespace;
    this.#folder = folder;
    this.#wrap = wrap;
    this.#process = this.#spawn();
  }

  /** Starts a daemon, and waits until it says that it is ready. */
  static async start(
    namespaces: Namespaces,
    namespace: string,
    configuration: ConfigurationText,
    wrap: CommandWrapper = (command) => command,
  ): Promise<Daemon> {
    const folder = await Deno.makeTempDir({ prefix: "longwire-daemon-" });
    await Deno.writeTextFile(`${folder}/secret`, "a secret of tests\n", { mode: 0o600 });
    await writeConfiguration(folder, configuration);
    const daemon = new Daemon(namespaces, namespace, folder, wrap);
    try {
      await daemon.ready();
      return daemon;
    } catch (error) {
      await daemon[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The process id. */
  get pid(): number {
    return this.#process.child.pid;
  }

  /** What it has logged since it was started last. */
  get log(): string {
    return this.#process.log;
  }

  /** Waits for the line that says so. */
  ready(): Promise<void> {
    return this.#process.logged(/^ready/m, 20_000);
  }

  /** Waits until its log has a match. */
  logged(pattern: RegExp, limitMs: number): Promise<void> {
    return this.#process.logged(pattern, limitMs);
  }

  /** Asks its control API; the answer is JSON, or text. */
  async ask(method: "GET" | "POST", path: string): Promise<unknown> {
    const { status, body } = await daemonAt(`${this.#folder}/control.sock`).ask(method, path);
    if (status >= 400) throw new Error(`${method} ${path}: ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  /** Waits for an event, among the latest or to come, whose text has a match. */
  async announced(pattern: RegExp): Promise<void> {
    const client = daemonAt(`${this.#folder}/control.sock`);
    const limit = AbortSignal.timeout(10_000);
    for await (const { data } of client.listen("/events?recent=200", limit)) {
      if (pattern.test((data as DaemonEvent).text)) return;
    }
    throw new Error(`no event ${pattern}`);
  }

  /** Writes another configuration, and has it reloaded; answers what has changed. */
  async reload(configuration: ConfigurationText): Promise<ReloadOutcome> {
    await writeConfiguration(this.#folder, configuration);
    return await this.ask("POST", "/reload") as ReloadOutcome;
  }

  /** `status --json`. */
  async status(): Promise<StatusReport> {
    return await this.ask("GET", "/status") as StatusReport;
  }

  /** Waits until every connection and every session is established. */
  async established(limitMs = 15_000): Promise<void> {
    const up = ({ state }: { state: string }) => state === "established";
    await eventually(
      async () => {
        const { connections, static: unconnected } = await this.status();
        return connections.length + unconnected.length > 0 && unconnected.every(up) &&
          connections.every((each) => up(each) && each.sessions.every(up));
      },
      () => this.log,
      limitMs,
    );
  }

  /** SIGKILL: nobody is told, nothing is cleaned up. */
  async kill(): Promise<void> {
    await this.#process.end("SIGKILL");
  }

  /** Starts it again with the same configuration, after `kill` or `end`. */
  restart(): void {
    this.#process = this.#spawn();
  }

  /** SIGTERM; answers the exit code. */
  end(): Promise<number> {
    return this.#process.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await Deno.remove(this.#folder, { recursive: true });
  }

  #spawn(): LoggedProcess {
    const command = installedCommand("run", `${this.#folder}/longwire.yaml`);
    return new LoggedProcess(this.#namespaces, this.#namespace, this.#wrap(command));
  }
}

/** A command line of longwire's, permitted and tuned as an installed one is. */
export function installedCommand(...args: string[]): string[] {
  return [Deno.execPath(), "run", ...TUNING, ...PERMISSIONS, MAIN, ...args];
}

async function writeConfiguration(folder: string, given: ConfigurationText): Promise<void> {
  const whole = { controlSocket: `${folder}/control.sock`, ...given };
  await Deno.writeTextFile(`${folder}/longwire.yaml`, JSON.stringify(whole, null, 2));
}

/** A program of the test's in a namespace, with its output in the error when it fails. */
export async function succeed(
  namespaces: Namespaces,
  namespace: string,
  ...command: string[]
): Promise<string> {
  const { code, stdout, stderr } = await namespaces.run(namespace, command);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit code ${code}: ${stdout}${stderr}`);
  return stdout;
}
