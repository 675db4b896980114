/**
 * `longwire demo`: two LANs in network namespaces, linked by two daemons with one dynamic session,
 * pinged, measured, and torn down again, whatever happens in between.
 *
 *   lan-a ── br0 [site-a] ════ L2TPv3 over UDP ════ [site-b] br0 ── lan-b
 */

import type { DaemonStatus, KeptSessionStatus } from "../daemon/status.ts";
import { type CommandAction, UsageError } from "./command.ts";
import { daemonAt, DaemonNotReachable } from "./control_client.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { Namespaces, runProgram } from "./namespaces.ts";
import type { Terminal } from "./terminal.ts";
import { runTraffic } from "./traffic.ts";
import { ownCommand, TrafficPair } from "./traffic_pair.ts";
import { demoAllowance, runInUserNamespace } from "./user_namespace.ts";

const LINK = { a: "192.0.2.1", b: "192.0.2.2" };
const LAN = { a: "10.91.0.1", b: "10.91.0.2" };
const TRANSFER_OCTETS = 250_000_000;
const ROUND_TRIPS = 20;
const ESTABLISHED_WITHIN_MS = 10_000;
const POLL_MS = 20;
const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

type End = "a" | "b";
const ENDS: readonly End[] = ["a", "b"];

/** `longwire demo`. */
export const demo: CommandAction = async ({ value, terminal }) => {
  const role = value("traffic");
  if (role === "serve" || role === "drive") {
    await runTraffic(role);
    return EXIT.done;
  }
  if (role !== undefined) throw new UsageError(`--traffic is serve or drive, not ${role}`);

  const allowance = await demoAllowance();
  if (allowance.kind === "refused") throw new Error(allowance.text);
  if (allowance.kind === "user namespace") {
    return await runInUserNamespace(ownCommand("demo")) ? EXIT.done : EXIT.failed;
  }
  return await runInterruptibly(terminal);
};

/** Runs the demo, and removes everything of it in the end, also after Ctrl-C. */
async function runInterruptibly(terminal: Terminal): Promise<ExitCode> {
  const interrupted = Promise.withResolvers<ExitCode>();
  const interrupt = () => interrupted.resolve(EXIT.failed);
  for (const signal of SIGNALS) Deno.addSignalListener(signal, interrupt);
  const folder = await Deno.makeTempDir({ prefix: "longwire-demo-" });
  const namespaces = new Namespaces("lw-demo");
  try {
    const demonstration = new Demonstration(namespaces, folder, terminal).run();
    // After an interruption its steps fail one by one; that is no news.
    demonstration.catch(() => {});
    return await Promise.race([demonstration, interrupted.promise]);
  } finally {
    await namespaces[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, interrupt);
    terminal.out("\nEverything is removed again.\n");
  }
}

/** The steps of the demo, in order. */
class Demonstration {
  readonly #namespaces: Namespaces;
  readonly #folder: string;
  readonly #terminal: Terminal;
  readonly #startedAt = performance.now();

  constructor(namespaces: Namespaces, folder: string, terminal: Terminal) {
    this.#namespaces = namespaces;
    this.#folder = folder;
    this.#terminal = terminal;
  }

  async run(): Promise<ExitCode> {
    const { lans, sites } = await this.#makeNetwork();
    await this.#writeConfigurations();
    for (const end of ENDS) {
      const command = ownCommand("run", this.#configurationFile(end));
      this.#namespaces.spawn(sites[end], command);
    }
    this.#say("two daemons run, each from its configuration file");
    await this.#linked(lans);
    await this.#ping(lans);
    await this.#measure(lans);
    for (const end of ENDS) await this.#showStatus(end);
    return EXIT.done;
  }

  /** Two sites with a link between them, a bridge in each, and a LAN with one host behind it. */
  async #makeNetwork(): Promise<{ sites: Record<End, string>; lans: Record<End, string> }> {
    const namespaces = this.#namespaces;
    const sites = { a: await namespaces.add("site-a"), b: await namespaces.add("site-b") };
    const lans = { a: await namespaces.add("lan-a"), b: await namespaces.add("lan-b") };
    await namespaces.link(
      { namespace: sites.a, name: "wan", addresses: [`${LINK.a}/24`] },
      { namespace: sites.b, name: "wan", addresses: [`${LINK.b}/24`] },
    );
    for (const end of ENDS) {
      await namespaces.link(
        { namespace: lans[end], name: "eth0", addresses: [`${LAN[end]}/24`] },
        { namespace: sites[end], name: "lan", addresses: [] },
      );
      await namespaces.ipBatch(sites[end], [
        "link add br0 type bridge",
        "link set br0 up",
        "link set lan master br0",
      ]);
    }
    this.#say("two sites with a link between them, and a LAN behind each");
    return { sites, lans };
  }

  async #writeConfigurations(): Promise<void> {
    const secret = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))));
    await Deno.writeTextFile(`${this.#folder}/site.secret`, `${secret}\n`, { mode: 0o600 });
    for (const end of ENDS) {
      await Deno.writeTextFile(this.#configurationFile(end), configuration(end, this.#folder));
    }
    this.#terminal.out(`\n${indented(configuration("a", this.#folder).trim())}\n\n`);
  }

  /** Waits for the session, and gives the LANs' hosts the MTU that the wire has room for. */
  async #linked(lans: Record<End, string>): Promise<void> {
    const deadline = performance.now() + ESTABLISHED_WITHIN_MS;
    for (;;) {
      const session = await this.#session();
      if (session?.state === "established") {
        for (const end of ENDS) {
          await this.#namespaces.ip(lans[end], "link", "set", "eth0", "mtu", String(session.mtu));
        }
        this.#say(`session ${session.name} is established, MTU ${session.mtu}`);
        return;
      }
      if (performance.now() > deadline) {
        throw new Error(`no session within ${ESTABLISHED_WITHIN_MS / 1000} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async #ping(lans: Record<End, string>): Promise<void> {
    const ping = ["ping", "-c", "3", "-i", "0.2", "-W", "2", LAN.b];
    const { code, stdout, stderr } = await this.#namespaces.run(lans.a, ping);
    if (stderr.includes("exec of")) {
      this.#say("ping is not installed; the round trips below are TCP's");
      return;
    }
    if (code !== 0) throw new Error(`${ping.join(" ")}: exit code ${code}: ${stdout}${stderr}`);
    this.#say(`lan-a pings lan-b:\n\n${indented(stdout.trim())}\n`);
  }

  async #measure(lans: Record<End, string>): Promise<void> {
    await using traffic = await TrafficPair.start(this.#namespaces, lans.a, lans.b);
    const times = (await traffic.echo(LAN.b, ROUND_TRIPS, 64)).sort((x, y) => x - y);
    const median = times[times.length >> 1] ?? 0;
    const ms = await traffic.move(LAN.b, TRANSFER_OCTETS);
    const rate = (TRANSFER_OCTETS * 8 / ms / 1e6).toFixed(2);
    this.#say(
      `TCP from lan-a to lan-b: ${TRANSFER_OCTETS / 1e6} MB in ${(ms / 1000).toFixed(2)} s, ` +
        `${rate} Gbit/s; round trip ${median.toFixed(2)} ms`,
    );
  }

  async #showStatus(end: End): Promise<void> {
    const socket = controlSocket(end, this.#folder);
    const { stdout } = await runProgram(ownCommand("status", "--socket", socket));
    this.#terminal.out(`\n$ longwire status    # of site-${end}\n${indented(stdout.trim())}\n`);
  }

  /** The session of site A; `undefined` while its daemon is not there yet. */
  async #session(): Promise<KeptSessionStatus | undefined> {
    try {
      const daemon = daemonAt(controlSocket("a", this.#folder));
      const { status, body } = await daemon.ask("GET", "/status");
      return status === 200 ? (body as DaemonStatus).connections[0]?.sessions[0] : undefined;
    } catch (error) {
      if (error instanceof DaemonNotReachable) return undefined;
      throw error;
    }
  }

  #configurationFile(end: End): string {
    return `${this.#folder}/site-${end}.yaml`;
  }

  #say(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    this.#terminal.out(`${seconds.padStart(5)} s  ${text}\n`);
  }
}

function controlSocket(end: End, folder: string): string {
  return `${folder}/site-${end}.sock`;
}

/** The configuration of one end, as a user would write it. */
function configuration(end: End, folder: string): string {
  const other = end === "a" ? "b" : "a";
  return `hostName: site-${end}.example
controlSocket: ${controlSocket(end, folder)}
connections:
  site-${other}:
    remote: ${LINK[other]}
    secret: { file: site.secret }
    authentication: digest
    sessions:
      lan:
        cookie: 8
        attach: { tap: lw0, bridge: br0 }
`;
}

function indented(text: string): string {
  return text.replace(/^/gm, "    ");
}
