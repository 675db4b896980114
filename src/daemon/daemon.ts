/**
 * Runs a configuration: an endpoint, and every configured connection and session kept up on it.
 *
 * Nothing that a peer, a name server or the network does ends it. It ends when it is closed, or
 * when the data plane is dead, which is a bug of ours.
 */

import { type Configuration, sameConfiguration } from "../config/configuration.ts";
import { configurationDifferences, type Difference } from "../config/difference.ts";
import { loadConfiguration } from "../config/load.ts";
import { formatMistake, type Mistake } from "../config/mistake.ts";
import { formatListen } from "../endpoint/addresses.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { openEndpoint } from "../endpoint/open_endpoint.ts";
import { captureResponse, captureSelection } from "./capture_stream.ts";
import { Confirmation } from "./confirmation.ts";
import { ConnectionDebug } from "./connection_debug.ts";
import { ControlTrace } from "./control_trace.ts";
import { diagnose } from "./diagnosis.ts";
import type { Finding } from "./session_findings.ts";
import { daemonNews, newsOfChange, orderNews, reloadNews, takenBackNews } from "./event.ts";
import { EventFeed } from "./event_feed.ts";
import { configureLog, logger } from "./log.ts";
import { endpointOptions, peerOptions } from "./options.ts";
import { Refusals } from "./refusals.ts";
import { type DaemonStatus, STATUS_SCHEMA } from "./status.ts";
import { loadTelemetry, type Telemetry } from "./telemetry.ts";
import { Upkeep } from "./upkeep.ts";
import { VERSION } from "./version.ts";

/** Leaves time for everything else within the five seconds that a stop may take. */
const CLOSE_TIMEOUT_MS = 2_000;

/** What the daemon is started with. */
export interface DaemonOptions {
  readonly configuration: Configuration;
  /** Where the configuration came from, and is read from again; none for `longwire link`. */
  readonly file?: string;
  /** Takes the log's lines. */
  readonly write: (line: string) => void;
  /** Called after a reload has changed the configuration. */
  readonly onChange?: (configuration: Configuration) => void | Promise<void>;
}

/** What a reload has done, or would do. */
export interface ReloadOutcome {
  /** Whether the file is valid; where it is not, nothing has changed. */
  readonly ok: boolean;
  /** The file's mistakes and warnings, each as it is shown to people. */
  readonly mistakes: readonly string[];
  readonly differences: readonly Difference[];
  /** When it is taken back unless it is confirmed, ISO 8601. */
  readonly takenBackAt?: string;
}

/** What can be done to a connection by name. */
export type ConnectionAction = "up" | "down" | "restart";

/** Starts the daemon: listens, and begins every connection and session. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  configureLog(options.configuration.log, options.write);
  const endpoint = await openEndpoint(endpointOptions(options.configuration));
  return new Daemon(endpoint, options, await loadTelemetry());
}

/** A running daemon. */
export class Daemon implements AsyncDisposable {
  /** What happens, as it happens. */
  readonly events = new EventFeed();
  /** Control messages, for whoever traces them. */
  readonly trace: ControlTrace;
  readonly #debug: ConnectionDebug;
  readonly #endpoint: Endpoint;
  readonly #file: string | undefined;
  readonly #write: (line: string) => void;
  readonly #onChange: NonNullable<DaemonOptions["onChange"]>;
  readonly #startedAt = new Date();
  readonly #upkeep: Upkeep;
  readonly #refusals = new Refusals(() => this.#configuration);
  /** What ends the captures that are being made. */
  readonly #captures = new Set<() => void>();
  readonly #confirmation = new Confirmation<Configuration>(() => this.#takeBack());
  readonly #endTelemetry: (() => Promise<void>) | undefined;
  #configuration: Configuration;
  /** Reloads and orders, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @ignore Made by `startDaemon`. */
  constructor(endpoint: Endpoint, options: DaemonOptions, telemetry?: Telemetry) {
    const { configuration, file, write, onChange = () => {} } = options;
    this.#onChange = onChange;
    this.events.announce(daemonNews("started"));
    endpoint.watch({ handleChange: (change) => this.events.announce(newsOfChange(change)) });
    this.trace = new ControlTrace(endpoint, () => this.#configuration.connections);
    this.#debug = new ConnectionDebug(this.trace);
    this.#endpoint = endpoint;
    this.#file = file;
    this.#write = write;
    this.#configuration = configuration;
    endpoint.watch({ handleRefusal: (refusal) => this.#refusals.handle(refusal) });
    this.#upkeep = new Upkeep(endpoint, configuration, this.events.announce);
    this.#endTelemetry = telemetry?.({
      status: () => this.status(),
      watch: (handleChange) => endpoint.watch({ handleChange }),
    });
    void this.#upkeep.answerPeers();
  }

  /** The configuration that it runs. */
  get configuration(): Configuration {
    return this.#configuration;
  }

  /** Where it listens, in words. */
  get listening(): string {
    return this.#endpoint.listening.map(formatListen).join(" ");
  }

  /** Resolves when closed; rejects when the data plane has died. */
  get closed(): Promise<void> {
    return this.#endpoint.closed;
  }

  /** Resolves when the data plane has answered; one that hangs never does. */
  probe(): Promise<void> {
    return this.#endpoint.probe();
  }

  /** What `status` shows. */
  status(): DaemonStatus {
    return {
      schema: STATUS_SCHEMA,
      version: VERSION,
      hostName: this.#endpoint.hostName,
      startedAt: this.#startedAt.toISOString(),
      configuration: this.#file ?? null,
      ...this.#upkeep.status(),
      counters: this.#endpoint.counters(),
    };
  }

  /**
   * Captures what a name means, as a pcapng file.
   *
   * @throws {NothingToCapture} for a name of nothing. @throws {SystemError} without CAP_NET_RAW.
   */
  async capture(name: string, inner: boolean): Promise<Response> {
    const selection = await captureSelection(name, inner, this.#configuration, this.status());
    return captureResponse(this.#endpoint, selection, (close) => {
      this.#captures.add(close);
      return () => void this.#captures.delete(close);
    });
  }

  /** Looks at what arrives for a moment, and tells what is wrong. */
  diagnose(ms: number): Promise<readonly Finding[]> {
    const configuration = this.#configuration;
    const status = () => this.status();
    const refusals = () => this.#refusals.recent();
    return diagnose({ endpoint: this.#endpoint, configuration, status, refusals }, ms);
  }

  /** Acts on a connection by name; `false` where there is none of that name. */
  act(name: string, action: ConnectionAction): Promise<boolean> {
    return this.#inTurn(async () => {
      const connection = this.#upkeep.connection(name);
      if (connection === undefined) return false;
      logger.info("{name}: {action}, by its operator", { name, action });
      this.events.announce(orderNews(name, action));
      await connection[action]();
      return true;
    });
  }

  /** Logs everything of a connection, or no longer; `false` where there is none of that name. */
  debug(name: string, isOn: boolean): boolean {
    if (this.#upkeep.connection(name) === undefined) return false;
    logger.info("{name}: debugging {state}, by its operator", { name, state: isOn ? "on" : "off" });
    this.#debug.set(name, isOn);
    return true;
  }

  /** What a reload would change, without changing it. */
  compare(): ReloadOutcome {
    const { configuration, outcome } = this.#readAgain();
    return configuration === undefined ? outcome : {
      ...outcome,
      differences: configurationDifferences(this.#configuration, configuration),
    };
  }

  /**
   * Reads the file again and changes to it, touching only what differs. With `confirmWithin`, in
   * milliseconds, the change is taken back unless it is confirmed by then; without, a change that
   * still waits for that is confirmed.
   */
  reload(options: { confirmWithin?: number } = {}): Promise<ReloadOutcome> {
    return this.#inTurn(async () => {
      const { configuration, outcome } = this.#readAgain();
      if (configuration === undefined) {
        logger.error("reload: nothing is changed, the configuration has mistakes");
        for (const line of outcome.mistakes.flatMap((mistake) => mistake.split("\n"))) {
          logger.error("reload: {line}", { line });
        }
        this.events.announce(reloadNews(0, outcome.mistakes.length, false));
        return outcome;
      }
      const differences = configurationDifferences(this.#configuration, configuration);
      for (const { key, effect } of differences) {
        logger.info("reload: {key} {effect}", { key, effect });
      }
      this.events.announce(reloadNews(differences.length, 0, true));
      if (differences.length === 0) logger.info("reload: nothing has changed");
      // Before the change, which may fail half way: then, too, it is taken back.
      const takenBackAt = this.#awaitConfirmation(differences, options.confirmWithin);
      await this.#change(configuration);
      return { ...outcome, differences, ...(takenBackAt === undefined ? {} : { takenBackAt }) };
    });
  }

  /** Lets a change stay that would be taken back; answers whether there was one. */
  confirm(): boolean {
    const confirmed = this.#confirmation.confirm();
    if (confirmed) logger.info("reload: confirmed, by its operator");
    return confirmed;
  }

  /** Tells every peer, removes every interface, and ends. */
  async close(): Promise<void> {
    this.events.announce(daemonNews("stopping"));
    this.#upkeep.abandon();
    for (const end of this.#captures) end();
    this.#confirmation.confirm();
    await this.#endpoint.close({ timeout: CLOSE_TIMEOUT_MS });
    await this.#endTelemetry?.();
    this.events.close();
    this.#debug.close();
    this.trace.close();
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => {});
    return result;
  }

  #readAgain(): { configuration: Configuration | undefined; outcome: ReloadOutcome } {
    if (this.#file === undefined) {
      const mistakes = ["there is no configuration file: it was started by `longwire link`"];
      return { configuration: undefined, outcome: { ok: false, mistakes, differences: [] } };
    }
    const { configuration, mistakes } = loadConfiguration(this.#file);
    const outcome = {
      ok: configuration !== undefined,
      mistakes: mistakes.map((mistake: Mistake) => formatMistake(mistake)),
      differences: [],
    };
    return { configuration, outcome };
  }

  #awaitConfirmation(
    differences: readonly Difference[],
    within: number | undefined,
  ): string | undefined {
    if (within === undefined) this.#confirmation.confirm();
    else if (differences.length > 0) this.#confirmation.await(this.#configuration, within);
    return this.#confirmation.until?.toISOString();
  }

  /** Nobody has confirmed: perhaps because nobody can reach us any more. */
  #takeBack(): void {
    this.#inTurn(async () => {
      const former = this.#confirmation.takeDue();
      if (former === undefined) return;
      const differences = configurationDifferences(this.#configuration, former);
      logger.warn("reload: taken back, nobody has confirmed it; {file} is as it was changed", {
        file: this.#file,
      });
      this.events.announce(takenBackNews(differences.length));
      await this.#change(former);
    }).catch((error) =>
      logger.error("reload: not taken back: {problem}", { problem: String(error) })
    );
  }

  async #change(after: Configuration): Promise<void> {
    this.#refusals.forget();
    const before = this.#configuration;
    this.#configuration = after;
    if (!sameConfiguration(before.log, after.log)) configureLog(after.log, this.#write);
    this.#endpoint.setPeers(peerOptions(after), after.acceptUnknownPeers);
    await this.#upkeep.change(before, after);
    await this.#onChange(after);
  }
}
