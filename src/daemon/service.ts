/**
 * The daemon as a process: signals, control socket, metrics listener, systemd; from start to exit.
 *
 * SIGTERM and SIGINT end it within five seconds, SIGHUP reloads. A second SIGTERM or SIGINT ends it
 * at once, with exit code 1. One that comes before it is ready ends it as well, and nothing is left.
 */

import { dirname } from "node:path";
import { type Configuration, DEFAULT_CONTROL_SOCKET } from "../config/configuration.ts";
import { splitHostAndPort } from "../config/address_forms.ts";
import { handleControlRequest, handleMetricsRequest } from "./control_api.ts";
import { type ControlSocket, openControlSocket } from "./control_socket.ts";
import { type Daemon, startDaemon } from "./daemon.ts";
import { logger } from "./log.ts";
import { notifyService } from "./service_notification.ts";
import { processSignals } from "./process_signals.ts";
import { Watchdog, watchdogInterval } from "./watchdog.ts";

/** Everything must be over by then, or is left to the kernel, which removes what a process had. */
const STOP_TIMEOUT_MS = 4_500;

/** What a service runs. */
export interface ServiceOptions {
  readonly configuration: Configuration;
  readonly file?: string;
  /** Takes lines for stderr, each with its end. */
  readonly write: (line: string) => void;
}

/**
 * Runs until a signal ends it. Resolves when everything has been put away; rejects when it cannot
 * start, or when the data plane has died.
 */
export async function runService({ configuration, file, write }: ServiceOptions): Promise<void> {
  using signals = processSignals();
  await using service = new Service();
  // The control socket comes first: a daemon that runs already is best told by it.
  await service.listen(configuration.controlSocket);
  if (signals.stopping) return;
  const daemon = await startDaemon({
    configuration,
    ...(file === undefined ? {} : { file }),
    write,
    onChange: ({ metrics }) => service.serveMetrics(metrics),
  });
  service.answerWith(daemon);
  const notify = (state: string) =>
    notifyService(state, dirname(configuration.controlSocket ?? DEFAULT_CONTROL_SOCKET));
  try {
    await service.serveMetrics(configuration.metrics);
    if (signals.stopping) return;
    signals.onReload = () => void reload(daemon, notify);
    write(`${readyLine(daemon)}\n`);
    await notify("READY=1");
    const interval = watchdogInterval();
    using _watchdog = interval === undefined
      ? undefined
      : new Watchdog({ probe: () => daemon.probe(), notify }, interval);
    await Promise.race([signals.stop, daemon.closed.catch((fault) => tellFault(write, fault))]);
    await notify("STOPPING=1");
  } finally {
    await withinTime(daemon.close());
  }
}

/** A bug of ours: its report needs where it happened. Frames name functions, and show no values. */
function tellFault(write: (line: string) => void, fault: unknown): never {
  const stack = fault instanceof Error ? fault.stack : String(fault);
  write(`a bug of longwire ends it; please report where it is:\n${stack}\n`);
  throw fault;
}

function readyLine(daemon: Daemon): string {
  const { controlSocket, connections, static: statics } = daemon.configuration;
  const parts = [
    `listening on ${daemon.listening}`,
    `connections: ${connections.length}`,
    `static sessions: ${statics.length}`,
    ...(controlSocket === undefined ? [] : [`control: ${controlSocket}`]),
  ];
  return `ready ${parts.join(", ")}`;
}

async function reload(
  daemon: Daemon,
  notify: (state: string) => Promise<void>,
): Promise<void> {
  await notify("RELOADING=1");
  try {
    await daemon.reload();
  } catch (error) {
    logger.error("reload failed: {problem}", { problem: String(error) });
  }
  await notify("READY=1");
}

async function withinTime(closing: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    logger.error("not everything was closed in time; the kernel removes the rest");
    late.resolve();
  }, STOP_TIMEOUT_MS);
  try {
    await Promise.race([closing, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The listeners of a service besides the endpoint's. */
class Service implements AsyncDisposable {
  /** What is asked before there is a daemon waits for it. */
  readonly #daemon = Promise.withResolvers<Daemon>();
  #control: ControlSocket | undefined;
  #metrics: Deno.HttpServer | undefined;
  #metricsAt: string | undefined;

  /** From now on questions are answered. */
  answerWith(daemon: Daemon): void {
    this.#daemon.resolve(daemon);
  }

  async listen(path: string | undefined): Promise<void> {
    if (path === undefined) return;
    this.#control = await openControlSocket(path, (request) => this.#handle(request));
  }

  /** Serves metrics at `url`, or no longer anywhere. */
  async serveMetrics(url: string | undefined): Promise<void> {
    if (url === this.#metricsAt) return;
    await this.#metrics?.shutdown();
    this.#metrics = undefined;
    this.#metricsAt = url;
    const place = splitHostAndPort(url?.replace(/^http:\/\/|\/$/g, "") ?? "");
    if (url === undefined || place?.port === undefined) return;
    try {
      this.#metrics = Deno.serve(
        { hostname: place.host, port: place.port, onListen: () => {} },
        async () => handleMetricsRequest(await this.#daemon.promise),
      );
    } catch (error) {
      // What carries the frames must not fall with what counts them.
      logger.error("metrics cannot be served at {url}: {problem}", { url, problem: String(error) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever still waits is told; with a daemon there, nobody does.
    this.#daemon.promise.catch(() => {});
    this.#daemon.reject(new Error("the daemon has not started"));
    await this.#metrics?.shutdown();
    await this.#control?.[Symbol.asyncDispose]();
  }

  async #handle(request: Request): Promise<Response> {
    return await handleControlRequest(await this.#daemon.promise, request);
  }
}
