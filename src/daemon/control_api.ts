/**
 * The control API: HTTP and JSON on the control socket, and the metrics for Prometheus.
 *
 * Errors are JSON too, `{ "error": "…" }`. Only orders change anything, and they are POSTs.
 */

import { LONGEST_CONFIRMATION_MS } from "./confirmation.ts";
import type { ConnectionAction, Daemon } from "./daemon.ts";
import { NothingToCapture } from "./capture_stream.ts";
import { formatMetrics } from "./metrics.ts";

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What the control API asks of a daemon. */
export type ControlledDaemon =
  & Pick<
    Daemon,
    | "status"
    | "events"
    | "capture"
    | "diagnose"
    | "act"
    | "debug"
    | "compare"
    | "reload"
    | "confirm"
  >
  & { readonly trace: Pick<Daemon["trace"], "respond"> };

/** Answers one request of the control API. */
export async function handleControlRequest(
  daemon: ControlledDaemon,
  request: Request,
): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const { method } = request;
  switch (`${method} ${pathname}`) {
    case "GET /status":
      return Response.json(daemon.status());
    case "GET /events":
      return handleEventsRequest(daemon, request, searchParams);
    case "GET /trace":
      return handleTraceRequest(daemon, searchParams.get("name") ?? undefined);
    case "GET /capture":
      return await handleCaptureRequest(daemon, searchParams);
    case "GET /diagnosis":
      return await handleDiagnosisRequest(daemon, searchParams);
    case "GET /metrics":
      return handleMetricsRequest(daemon);
    case "GET /healthz":
    case "GET /readyz":
      return new Response("ok\n");
    case "POST /reload":
      return await handleReloadRequest(daemon, searchParams);
    case "POST /reload/confirm":
      return daemon.confirm()
        ? Response.json({ ok: true })
        : failure(409, "no change waits to be confirmed");
  }
  const order = /^\/connections\/([^/]+)\/(up|down|restart|debug)$/.exec(pathname);
  if (order === null) return failure(404, `${pathname} is nothing that the control API has`);
  if (method !== "POST") return failure(405, `${pathname} is an order: POST it`);
  const name = decodeName(order[1] ?? "");
  const found = order[2] === "debug"
    ? daemon.debug(name, !searchParams.has("off"))
    : await daemon.act(name, order[2] as ConnectionAction);
  return found ? Response.json({ ok: true }) : failure(404, `there is no connection ${name}`);
}

async function handleReloadRequest(
  daemon: Pick<ControlledDaemon, "compare" | "reload">,
  parameters: URLSearchParams,
): Promise<Response> {
  if (parameters.has("compare")) return Response.json(daemon.compare());
  const within = parameters.get("confirmWithin");
  if (within === null) return Response.json(await daemon.reload());
  const confirmWithin = Number(within);
  if (!(confirmWithin > 0 && confirmWithin <= LONGEST_CONFIRMATION_MS)) {
    return failure(400, "confirmWithin is to be milliseconds, a day of them at most");
  }
  return Response.json(await daemon.reload({ confirmWithin }));
}

/** Server-sent events; after a break a reader goes on where it was (`Last-Event-ID`). */
function handleEventsRequest(
  { events }: Pick<Daemon, "events">,
  request: Request,
  parameters: URLSearchParams,
): Response {
  const last = request.headers.get("last-event-id");
  const recent = Number(parameters.get("recent") ?? 0);
  if (!Number.isSafeInteger(recent) || recent < 0) return failure(400, "recent is to be a number");
  return events.respond(last === null ? { recent } : { after: Number(last) || 0 });
}

function handleTraceRequest(
  daemon: Pick<ControlledDaemon, "status" | "trace">,
  name: string | undefined,
): Response {
  if (name === undefined || daemon.status().connections.some((each) => each.name === name)) {
    return daemon.trace.respond(name);
  }
  return failure(404, `there is no connection ${name}`);
}

async function handleCaptureRequest(
  daemon: Pick<ControlledDaemon, "capture">,
  parameters: URLSearchParams,
): Promise<Response> {
  try {
    return await daemon.capture(parameters.get("name") ?? "", parameters.has("inner"));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return failure(error instanceof NothingToCapture ? 404 : 500, text);
  }
}

const LONGEST_DIAGNOSIS_MS = 60_000;

async function handleDiagnosisRequest(
  daemon: Pick<ControlledDaemon, "diagnose">,
  parameters: URLSearchParams,
): Promise<Response> {
  const ms = Number(parameters.get("ms") ?? 2_000);
  if (!(ms >= 0 && ms <= LONGEST_DIAGNOSIS_MS)) return failure(400, "ms is to be 0 to 60000");
  try {
    return Response.json({ findings: await daemon.diagnose(ms) });
  } catch (error) {
    return failure(500, error instanceof Error ? error.message : String(error));
  }
}

/** Answers with the metrics, whatever was asked. */
export function handleMetricsRequest(daemon: Pick<Daemon, "status">): Response {
  return new Response(formatMetrics(daemon.status()), {
    headers: { "content-type": METRICS_TYPE },
  });
}

function failure(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
