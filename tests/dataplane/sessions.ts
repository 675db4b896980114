/** Descriptors and frames for the data plane's tests, and two memory data planes joined. */

import * as fc from "fast-check";
import type { Encapsulation } from "../../src/model/path.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { MemoryDataplane } from "../harness/memory_dataplane.ts";

export const KEY = 7;

/** What a session carries, and for which port. */
export type Carriage = Pick<SessionDescriptor, "pseudowire" | "framing" | "frameRelay" | "hdlc">;

export const SHORT_ADDRESS = { length: 2, dlci: 100 } as const;
const LONG_ADDRESS = { length: 4, dlci: 100_000 } as const;

export const BRIDGED: readonly Carriage[] = [
  { pseudowire: "ethernet", framing: "bridged" },
  { pseudowire: "ppp", framing: "bridged" },
  { pseudowire: "frame-relay", framing: "bridged", frameRelay: SHORT_ADDRESS },
  { pseudowire: "frame-relay", framing: "bridged", frameRelay: LONG_ADDRESS },
  { pseudowire: "hdlc", framing: "bridged" },
  { pseudowire: "hdlc", framing: "bridged", hdlc: "cisco" },
];

export const ROUTED: readonly Carriage[] = [
  { pseudowire: "ppp", framing: "routed" },
  { pseudowire: "frame-relay", framing: "routed", frameRelay: SHORT_ADDRESS },
  { pseudowire: "frame-relay", framing: "routed", frameRelay: LONG_ADDRESS },
  { pseudowire: "hdlc", framing: "routed" },
  { pseudowire: "hdlc", framing: "routed", hdlc: "cisco" },
];

/** PPP is what PPP's pseudowires carry, and HDLC's where nothing else is said. */
export function speaksPpp({ pseudowire, hdlc = "ppp" }: Carriage): boolean {
  return pseudowire === "ppp" || (pseudowire === "hdlc" && hdlc === "ppp");
}

/** What the peer writes, and what we write: easily told apart in a dump. */
export const LOCAL_SESSION_ID = 0x0a0b0c0d;
export const REMOTE_SESSION_ID = 0xf1f2f3f4;

/** A session as plain as can be over UDP; tests change what they are about. */
export function descriptorOf(changes: Partial<SessionDescriptor> = {}): SessionDescriptor {
  return {
    version: 3,
    path: pathOver("udp"),
    pseudowire: "ethernet",
    localSessionId: LOCAL_SESSION_ID,
    remoteSessionId: REMOTE_SESSION_ID,
    receiveCookie: new Uint8Array(0),
    transmitCookie: new Uint8Array(0),
    receiveSublayer: "none",
    transmitSublayer: "none",
    receiveSequencing: "none",
    transmitSequencing: "none",
    ...changes,
  };
}

/** A PPP session of version 2 whose port has PPP frames, unless changed. */
export function v2DescriptorOf(changes: Partial<SessionDescriptor> = {}): SessionDescriptor {
  return descriptorOf({
    version: 2,
    pseudowire: "ppp",
    localTunnelId: 0x0a0b,
    remoteTunnelId: 0xf1f2,
    localSessionId: 0x0c0d,
    remoteSessionId: 0xf3f4,
    ...changes,
  });
}

export function pathOver(encapsulation: Encapsulation): SessionDescriptor["path"] {
  const port = encapsulation === "udp" ? 1701 : 0;
  return {
    encapsulation,
    local: { address: "192.0.2.1", port },
    remote: { address: "192.0.2.2", port },
  };
}

/** The same session as its other end sees it. */
export function mirrored(descriptor: SessionDescriptor): SessionDescriptor {
  return {
    ...descriptor,
    path: {
      ...descriptor.path,
      local: descriptor.path.remote,
      remote: descriptor.path.local,
    },
    localTunnelId: descriptor.remoteTunnelId,
    remoteTunnelId: descriptor.localTunnelId,
    localSessionId: descriptor.remoteSessionId,
    remoteSessionId: descriptor.localSessionId,
    receiveCookie: descriptor.transmitCookie,
    transmitCookie: descriptor.receiveCookie,
    receiveSublayer: descriptor.transmitSublayer,
    transmitSublayer: descriptor.receiveSublayer,
    receiveSequencing: descriptor.transmitSequencing,
    transmitSequencing: descriptor.receiveSequencing,
  };
}

/** An Ethernet frame of a type and a length, cut where it is short. */
export function ethernetFrame(type: number, length = 60): Uint8Array {
  const header = [0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, type >> 8, type & 0xff];
  return Uint8Array.from({ length }, (_, index) => header[index] ?? index);
}

export const ARP = 0x0806;
export const IPV4 = 0x0800;
export const IPV6 = 0x86dd;

/** A data plane with one session that may send, and what it put on the network. */
export interface Bench {
  readonly dataplane: MemoryDataplane;
  readonly packets: Uint8Array[];
}

export function benchOf(descriptor: SessionDescriptor): Bench {
  const packets: Uint8Array[] = [];
  const dataplane = new MemoryDataplane((_path, octets) => packets.push(octets));
  dataplane.installSession(KEY, descriptor, true);
  return { dataplane, packets };
}

/** The packets that frames become, in one go. */
export function packetsOf(descriptor: SessionDescriptor, frames: Uint8Array[]): Uint8Array[] {
  const { dataplane, packets } = benchOf(descriptor);
  dataplane.transmitFrames(KEY, ...frames);
  return packets;
}

/** Octets as hex, for assertions that are read. */
export function hexOf(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(" ");
}

const cookie = fc.constantFrom(0, 4, 8).chain((length) =>
  fc.uint8Array({ minLength: length, maxLength: length })
);
const shape = fc.constantFrom(
  ["none", "none"] as const,
  ["default", "none"] as const,
  ["default", "non-ip"] as const,
  ["default", "all"] as const,
);

/** Every kind of session: encapsulations, cookies, sublayers and sequencing of each direction. */
export const anySession: fc.Arbitrary<SessionDescriptor> = fc.record({
  encapsulation: fc.constantFrom("udp", "ip"),
  receiveCookie: cookie,
  transmitCookie: cookie,
  receive: shape,
  transmit: shape,
}).map(({ encapsulation, receiveCookie, transmitCookie, receive, transmit }) =>
  descriptorOf({
    path: pathOver(encapsulation),
    receiveCookie,
    transmitCookie,
    receiveSublayer: receive[0],
    receiveSequencing: receive[1],
    transmitSublayer: transmit[0],
    transmitSequencing: transmit[1],
  })
);

/** Frames from the shortest to jumbo ones with tags. */
export const anyFrame: fc.Arbitrary<Uint8Array> = fc.record({
  type: fc.constantFrom(IPV4, IPV6, ARP, 0x8100, 0x88a8),
  length: fc.oneof(fc.integer({ min: 14, max: 1600 }), fc.constantFrom(9018, 9042)),
}).map(({ type, length }) => ethernetFrame(type, length));
