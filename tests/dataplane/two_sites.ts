/**
 * Two sites in network namespaces of their own, joined by a veth pair, each with a LAN namespace
 * that holds the TAP: the ground of the data plane's tests with a kernel.
 */

import { assertEquals } from "@std/assert";
import { openDataplane } from "../../src/dataplane/dataplane.ts";
import type { Dataplane } from "../../src/dataplane/dataplane.ts";
import { openTransport, type Transport } from "../../src/dataplane/steering.ts";
import { openTap, type Tap } from "../../src/io/tap.ts";
import { type Encapsulation, isIpv6, L2TP_PORT } from "../../src/model/path.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";

/** One end of the tunnel. */
export interface Site {
  readonly dataplane: Dataplane;
  readonly transport: Transport;
  readonly tap: Tap;
  /** The namespace of the TAP. */
  readonly lan: string;
}

/** What the two sessions are to look like; the same in both directions unless said otherwise. */
export interface Shape {
  readonly encapsulation: Encapsulation;
  readonly family: "ipv4" | "ipv6";
  readonly cookie: Uint8Array;
  readonly sublayer: SessionDescriptor["receiveSublayer"];
  readonly sequencing: SessionDescriptor["receiveSequencing"];
  /** How Ethernet is carried. Default: as it is. */
  readonly carriage?: Carriage;
}

/** A pseudowire that has Ethernet frames at its port. */
export type Carriage = Pick<SessionDescriptor, "pseudowire" | "framing" | "frameRelay" | "hdlc">;

/** What a site leaves to the kernel; each is what the kernel grants of it. */
export interface SiteOffloads {
  readonly tap: boolean;
  readonly coalescing: boolean;
  readonly segmentation: boolean;
  readonly aggregation: boolean;
}

export const NO_OFFLOADS: SiteOffloads = {
  tap: false,
  coalescing: false,
  segmentation: false,
  aggregation: false,
};

export const ALL_OFFLOADS: SiteOffloads = {
  tap: true,
  coalescing: true,
  segmentation: true,
  aggregation: true,
};

export const SOCKET_KEY = 1;
export const SESSION_KEY = 7;

/** The addresses between the sites, and of the cards that have them. */
export const OUTER = {
  ethernet: ["02:00:00:00:ff:01", "02:00:00:00:ff:02"],
  ipv4: ["10.115.0.1", "10.115.0.2"],
  ipv6: ["fd00:115::1", "fd00:115::2"],
} as const;

/** Runs a program with words; a failure fails the test with what the program said. */
export function command(name: string, words: string): void {
  const { code, stderr } = new Deno.Command(name, { args: words.split(" "), stdout: "null" })
    .outputSync();
  assertEquals(code, 0, `${name} ${words}: ${new TextDecoder().decode(stderr)}`);
}

/** Runs `ip` with words. */
export function ip(words: string): void {
  command("ip", words);
}

/** Two namespaces with addresses on a veth pair, and a LAN namespace for each; removed at the end. */
export class Ground implements Disposable {
  readonly prefix: string;
  readonly #namespaces: readonly string[];

  constructor(prefix: string) {
    this.prefix = prefix;
    this.#namespaces = ["a", "b", "la", "lb"].map((suffix) => `${prefix}-${suffix}`);
    for (const namespace of this.#namespaces) ip(`netns add ${namespace}`);
    const [a, b] = OUTER.ethernet;
    const peer = `peer name ul0 address ${b} netns ${prefix}-b`;
    ip(`-n ${prefix}-a link add ul0 address ${a} type veth ${peer}`);
    for (const [index, side] of ["a", "b"].entries()) {
      ip(`-n ${prefix}-${side} link set ul0 up`);
      ip(`-n ${prefix}-${side} addr add ${OUTER.ipv4[index]}/24 dev ul0`);
      ip(`-n ${prefix}-${side} addr add ${OUTER.ipv6[index]}/64 dev ul0 nodad`);
    }
  }

  [Symbol.dispose](): void {
    for (const namespace of this.#namespaces) ip(`netns del ${namespace}`);
  }
}

/** The descriptor of the session at one end: 0 is the first site, 1 the second. */
export function descriptorAt(end: 0 | 1, shape: Shape): SessionDescriptor {
  const addresses = OUTER[shape.family];
  const port = shape.encapsulation === "udp" ? L2TP_PORT : 0;
  return {
    version: 3,
    path: {
      encapsulation: shape.encapsulation,
      local: { address: addresses[end], port },
      remote: { address: addresses[end === 0 ? 1 : 0], port },
    },
    pseudowire: "ethernet",
    ...shape.carriage,
    localSessionId: 1000 + end,
    remoteSessionId: 1001 - end,
    receiveCookie: shape.cookie,
    transmitCookie: shape.cookie,
    receiveSublayer: shape.sublayer,
    transmitSublayer: shape.sublayer,
    receiveSequencing: shape.sequencing,
    transmitSequencing: shape.sequencing,
  };
}

/** Opens one end: sockets, TAP with address 10.91.0.1 or .2, workers, and the session. */
export async function openSite(
  ground: Ground,
  end: 0 | 1,
  shape: Shape,
  offloads: SiteOffloads = NO_OFFLOADS,
  workers: number = 1,
): Promise<Site> {
  const side = end === 0 ? "a" : "b";
  const lan = `${ground.prefix}-l${side}`;
  const transport = openTransport({
    encapsulation: shape.encapsulation,
    address: shape.family === "ipv6" ? "::" : "0.0.0.0",
    namespace: `${ground.prefix}-${side}`,
    shares: workers,
  });
  const tap = openTap({
    name: "lw0",
    namespace: lan,
    offloadHeader: offloads.tap,
    queues: workers,
  });
  if (offloads.tap) tap.enableOffloads();
  const { data, shares } = transport;
  assertEquals(shares.length, workers);
  const overUdp = shape.encapsulation === "udp";
  ip(`-n ${lan} link set lw0 address 02:00:00:00:00:0${end + 1} mtu 9000 up`);
  ip(`-n ${lan} addr add 10.91.0.${end + 1}/24 dev lw0`);
  const dataplane = openDataplane({ workers });
  await dataplane.addSocket({
    key: SOCKET_KEY,
    fd: data.descriptor.number,
    shares: workers === 1 ? undefined : shares.map(({ descriptor }) => descriptor.number),
    encapsulation: shape.encapsulation,
    family: isIpv6(data.local.address) ? "ipv6" : "ipv4",
    segments: overUdp && offloads.segmentation && shares.every((share) => share.canSegment()),
    aggregates: overUdp && offloads.aggregation &&
      shares.every((share) => share.enableAggregation()),
  });
  await dataplane.installSession({
    key: SESSION_KEY,
    descriptor: descriptorAt(end, shape),
    socketKey: SOCKET_KEY,
    port: {
      kind: "tap",
      fd: tap.descriptor.number,
      queues: tap.queues?.map((queue) => queue.number),
      offloads: offloads.tap,
      coalesces: offloads.coalescing,
    },
    transmit: true,
  });
  const { pseudowire, hdlc = "ppp" } = shape.carriage ?? {};
  if (pseudowire === "ppp" || (pseudowire === "hdlc" && hdlc === "ppp")) {
    await dataplane.setPppProtocols(SESSION_KEY, { ipv4: false, ipv6: false, bridged: true });
  }
  return { dataplane, transport, tap, lan };
}

/** Closes one end, workers first: they have borrowed everything else. */
export async function closeSite({ dataplane, tap, transport }: Site): Promise<void> {
  await dataplane.close();
  tap.close();
  transport.close();
}
