/**
 * OpenTelemetry, where the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`): the
 * metrics of metrics.ts, and a span for every set-up of a connection or session, from `connecting`
 * to what came of it.
 *
 * By OpenTelemetry's own SDK, which is not even loaded otherwise. Deno's (`OTEL_DENO`) is of no use
 * here: its metrics wait for every thread's loop, and the data plane's threads wait in the kernel.
 */

import type { Meter, ObservableResult, Span, Tracer } from "@opentelemetry/api";
import type { EndpointChange } from "../endpoint/observation.ts";
import { type Metric, metricsOf } from "./metrics.ts";
import type { DaemonStatus } from "./status.ts";
import { VERSION } from "./version.ts";

const SCOPE = "longwire";
/** As OpenTelemetry's specification has it. */
const DEFAULT_EXPORT_INTERVAL_MS = 60_000;
/** SpanStatusCode.ERROR. */
const ERROR = 2;

/** What telemetry is of. */
export interface Observed {
  status(): DaemonStatus;
  /** Follows changes of state; the answered function ends it. */
  watch(handleChange: (change: EndpointChange) => void): () => void;
}

/** Exports what it is given, until the answered function is called: the rest is sent then. */
export type Telemetry = (observed: Observed) => () => Promise<void>;

type Environment = { get(name: string): string | undefined };

/** How to export; `undefined` where the environment asks for nothing. */
export async function loadTelemetry(
  environment: Environment = Deno.env,
): Promise<Telemetry | undefined> {
  const isWanted = (environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") ?? "") !== "" &&
    environment.get("OTEL_SDK_DISABLED") !== "true";
  if (!isWanted) return undefined;
  const { openProviders } = await import("./telemetry_providers.ts");
  const interval = Number(environment.get("OTEL_METRIC_EXPORT_INTERVAL"));
  return (observed) => {
    const providers = openProviders({
      serviceName: environment.get("OTEL_SERVICE_NAME") ?? SCOPE,
      intervalMs: interval > 0 ? interval : DEFAULT_EXPORT_INTERVAL_MS,
    });
    observeMetrics(providers.meter(SCOPE, VERSION), () => metricsOf(observed.status()));
    const setUps = new SetUpSpans(providers.tracer(SCOPE, VERSION));
    const unwatch = observed.watch((change) => setUps.handleChange(change));
    return async () => {
      unwatch();
      await providers.close();
    };
  };
}

/**
 * One instrument for every metric, asked for its series when it is exported; of a histogram the sum
 * and the count, for the API has no instrument that takes classes counted elsewhere.
 */
function observeMetrics(meter: Meter, metrics: () => readonly Metric[]): void {
  const observe = (name: string, ending: string | undefined) => (result: ObservableResult) => {
    const found = metrics().find((metric) => metric.name === name);
    for (const [labels, value, itsEnding] of found?.samples ?? []) {
      if (itsEnding === ending) result.observe(value, labels);
    }
  };
  for (const { name, type, help: description } of metrics()) {
    if (type === "gauge") {
      meter.createObservableGauge(name, { description }).addCallback(observe(name, undefined));
      continue;
    }
    for (const ending of type === "histogram" ? ["_sum", "_count"] : [undefined]) {
      const counter = meter.createObservableCounter(name + (ending ?? ""), { description });
      counter.addCallback(observe(name, ending));
    }
  }
}

/** A span for each set-up that is under way. */
class SetUpSpans {
  readonly #tracer: Tracer;
  readonly #spans = new Map<string, Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  handleChange(change: EndpointChange): void {
    if (change.kind === "circuit" || change.kind === "path" || change.kind === "ppp") return;
    const { kind, name, state } = change;
    const key = kind === "session" ? `${change.connection ?? ""} ${name}` : name;
    if (state === "connecting") {
      const attributes = kind === "session"
        ? { "l2tp.session": name, "l2tp.tunnel": change.connection ?? "" }
        : { "l2tp.tunnel": name, "l2tp.encapsulation": change.path.encapsulation };
      this.#spans.set(key, this.#tracer.startSpan(`l2tp ${kind} set-up`, { attributes }));
      return;
    }
    const span = this.#spans.get(key);
    if (span === undefined) return;
    this.#spans.delete(key);
    if (change.reason !== undefined) {
      span.setStatus({ code: ERROR, message: change.reason.text });
    }
    span.end();
  }
}
