/**
 * xl2tpd, Debian's L2TPv2 daemon, as a peer: as LNS it waits for our control connection, as LAC
 * it dials us.
 */

import type { Namespaces } from "../../../src/cli/namespaces.ts";
import { LoggedProcess } from "../../netns/logged_process.ts";

/** How xl2tpd is set up. */
export interface Xl2tpdOptions {
  readonly namespace: string;
  /** Its own address. */
  readonly local: string;
  /** The LNS that it dials, as LAC; absent, it is an LNS. */
  readonly dials?: string;
  /** Shared secret of the tunnel authentication (RFC 2661 §5.1.1); none where absent. */
  readonly secret?: string;
}

/** A running xl2tpd. */
export class Xl2tpd implements AsyncDisposable {
  readonly #process: LoggedProcess;
  readonly #folder: string;

  private constructor(process: LoggedProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  /** Starts it, and waits until it listens. */
  static async start(namespaces: Namespaces, options: Xl2tpdOptions): Promise<Xl2tpd> {
    const folder = await Deno.makeTempDir({ prefix: "longwire-xl2tpd-" });
    await Deno.writeTextFile(`${folder}/xl2tpd.conf`, configuration(options, folder));
    await Deno.writeTextFile(`${folder}/secrets`, `* * ${options.secret ?? "none"}\n`);
    await Deno.writeTextFile(`${folder}/ppp-options`, "noauth\n");
    const process = new LoggedProcess(namespaces, options.namespace, [
      "xl2tpd",
      ...["-D", "-c", `${folder}/xl2tpd.conf`, "-s", `${folder}/secrets`],
      ...["-p", `${folder}/pid`, "-C", `${folder}/control`],
    ]);
    const peer = new Xl2tpd(process, folder);
    await peer.logged(/Listening on IP address/, 10_000);
    return peer;
  }

  /** Waits until its log has a match. */
  logged(pattern: RegExp, limitMs: number): Promise<void> {
    return this.#process.logged(pattern, limitMs);
  }

  /**
   * Ends it as an operator would.
   * Interop: xl2tpd sends its StopCCN on SIGINT, and on SIGTERM only with kernel L2TP.
   */
  async end(): Promise<void> {
    await this.#process.end("SIGINT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function configuration({ local, dials, secret }: Xl2tpdOptions, folder: string): string {
  const role = dials === undefined
    ? ["[lns default]", "ip range = 10.201.0.10-10.201.0.20", "local ip = 10.201.0.1"]
    : ["[lac lns]", `lns = ${dials}`, "autodial = yes", "redial = no"];
  return [
    "[global]",
    "port = 1701",
    `listen-addr = ${local}`,
    `auth file = ${folder}/secrets`,
    ...["avp", "packet", "state", "tunnel"].map((part) => `debug ${part} = yes`),
    ...role,
    "name = xl2tpd",
    "hostname = xl2tpd.example",
    `pppoptfile = ${folder}/ppp-options`,
    "require authentication = no",
    ...(secret === undefined ? [] : ["challenge = yes"]),
    "",
  ].join("\n");
}
