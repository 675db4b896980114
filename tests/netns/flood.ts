/**
 * A flood of SCCRQs against a running daemon, from many addresses and from its own peer's, while a
 * session of that peer is at work: what it costs, and what the session notices.
 *
 *     deno run -A tests/netns/flood.ts [SECONDS] [SCCRQs-PER-SECOND] [SECONDS-AFTERWARDS] [STRANGERS]
 *
 * Needs root; 60 seconds of 10,000 from 1 stranger and a minute of rest unless told otherwise.
 * `flood_test.ts` is the short form.
 */

import { Namespaces } from "../../src/cli/namespaces.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { ascii, avp, encodeMessage, u16, u32 } from "../harness/peer_message.ts";
import { Daemon, succeed } from "./daemon.ts";
import { LAN_B, makeTwoSites, oneSession, SITE_A, SITE_B } from "./two_sites.ts";

function strangerAddress(index: number): string {
  return `10.115.0.${100 + index}`;
}

/** How long it lasts before anything is measured. */
const WARM_UP_SECONDS = 2;

/** How often a portion of the flood is sent. */
const PORTION_MS = 10;

/** How much, and for how long. */
export interface FloodPlan {
  /** So many strangers send, and the peer's own address. */
  readonly strangers: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** How long the daemon is looked at afterwards. */
  readonly restSeconds: number;
}

/**
 * What came of it; memory in octets, as resident for the system. A first burst has V8 compile what
 * is run and make room for young objects, once for good: that is the step from cold to warm.
 */
export interface FloodReport {
  readonly sent: number;
  readonly perSecond: number;
  readonly answers: number;
  readonly pingsSent: number;
  readonly pingsAnswered: number;
  readonly isConnectionUntouched: boolean;
  readonly residentCold: number;
  readonly residentWarm: number;
  readonly residentMost: number;
  readonly residentAfter: number;
}

/** A whole SCCRQ without a digest, each under another identifier. */
function sccrq(identifier: number): Uint8Array {
  return encodeMessage({ version: 3, connectionId: 0, sessionId: 0, ns: 0, nr: 0 }, [
    avp(0, u16(1)),
    avp(7, ascii("flood.example")),
    avp(60, u32(identifier)),
    avp(61, u32(identifier)),
    avp(62, u16(5)),
  ]);
}

function residentOctets({ pid }: Daemon): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))!;
  return Number(kilobytes) * 1024;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Sends it, evenly; answers how many went out, in how many seconds, and how much was held at most. */
async function flood(
  sockets: readonly DatagramSocket[],
  { perSecond, seconds }: FloodPlan,
  resident: () => number,
): Promise<{ sent: number; seconds: number; most: number }> {
  const to = { address: SITE_B.ipv4, port: 1701 };
  const begin = performance.now();
  let [sent, most, lookAt] = [0, 0, begin];
  for (let now = begin; now < begin + seconds * 1_000; now = performance.now()) {
    const due = Math.floor((now + PORTION_MS - begin) * perSecond / 1_000);
    // What the machine could not send in time is not made up for in one burst.
    const portion = Math.min(due - sent, perSecond * PORTION_MS / 100);
    for (let count = 0; count < portion; count++) {
      const socket = sockets[sent % sockets.length]!;
      socket.send(sccrq(0x1000_0000 + sent), socket.local, to);
      sent++;
    }
    if (now >= lookAt) {
      most = Math.max(most, resident());
      lookAt = now + 500;
    }
    await pause(PORTION_MS);
  }
  return { sent, seconds: (performance.now() - begin) / 1_000, most };
}

/** Floods a daemon and reports. */
export async function runFlood(plan: FloodPlan): Promise<FloodReport> {
  await using namespaces = new Namespaces("lw-flood");
  const sites = await makeTwoSites(namespaces);
  const strangers = Array.from({ length: plan.strangers }, (_, index) => strangerAddress(index));
  for (const address of strangers) {
    await namespaces.ip(sites.siteA, "address", "add", `${address}/24`, "dev", "wan");
  }
  await using a = await Daemon.start(namespaces, sites.siteA, oneSession(sites, "a"));
  await using b = await Daemon.start(namespaces, sites.siteB, oneSession(sites, "b"));
  await Promise.all([a.established(), b.established()]);
  using stack = new DisposableStack();
  const sockets = [...strangers, SITE_A.ipv4].map((address) =>
    stack.use(openDatagramSocket({ kind: "udp", address, namespace: sites.siteA }))
  );
  const ping = (count: number) =>
    succeed(namespaces, sites.lanA, "ping", "-i", "0.2", "-c", `${count}`, LAN_B);
  await ping(10);
  const residentCold = residentOctets(b);
  await flood(sockets, { ...plan, seconds: WARM_UP_SECONDS }, () => 0);
  const residentWarm = residentOctets(b);
  const pinging = ping(5 * plan.seconds);
  const { sent, seconds, most } = await flood(sockets, plan, () => residentOctets(b));
  const [, pingsSent, pingsAnswered] = /(\d+) packets transmitted, (\d+) received/
    .exec(await pinging)!.map(Number);
  const answers = sockets.filter((socket) => socket.receive() !== undefined).length;
  await pause(plan.restSeconds * 1_000);
  const [connection] = (await b.status()).connections;
  return {
    sent,
    perSecond: Math.round(sent / seconds),
    answers,
    pingsSent: pingsSent!,
    pingsAnswered: pingsAnswered!,
    isConnectionUntouched: connection?.state === "established" && connection.lastError === null &&
      connection.sessions.every(({ state }) => state === "established"),
    residentCold,
    residentWarm,
    residentMost: most,
    residentAfter: residentOctets(b),
  };
}

if (import.meta.main) {
  const [seconds = 60, perSecond = 10_000, restSeconds = 60, strangers = 1] = Deno.args.map(Number);
  const report = await runFlood({ seconds, perSecond, restSeconds, strangers });
  const megabytes = (octets: number) => `${(octets / 2 ** 20).toFixed(1)} MiB`;
  console.log(
    `${report.sent} SCCRQs, ${report.perSecond} a second, ${report.answers} answered\n` +
      `the connection is ${report.isConnectionUntouched ? "untouched" : "not what it was"}, ` +
      `${report.pingsAnswered} of ${report.pingsSent} pings through its session answered\n` +
      `resident: ${megabytes(report.residentCold)} before, ${
        megabytes(report.residentWarm)
      } after ` +
      `${WARM_UP_SECONDS} s of it, ${megabytes(report.residentMost)} at most, ` +
      `${megabytes(report.residentAfter)} ${restSeconds} s later`,
  );
}
