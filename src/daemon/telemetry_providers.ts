/**
 * OpenTelemetry's SDK, put together: metrics and spans by OTLP over HTTP. Loaded by telemetry.ts
 * alone, and only where it is wanted.
 */

import type { Meter, Tracer } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";

/** A collector that does not answer must not keep a daemon from its end. */
const EXPORT_TIMEOUT_MS = 1_000;

/** What exports. */
export interface TelemetryProviders {
  meter(scope: string, version: string): Meter;
  tracer(scope: string, version: string): Tracer;
  /** Sends what is left, and ends; a collector that is not there is no matter. */
  close(): Promise<void>;
}

/** Begins to export to where the environment's `OTEL_EXPORTER_OTLP_…` variables say. */
export function openProviders(
  { serviceName, intervalMs }: { readonly serviceName: string; readonly intervalMs: number },
): TelemetryProviders {
  const resource = resourceFromAttributes({ "service.name": serviceName });
  const exporterOptions = { timeoutMillis: EXPORT_TIMEOUT_MS };
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(exporterOptions),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(EXPORT_TIMEOUT_MS, intervalMs),
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  const tracers = new TracerProvider({
    resource,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter(exporterOptions),
        scheduledDelayMillis: Math.min(5_000, intervalMs),
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  return {
    meter: (scope, version) => meters.getMeter(scope, version),
    tracer: (scope, version) => tracers.getTracer(scope, version),
    async close() {
      await Promise.allSettled([meters.shutdown(), tracers.shutdown()]);
    },
  };
}
