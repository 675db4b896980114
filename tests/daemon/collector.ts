/** An OpenTelemetry collector: what a daemon exports to it by OTLP over HTTP. */

/** Listens on a port of its own until it is disposed of. */
export class Collector implements AsyncDisposable {
  /** What has come, by path. OTLP is protobuf, in which a string is its octets. */
  readonly heard = { "/v1/metrics": "", "/v1/traces": "", "/v1/logs": "" };
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.#take(request),
  );

  /** What a daemon's environment has to say. */
  get environment(): Record<string, string> {
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const body = new TextDecoder("latin1").decode(await request.arrayBuffer());
    const path = new URL(request.url).pathname;
    if (path in this.heard) this.heard[path as keyof typeof this.heard] += body;
    return new Response();
  }
}
