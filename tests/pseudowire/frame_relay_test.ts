/** Frame Relay's addresses and encapsulations, by the figures of RFC 4591, RFC 2427 and Q.922. */

import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import {
  BridgedFrameRelay,
  FrameRelayCircuit,
  NATIVE_FRAME_RELAY,
  RoutedFrameRelay,
} from "../../src/pseudowire/frame_relay.ts";
import {
  BAD_ADDRESS,
  BAD_FRAME,
  TO_MAIN_THREAD,
  UNKNOWN_PROTOCOL,
} from "../../src/pseudowire/pseudowire.ts";
import { pseudowireFor } from "../../src/pseudowire/selection.ts";
import { unwrapped, wrapped } from "./framing.ts";

const IPV4 = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
const IPV6 = [0x60, ...new Array<number>(39).fill(0)];
const ETHERNET = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, ...IPV4];

/** DLCI 70 is 000100 0110; DLCI 0x123456 of 23 bits is 001001 0001 1010001 010110. */
const DLCI_70 = [0x10, 0x61];
const DLCI_LONG = [0x24, 0x10, 0xa2, 0x59];
const SHORT = { length: 2, dlci: 70 } as const;
const LONG = { length: 4, dlci: 0x123456 } as const;
const BRIDGED = [0x03, 0x00, 0x80, 0x00, 0x80, 0xc2, 0x00];
const SNAP = [0x03, 0x00, 0x80, 0x00, 0x00, 0x00];

function carriesIp(frame: readonly number[]): boolean {
  return NATIVE_FRAME_RELAY.carriesIp(Uint8Array.from(frame), 0, frame.length);
}

Deno.test("frames that go to the port get its DLCI, and come back whole [FR-16, FR-19, FR-20]", () => {
  const rest = [0x03, 0xcc, ...IPV4];
  // DLCI 50 is 000011 0010.
  assertEquals(unwrapped(new FrameRelayCircuit(SHORT), [0x0c, 0x21, ...rest]), [
    ...DLCI_70,
    ...rest,
  ]);
  assertEquals(unwrapped(new FrameRelayCircuit(LONG), [0x00, 0x10, 0x02, 0x09, ...rest]), [
    ...DLCI_LONG,
    ...rest,
  ]);
  assertEquals(wrapped(new FrameRelayCircuit(SHORT), [...DLCI_70, ...rest]), [...DLCI_70, ...rest]);
  assertEquals(wrapped(new FrameRelayCircuit(LONG), [...DLCI_LONG, ...rest]), [
    ...DLCI_LONG,
    ...rest,
  ]);
});

Deno.test("C/R, FECN, BECN and DE pass as they are, each of them and together [FR-17, FR-18]", () => {
  for (let bits = 0; bits < 16; bits++) {
    const command = (bits & 1) << 1;
    const congestion = bits & 0x0e;
    const short = new FrameRelayCircuit(SHORT);
    assertEquals(unwrapped(short, [0x0c | command, 0x21 | congestion, 9]), [
      0x10 | command,
      0x61 | congestion,
      9,
    ]);
    assertEquals(wrapped(short, [0x10 | command, 0x61 | congestion, 9]), [
      0x10 | command,
      0x61 | congestion,
      9,
    ]);
    const long = unwrapped(new FrameRelayCircuit(LONG), [command, 0x10 | congestion, 2, 9, 9]);
    assertEquals(long, [0x24 | command, 0x10 | congestion, 0xa2, 0x59, 9]);
  }
});

Deno.test("every DLCI is written where it is read [FR-19, FR-20]", () => {
  const bits = fc.record({ first: fc.nat(1), congestion: fc.nat(7) });
  const short = fc.record({ length: fc.constant<2>(2), dlci: fc.nat(0x3ff) });
  const long = fc.record({ length: fc.constant<4>(4), dlci: fc.nat(0x7fffff) });
  fc.assert(fc.property(fc.oneof(short, long), bits, (address, { first, congestion }) => {
    const blank = address.length === 2 ? [0, 1] : [0, 0, 0, 1];
    blank[0]! |= first << 1;
    blank[1]! |= congestion << 1;
    const circuit = new FrameRelayCircuit(address);
    const frame = unwrapped(circuit, [...blank, 3]);
    assertEquals(wrapped(circuit, frame as number[]), frame);
    const other = new FrameRelayCircuit({ ...address, dlci: address.dlci ^ 1 });
    assertEquals(wrapped(other, frame as number[]), BAD_ADDRESS);
  }));
});

Deno.test("an address of another length, cut short, or of the network's own is none [FR-14, FR-19]", () => {
  const bad = {
    short: [[0x11, 0x61, 3], [0x10, 0x60, 3, 5], [0x10], DLCI_LONG],
    long: [[...DLCI_70, 3, 0xcc], [0x24, 0x10, 0xa3, 0x59], [0x24, 0x10, 0xa2, 0x58], [
      0x24,
      0x10,
      0xa2,
      0x5b,
    ], [0x24, 0x10, 0xa2]],
  };
  for (const frame of bad.short) {
    assertEquals(unwrapped(new FrameRelayCircuit(SHORT), frame), BAD_ADDRESS);
    assertEquals(wrapped(new FrameRelayCircuit(SHORT), frame), BAD_ADDRESS);
    assertEquals(unwrapped(new RoutedFrameRelay(SHORT), frame), BAD_ADDRESS);
    assertEquals(unwrapped(new BridgedFrameRelay(SHORT), frame), BAD_ADDRESS);
  }
  for (const frame of bad.long) {
    assertEquals(unwrapped(new FrameRelayCircuit(LONG), frame), BAD_ADDRESS);
  }
});

Deno.test("packets go by their NLPID, also behind a pad or by EtherType [MPFR-01, MPFR-04, MPFR-05, MPFR-06]", () => {
  const routed = new RoutedFrameRelay(SHORT);
  assertEquals(wrapped(routed, IPV4), [...DLCI_70, 0x03, 0xcc, ...IPV4]);
  assertEquals(wrapped(routed, IPV6), [...DLCI_70, 0x03, 0x8e, ...IPV6]);
  assertEquals(wrapped(new RoutedFrameRelay(LONG), IPV4), [...DLCI_LONG, 0x03, 0xcc, ...IPV4]);
  assertEquals(wrapped(routed, [0x10, ...IPV4.slice(1)]), BAD_FRAME);
  const forms: [number[], number[]][] = [
    [[0x03, 0xcc], IPV4],
    [[0x03, 0x00, 0xcc], IPV4],
    [[...SNAP, 0x08, 0x00], IPV4],
    [[...SNAP.toSpliced(1, 1), 0x08, 0x00], IPV4],
    [[0x03, 0x8e], IPV6],
    [[...SNAP, 0x86, 0xdd], IPV6],
  ];
  for (const [header, packet] of forms) {
    assertEquals(unwrapped(routed, [...DLCI_70, ...header, ...packet]), packet);
    assertEquals(carriesIp([...DLCI_70, ...header, ...packet]), true);
  }
});

Deno.test("what is no packet is refused by name; NLPID 0 is none; Inverse ARP is for the main thread [MPFR-02, MPFR-04]", () => {
  const routed = new RoutedFrameRelay(SHORT);
  const refuse = (rest: number[]) => unwrapped(routed, [...DLCI_70, ...rest]);
  assertEquals(refuse([0x03, 0x00, 0x00, ...IPV4]), BAD_FRAME);
  assertEquals(refuse([0x03, 0xcc, ...IPV6]), BAD_FRAME);
  assertEquals(refuse([0x03, 0xcc, 0x45]), BAD_FRAME);
  assertEquals(refuse([0x03, 0x80, 0x00, 0x00]), BAD_FRAME);
  assertEquals(refuse([...SNAP, 0x81, 0x37, 1, 2]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([0x03, 0x81, 1, 2]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([0xaf, 0x81, 1, 2]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([0x03]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([...BRIDGED, 0x07, ...ETHERNET]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([...SNAP, 0x08, 0x06, 0, 15]), TO_MAIN_THREAD);
});

Deno.test("bridged frames go without LAN FCS, and are taken with it or without [MPFR-01, MPFR-03]", () => {
  const bridged = new BridgedFrameRelay(SHORT);
  assertEquals(wrapped(bridged, ETHERNET), [...DLCI_70, ...BRIDGED, 0x07, ...ETHERNET]);
  assertEquals(unwrapped(bridged, [...DLCI_70, ...BRIDGED, 0x07, ...ETHERNET]), ETHERNET);
  const withFcs = [...DLCI_70, ...BRIDGED, 0x01, ...ETHERNET, 0xde, 0xad, 0xbe, 0xef];
  assertEquals(unwrapped(bridged, withFcs), ETHERNET);
  const unpadded = [...DLCI_70, ...BRIDGED.toSpliced(1, 1), 0x07, ...ETHERNET];
  assertEquals(unwrapped(bridged, unpadded), ETHERNET);
  const long = [...DLCI_LONG, ...BRIDGED, 0x07, ...ETHERNET];
  assertEquals(unwrapped(new BridgedFrameRelay(LONG), long), ETHERNET);
  assertEquals(wrapped(new BridgedFrameRelay(LONG), ETHERNET), long);
});

Deno.test("a bridge takes Ethernet frames only: neither packets, nor spanning tree, nor fragments [MPFR-07]", () => {
  const bridged = new BridgedFrameRelay(SHORT);
  const refuse = (rest: number[]) => unwrapped(bridged, [...DLCI_70, ...rest]);
  assertEquals(refuse([0x03, 0xcc, ...IPV4]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([...BRIDGED, 0x0e, 0, 0, 0, 0]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([...BRIDGED, 0x0d, 0, 0, 0, 0]), UNKNOWN_PROTOCOL);
  assertEquals(refuse([...BRIDGED, 0x07, 2, 0, 0]), BAD_FRAME);
  assertEquals(refuse([...BRIDGED, 0x01, ...ETHERNET.slice(0, 14)]), BAD_FRAME);
  const spanningTree = [
    0x01,
    0x80,
    0xc2,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    0,
    1,
    0,
    7,
    0x42,
    0x42,
    3,
    0,
    0,
    0,
    0,
  ];
  assertEquals(wrapped(bridged, spanningTree), UNKNOWN_PROTOCOL);
});

Deno.test("what is in Frame Relay frames is known to be IP, or is not known to be [V3-DP-27, V3-DP-28]", () => {
  assertEquals(carriesIp([...DLCI_LONG, 0x03, 0xcc, ...IPV4]), true);
  assertEquals(carriesIp([...DLCI_70, ...BRIDGED, 0x07, ...ETHERNET]), true);
  assertEquals(carriesIp([...DLCI_70, ...BRIDGED, 0x07, ...ETHERNET.with(13, 6)]), false);
  assertEquals(carriesIp([...DLCI_70, ...SNAP, 0x08, 0x06, 0, 15]), false);
  assertEquals(carriesIp([...DLCI_70, 0x03, 0x08, 0, 0]), false);
  assertEquals(carriesIp([0xff, 0x03, 0xcc, ...IPV4]), false);
});

Deno.test("whatever octets come, nothing throws, and nothing lies outside of them", () => {
  const kinds = [
    new FrameRelayCircuit(LONG),
    new RoutedFrameRelay(SHORT),
    new BridgedFrameRelay(SHORT),
  ];
  const octets = fc.array(fc.oneof(fc.constantFrom(0, 3, 0x80, 0xc2, 7, 1), fc.nat(255)), {
    minLength: 4,
    maxLength: 40,
  });
  fc.assert(fc.property(octets, (payload) => {
    for (const pseudowire of kinds) {
      const frame = unwrapped(pseudowire, payload);
      if (typeof frame !== "number") assertEquals(frame.length <= payload.length, true);
    }
  }));
});

Deno.test("a DLCI that its address has no room for, and a bridge without one, are refused", () => {
  const pseudowire = "frame-relay";
  assertEquals(pseudowireFor({ pseudowire }), NATIVE_FRAME_RELAY);
  assertThrows(
    () => pseudowireFor({ pseudowire, frameRelay: { length: 2, dlci: 1024 } }),
    RangeError,
    "DLCI 1024",
  );
  for (const framing of ["bridged", "routed"] as const) {
    assertThrows(() => pseudowireFor({ pseudowire, framing }), RangeError, "needs a DLCI");
  }
});
