/**
 * Two daemons' files in one folder: sites that know each other, over ports of loopback that only
 * this test has, with a secret that must never be seen.
 */

/** One end of the two. */
export type End = "a" | "b";

/** What a test wants otherwise: keys of the connection and of the session. */
export interface SiteChanges {
  readonly connection?: Record<string, unknown>;
  readonly session?: Record<string, unknown>;
}

/** Two sites' files, gone afterwards. */
export class TwoSiteFiles implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "longwire-sites-" });
  readonly secret: string;
  readonly #ports: Readonly<Record<End, number>>;
  readonly #prefix: string;

  /**
   * `prefix` begins the interfaces' names, at most 6 characters; `place` is even, below 20, and no
   * other test's of this process: another process has other ports.
   */
  constructor(place: number, prefix: string, secret: string) {
    const first = 23_000 + (Deno.pid % 400) * 20 + place;
    this.#ports = { a: first, b: first + 1 };
    this.#prefix = prefix;
    this.secret = secret;
    Deno.writeTextFileSync(`${this.folder}/secret`, `${secret}\n`, { mode: 0o600 });
  }

  port(end: End): number {
    return this.#ports[end];
  }

  file(end: End): string {
    return `${this.folder}/${end}.yaml`;
  }

  socket(end: End): string {
    return `${this.folder}/${end}.sock`;
  }

  interfaceName(end: End): string {
    return `${this.#prefix}${end}${Deno.pid}`;
  }

  /** Writes one end's configuration, and answers where. Only `a` begins. */
  write(end: End, { connection = {}, session = {} }: SiteChanges = {}): string {
    const attach = { tap: this.interfaceName(end) };
    const peer = {
      remote: `127.0.0.1:${this.#ports[end === "a" ? "b" : "a"]}`,
      initiate: end === "a",
      secret: { file: "secret" },
      ...connection,
      sessions: { lan: { attach, ...session } },
    };
    const configuration = {
      hostName: `${end}.example`,
      routerId: this.#ports[end],
      listen: `udp://127.0.0.1:${this.#ports[end]}`,
      controlSocket: this.socket(end),
      connections: { peer },
    };
    Deno.writeTextFileSync(this.file(end), JSON.stringify(configuration));
    return this.file(end);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}
