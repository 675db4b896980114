/**
 * What keeps a running daemon's connections and sessions from working, found out by looking at what
 * really arrives for a moment: the peer's side of a mistake shows in its octets.
 *
 * No secret and no cookie is in a finding; only lengths are.
 */

import type { Configuration } from "../config/configuration.ts";
import { parseListen, parseRemote } from "../endpoint/addresses.ts";
import { type Arrival, judgeArrival } from "../endpoint/arrivals.ts";
import { arrivalOf } from "../endpoint/captured_packets.ts";
import { egressInterface } from "../endpoint/egress.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { Refusal } from "../endpoint/observation.ts";
import { isControlMessage } from "../endpoint/control_trace.ts";
import { packetHeaders, payloadMtu } from "../endpoint/mtu.ts";
import { routeToPeer } from "../endpoint/peer_route.ts";
import { resolveHost } from "../endpoint/resolve_host.ts";
import { refusalFinding } from "./refusals.ts";
import { type Finding, sessionFindings, type Witness } from "./session_findings.ts";
import { standstillFindings } from "./standstill_findings.ts";
import type { DaemonStatus, KeptSessionStatus } from "./status.ts";

/** More than enough to see a mistake; a flood is not to be kept. */
const MOST_PACKETS = 20_000;

/** What a diagnosis is made from. */
export interface Patient {
  readonly endpoint: Endpoint;
  readonly configuration: Configuration;
  readonly status: () => DaemonStatus;
  /** Who was refused lately. */
  readonly refusals: () => readonly Refusal[];
}

/** Looks for `ms` milliseconds, and tells what was found. */
export async function diagnose(patient: Patient, ms: number): Promise<readonly Finding[]> {
  const arrivals: Arrival[] = [];
  const fragments = new Set<string>();
  const { endpoint } = patient;
  const capture = endpoint.capture({ kind: "arrivals" }, ({ octets }) => {
    const arrival = arrivalOf(octets);
    if (arrival === "fragment") fragments.add(sourceOf(octets));
    else if (arrival !== undefined && arrivals.length < MOST_PACKETS) arrivals.push(arrival);
  });
  await new Promise((resolve) => setTimeout(resolve, ms));
  capture.close();
  const findings = [
    ...sessionFindings(await witnessesOf(patient), arrivals),
    ...refusalFindings(patient),
    ...await connectionFindings(patient, arrivals),
    ...await pathFindings(patient, fragments),
  ];
  findings.push(...standstillFindings(patient.status(), findings));
  return findings.filter(({ code, subject }, index) =>
    findings.findIndex((other) => other.code === code && other.subject === subject) === index
  );
}

function sourceOf(packet: Uint8Array): string {
  return packet.subarray(12, 16).join(".");
}

/** Every session whose packets can be judged: those without a connection also before they are up. */
async function witnessesOf({ endpoint, configuration }: Patient): Promise<Witness[]> {
  const witnesses: Witness[] = [];
  for (const connection of endpoint.connections) {
    for (const session of connection.sessions) {
      witnesses.push({
        kind: "agreed",
        connection: connection.name,
        name: session.name,
        localSessionId: session.status().localSessionId,
        judge: (arrival) => session.judge(arrival),
      });
    }
  }
  for (const session of configuration.static) {
    const { name, encapsulation, localSessionId, receiveCookie: cookie, sublayer } = session;
    const remote = await addressOf(session.remote);
    if (remote === undefined) continue;
    const localPort = encapsulation === "udp" ? session.localPort ?? 1701 : 0;
    const expected = { remote, encapsulation, localPort, localSessionId, cookie, sublayer };
    const judge = (arrival: Arrival) => judgeArrival(arrival, expected);
    witnesses.push({ kind: "static", name, localSessionId, judge });
  }
  return witnesses;
}

async function addressOf(remote: string): Promise<string | undefined> {
  try {
    return (await resolveHost(parseRemote(remote).host))[0];
  } catch {
    return undefined;
  }
}

/** Who was refused lately, and has not come to be connected since. */
function refusalFindings({ endpoint, configuration, refusals }: Patient): Finding[] {
  const connected = new Set(
    endpoint.connections
      .filter(({ state }) => state === "established")
      .map(({ path }) => path.remote.address),
  );
  return refusals()
    .filter(({ path }) => !connected.has(path.remote.address))
    .map((refusal) => refusalFinding(configuration, refusal));
}

/** Control messages of configured peers that come where nobody listens. */
async function connectionFindings(
  { configuration, endpoint }: Patient,
  arrivals: readonly Arrival[],
): Promise<Finding[]> {
  const listening = [...endpoint.listening, ...configuration.listen.map(parseListen)];
  const hears = ({ encapsulation, destinationPort }: Arrival) =>
    listening.some((where) =>
      where.encapsulation === encapsulation && where.port === destinationPort
    );
  const findings: Finding[] = [];
  for (const { name, remote, encapsulation } of configuration.connections) {
    const address = await addressOf(remote);
    const stray = arrivals.find((arrival) =>
      arrival.source === address && isControlMessage(arrival) && !hears(arrival)
    );
    if (stray === undefined) continue;
    const subject = `connection ${name}`;
    if (stray.encapsulation !== encapsulation) {
      findings.push({
        code: "wrong-encapsulation",
        subject,
        text: `the peer's control messages come over ${stray.encapsulation}, ${encapsulation} is ` +
          "configured",
        repair:
          `set connections.${name}.encapsulation to ${stray.encapsulation} and listen there, ` +
          "or change the peer; then longwire reload",
      });
      continue;
    }
    findings.push({
      code: "wrong-port",
      subject,
      text: `the peer's control messages come to UDP port ${stray.destinationPort}, where nobody ` +
        "listens",
      repair:
        `add udp://0.0.0.0:${stray.destinationPort} to listen and restart, or give the peer ` +
        "our port",
    });
  }
  return findings;
}

/** A session, and the way that its packets take. */
interface Way {
  readonly subject: string;
  readonly remote: string;
  readonly local: string | undefined;
  readonly encapsulation: "udp" | "ip";
  readonly status: KeptSessionStatus;
}

function waysOf({ configuration, status }: Patient): Way[] {
  const now = status();
  const dynamic = configuration.connections.flatMap((connection) => {
    const { name, remote, local, encapsulation } = connection;
    const sessions = now.connections.find((each) => each.name === name)?.sessions ?? [];
    return sessions.map((session): Way => ({
      subject: `session ${name}/${session.name}`,
      remote,
      local,
      encapsulation,
      status: session,
    }));
  });
  const unconnected = configuration.static.flatMap((session): Way[] => {
    const { name, remote, local, encapsulation } = session;
    const found = now.static.find((each) => each.name === name);
    const subject = `static session ${name}`;
    return found === undefined ? [] : [{ subject, remote, local, encapsulation, status: found }];
  });
  return [...dynamic, ...unconnected];
}

async function pathFindings(patient: Patient, fragments: ReadonlySet<string>): Promise<Finding[]> {
  const findings: Finding[] = [];
  const ways = waysOf(patient);
  const own = new Set(ways.map(({ status }) => status.interface));
  for (const way of ways) {
    const { subject, status } = way;
    const address = await addressOf(way.remote);
    if (address === undefined) {
      findings.push({
        code: "no-address",
        subject,
        text: `${parseRemote(way.remote).host} has no address`,
        repair: `getent hosts ${parseRemote(way.remote).host}`,
      });
      continue;
    }
    const egress = egressInterface(address);
    if (egress !== undefined && own.has(egress)) {
      findings.push({
        code: "route-through-itself",
        subject,
        text: `the way to the peer ${address} leads through ${egress}, which is a pseudowire's`,
        repair: `ip route add ${address} via GATEWAY dev UPLINK`,
      });
      continue;
    }
    findings.push(...await mtuFindings(way, address));
    if (fragments.has(address)) {
      findings.push({
        code: "fragments",
        subject,
        text: `packets of ${address} arrive in fragments: the MTU of its interface is too large`,
        repair: `at the peer: ip link set INTERFACE mtu ${status.mtu ?? "MTU"}`,
      });
    }
  }
  return findings;
}

async function mtuFindings(way: Way, address: string): Promise<Finding[]> {
  const { subject, status, encapsulation, local } = way;
  if (status.mtu === null || status.interface === null) return [];
  let route;
  try {
    route = await routeToPeer(address, local);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const repair = `ip route add ${address} via GATEWAY dev UPLINK`;
    return [{ code: "no-route", subject, text, repair }];
  }
  const cookie = Math.max(status.receiveCookieLength ?? 0, status.transmitCookieLength ?? 0);
  const shape = { ipv6: address.includes(":"), encapsulation, cookie, sublayer: status.sublayer };
  const fitting = payloadMtu(route.mtu, packetHeaders(shape));
  const { fragmentation, oversize } = status.path;
  if (status.mtu <= fitting || oversize !== "carry") return [];
  const outcome = fragmentation === "forbid" ? "dropped" : "carried in fragments";
  return [{
    code: "path-mtu",
    subject,
    text:
      `${status.interface} has MTU ${status.mtu}, and the path's ${route.mtu} leaves ${fitting}: ` +
      `longer packets are ${outcome}`,
    repair:
      `ip link set ${status.interface} mtu ${fitting}; or attach.mtu: auto, or oversize: fragment`,
  }];
}
