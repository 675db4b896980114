/** Frames that are too long: fragments that are the whole again, answers that hosts understand. */

import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  allocateCounters,
  DirectionCounters,
  readCounters,
} from "../../../src/dataplane/counters.ts";
import { DROP_CONGESTION, NOT_DROPPED } from "../../../src/dataplane/drop_reason.ts";
import { FrameFit, portHeaderOf } from "../../../src/dataplane/fit/frame_fit.ts";
import { EncapForwarder } from "../../../src/dataplane/encap_forwarder.ts";
import { FrameBatch, twinBatches } from "../../../src/dataplane/frame_batch.ts";
import type { FrameSource } from "../../../src/dataplane/frame_port.ts";
import { FrameQueue } from "../../../src/dataplane/frame_queue.ts";
import { TransmitRow } from "../../../src/dataplane/session_row.ts";
import type { PortHeader } from "../../../src/dataplane/fit/inner_ip.ts";
import type { OversizePolicy } from "../../../src/model/path_fit.ts";
import { anyFlow, checksum, type Flow, frameOf, noise } from "../offload/frames.ts";
import { ARP, descriptorOf, ethernetFrame } from "../sessions.ts";

/** Flags and version, and a Session ID: all that is before a frame here. */
const HEADER = 8;

interface Outcome {
  readonly carried: Uint8Array[];
  readonly answers: Uint8Array[];
  readonly tooBig: number;
}

/** Frames in one piece, or with their last octets elsewhere, as segments of super-frames have them. */
class PiecewiseSource implements FrameSource {
  readonly unfinished = false;
  readonly #frames: Uint8Array[];
  readonly #bodies: boolean;

  constructor(frames: readonly Uint8Array[], bodies: boolean) {
    this.#frames = [...frames];
    this.#bodies = bodies;
  }

  receive(batch: FrameBatch): number {
    const frames = this.#frames.splice(0, batch.slots);
    for (const [index, frame] of frames.entries()) this.#place(batch, index, frame);
    return frames.length;
  }

  #place(batch: FrameBatch, index: number, frame: Uint8Array): void {
    const split = this.#bodies ? Math.min(frame.length, 60) : frame.length;
    const head = this.#bodies ? batch.headStart(index) : batch.packetStart(index);
    const body = batch.packetStart(index);
    batch.octets.set(frame.subarray(split), body);
    batch.octets.set(frame.subarray(0, split), head);
    batch.locate(index, head, split);
    batch.bodyStarts[index] = body;
    batch.bodyLengths[index] = frame.length - split;
  }
}

function fitted(
  frames: readonly Uint8Array[],
  longestFrame: number,
  oversize: OversizePolicy,
  bodies = false,
  port: PortHeader = "ethernet",
): Outcome {
  const [batch, spare] = twinBatches(16);
  // Memory that has been used before.
  batch.octets.fill(0xa5);
  const forwarder = new EncapForwarder(batch, spare);
  const network = new FrameQueue();
  const answers = new FrameQueue();
  const memory = allocateCounters();
  const row = new TransmitRow(1, descriptorOf(), network, new DirectionCounters(memory, "encap"));
  forwarder.install(row);
  forwarder.setTransmit(1, true);
  const rules = {
    pathMtu: 0,
    fragmentation: "allow",
    longestFrame,
    oversize,
    marking: { dscp: 0, ecn: false },
  } as const;
  forwarder.setFit(1, new FrameFit(port, { ...rules, segments: undefined }), answers);
  forwarder.turn(1, new PiecewiseSource(frames, bodies));
  return {
    carried: network.take().map((packet) => packet.subarray(HEADER)),
    answers: answers.take(),
    tooBig: readCounters(memory).drops.tooBig,
  };
}

const word = (octets: Uint8Array, at: number) => octets[at]! << 8 | octets[at + 1]!;
const networkAt = (flow: Flow) => 14 + 2 * flow.tags.length;

/** The packet of which these frames carry the fragments, put together as a host does. */
function reassembled(fragments: readonly Uint8Array[], network: number): Uint8Array {
  const parts = fragments.map((frame) => {
    const header = (frame[network]! & 0x0f) << 2;
    assertEquals(checksum([...frame.subarray(network, network + header)]), 0, "the header's sum");
    const offset = (word(frame, network + 6) & 0x1fff) * 8;
    const more = (word(frame, network + 6) & 0x2000) !== 0;
    const payload = frame.subarray(network + header, network + word(frame, network + 2));
    return { offset, more, payload, frame, header };
  }).sort((a, b) => a.offset - b.offset);
  const first = parts[0]!;
  const whole = [...first.frame.subarray(0, network + first.header)];
  for (const [index, { offset, more, payload }] of parts.entries()) {
    assertEquals(offset, whole.length - network - first.header, "no hole and no overlap");
    assertEquals(more, index < parts.length - 1);
    for (const octet of payload) whole.push(octet);
  }
  const octets = Uint8Array.from(whole);
  const view = new DataView(octets.buffer);
  view.setUint16(network + 2, octets.length - network);
  view.setUint16(network + 6, 0);
  view.setUint16(network + 10, 0);
  const sum = checksum([...octets.subarray(network, network + first.header)]);
  view.setUint16(network + 10, sum);
  return octets;
}

const anyIpv4 = anyFlow.map((flow) => ({ ...flow, ipv6: false, dontFragment: false }));
const anyPayload = fc.tuple(fc.integer({ min: 1, max: 3_000 }), fc.nat())
  .map(([length, seed]) => noise(length, seed));

Deno.test("an IPv4 packet's fragments fit, and are the packet again [V3-MTU-02, V3-MTU-01]", () => {
  const anyLongest = fc.integer({ min: 400, max: 2_000 });
  fc.assert(
    fc.property(anyIpv4, anyPayload, anyLongest, fc.boolean(), (flow, payload, longest, bodies) => {
      const frame = frameOf(flow, payload);
      const { carried, answers, tooBig } = fitted([frame], longest, "fragment", bodies);
      assertEquals([answers.length, tooBig], [0, 0]);
      for (const { length } of carried) assert(length <= longest, `${length} > ${longest}`);
      assertEquals(carried.length > 1, frame.length > longest);
      assertEquals(reassembled(carried, networkAt(flow)), frame);
    }),
  );
});

Deno.test("options that only the first fragment has are blanked in later ones", () => {
  const [flow] = fc.sample(anyIpv4.map((any) => ({ ...any, tags: [], tcp: false })), {
    numRuns: 1,
    seed: 2,
  });
  const plain = frameOf(flow!, noise(1_000, 3));
  // Record Route (7) is not copied, Router Alert (148) is.
  const options = [7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0];
  const frame = Uint8Array.from([...plain.subarray(0, 34), ...options, ...plain.subarray(34)]);
  frame[14] = 0x48;
  const view = new DataView(frame.buffer);
  view.setUint16(16, frame.length - 14);
  view.setUint16(24, 0);
  view.setUint16(24, checksum([...frame.subarray(14, 46)]));
  const { carried } = fitted([frame], 600, "fragment");
  assertEquals(carried.length, 2);
  assertEquals([...carried[0]!.subarray(34, 46)], options);
  assertEquals([...carried[1]!.subarray(34, 46)], [1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0, 0]);
  assertEquals(reassembled(carried, 14), frame);
});

Deno.test("a fragment that is too long is cut into fragments of the same packet", () => {
  const [flow] = fc.sample(anyIpv4, { numRuns: 1, seed: 5 });
  const whole = frameOf(flow!, noise(2_500, 1));
  const network = networkAt(flow!);
  const halves = fitted([whole], 1_500 + network, "fragment").carried;
  const pieces = halves.flatMap((half) => fitted([half], 400 + network, "fragment").carried);
  assert(pieces.length > 2 * halves.length);
  assertEquals(reassembled(pieces, network), whole);
});

Deno.test("frames keep their order around one that becomes fragments", () => {
  const [flow] = fc.sample(anyIpv4, { numRuns: 1, seed: 6 });
  const frames = [10, 2_000, 20, 30].map((length) => frameOf(flow!, noise(length, length)));
  const { carried } = fitted(frames, 1_400, "fragment");
  assertEquals(carried.length, 5);
  assertEquals([carried[0], carried[3], carried[4]], [frames[0], frames[2], frames[3]]);
  assertEquals(reassembled(carried.slice(1, 3), networkAt(flow!)), frames[1]);
});

Deno.test("the sender of a packet that must not be cut is told what fits, and nothing is carried [V3-MTU-03]", () => {
  const anyPolicy = fc.constantFrom("answer" as const, "fragment" as const);
  const anyStrict = anyFlow.map((flow) => ({ ...flow, dontFragment: true }));
  fc.assert(
    fc.property(anyStrict, anyPolicy, fc.boolean(), fc.nat(900), (flow, policy, bodies, more) => {
      // An answer over IPv4 quotes the packet whole where that is short.
      const mtu = more % 2 === 0 || flow.ipv6 ? 1_350 : 300;
      const frame = frameOf(flow, noise(mtu + 50 + more, more));
      const { carried, answers, tooBig } = fitted(
        [frame],
        mtu + networkAt(flow),
        policy,
        bodies,
      );
      assertEquals([carried.length, answers.length, tooBig], [0, 1, 1]);
      checkAnswer(answers[0]!, frame, flow, mtu);
    }),
  );
});

Deno.test("the sender of a packet from a TUN is told, too, without a link header [V3-MTU-03]", () => {
  fc.assert(fc.property(anyFlow, fc.nat(900), (any, more) => {
    const flow = { ...any, tags: [], dontFragment: true };
    const frame = frameOf(flow, noise(1_400 + more, more));
    const { carried, answers } = fitted([frame.subarray(14)], 1_350, "answer", false, "ip");
    assertEquals([carried.length, answers.length], [0, 1]);
    const linked = [...frame.subarray(6, 12), ...frame.subarray(0, 6), ...frame.subarray(12, 14)];
    checkAnswer(Uint8Array.from([...linked, ...answers[0]!]), frame, flow, 1_350);
  }));
});

Deno.test("pings are answered, which are no errors", () => {
  const [flow] = fc.sample(anyFlow.map((any) => ({ ...any, tags: [], dontFragment: true })), {
    numRuns: 1,
    seed: 7,
  });
  for (
    const [ipv6, changes] of [[false, [[23, 1], [34, 8]]], [true, [[20, 58], [54, 128]]]] as const
  ) {
    const frame = frameOf({ ...flow!, ipv6 }, noise(1_400, 1));
    for (const [at, octet] of changes) frame[at] = octet;
    assertEquals(fitted([frame], 1_364, "answer").answers.length, 1);
  }
});

Deno.test("a packet that says that it is longer than its frame is carried as it is", () => {
  const [flow] = fc.sample(anyIpv4, { numRuns: 1, seed: 2 });
  const frame = frameOf({ ...flow!, tags: [] }, noise(1_400, 1));
  frame[16] = 0x7f;
  assertEquals(fitted([frame], 1_000, "fragment").carried, [frame]);
});

/** Everything a host looks at before it believes an answer. */
function checkAnswer(answer: Uint8Array, frame: Uint8Array, flow: Flow, mtu: number): void {
  const network = networkAt(flow);
  assertEquals(answer.subarray(0, 6), frame.subarray(6, 12), "to the sender's MAC address");
  assertEquals(answer.subarray(6, 12), frame.subarray(0, 6));
  assertEquals(answer.subarray(12, network), frame.subarray(12, network), "in its VLANs");
  const packet = answer.subarray(network);
  const asked = frame.subarray(network);
  if (flow.ipv6) {
    assertEquals(word(packet, 4), packet.length - 40);
    assertEquals(packet.subarray(8, 24), asked.subarray(24, 40));
    assertEquals(packet.subarray(24, 40), asked.subarray(8, 24));
    assertEquals([packet[6], packet[40], packet[41]], [58, 2, 0]);
    assertEquals(new DataView(packet.slice().buffer).getUint32(44), mtu);
    assertEquals(packet.subarray(48), asked.subarray(0, 1_280 - 48));
    const pseudo = [...packet.subarray(8, 40), 58, ...[packet[4]!, packet[5]!]];
    const padded = [
      ...packet.subarray(8, 40),
      0,
      58,
      packet[4]!,
      packet[5]!,
      ...packet.subarray(40),
    ];
    assertEquals([pseudo.length, checksum(padded)], [35, 0]);
  } else {
    assertEquals(packet.subarray(12, 16), asked.subarray(16, 20));
    assertEquals(packet.subarray(16, 20), asked.subarray(12, 16));
    assertEquals([packet[9], packet[20], packet[21]], [1, 3, 4]);
    assertEquals(word(packet, 2), packet.length);
    assertEquals(word(packet, 26), mtu);
    assertEquals(packet.subarray(28), asked.subarray(0, 576 - 28));
    assertEquals(checksum([...packet.subarray(0, 20)]), 0);
    assertEquals(checksum([...packet.subarray(20)]), 0);
  }
}

Deno.test("who must not be answered is not, and its frames are carried", () => {
  const [ipv4] = fc.sample(
    anyFlow.map((any) => ({ ...any, ipv6: false, tags: [], dontFragment: true })),
    { numRuns: 1, seed: 7 },
  );
  const [ipv6] = fc.sample(anyFlow.map((any) => ({ ...any, ipv6: true, tags: [] })), {
    numRuns: 1,
    seed: 8,
  });
  const changed = (flow: Flow, changes: Record<number, number>, length = 1_400): Uint8Array => {
    const frame = frameOf(flow, noise(length, 1));
    for (const [at, octet] of Object.entries(changes)) frame[Number(at)] = octet;
    return frame;
  };
  const cases: [string, Uint8Array][] = [
    ["a multicast frame", changed(ipv4!, { 0: 1 })],
    ["to a multicast address", changed(ipv4!, { 30: 224 })],
    ["from nowhere", changed(ipv4!, { 26: 0 })],
    ["from a multicast address", changed(ipv4!, { 26: 239 })],
    ["a later fragment", changed(ipv4!, { 20: 0x40, 21: 9 })],
    ["an ICMP error", changed(ipv4!, { 23: 1, 34: 3 })],
    ["IPv6 to a multicast address", changed(ipv6!, { 38: 0xff })],
    ["IPv6 from a multicast address", changed(ipv6!, { 22: 0xff })],
    ["an ICMPv6 error", changed(ipv6!, { 20: 58, 54: 1 })],
    ["IPv6 that every path must carry", changed(ipv6!, {}, 1_280 - 40 - 60)],
    ["not IP", changed(ipv4!, { 12: 0x88, 13: 0xcc })],
    ["an IPv4 header of no length", changed(ipv4!, { 14: 0x40 })],
  ];
  for (const [what, frame] of cases) {
    const { carried, answers, tooBig } = fitted([frame], 1_000, "fragment");
    assertEquals([carried, answers, tooBig], [[frame], [], 0], what);
  }
});

Deno.test("frames of any octets are carried, cut or answered, and never make it throw", () => {
  const anyPolicy = fc.constantFrom("answer" as const, "fragment" as const);
  const anyOctets = fc.tuple(anyFlow, fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }))
    .map(([flow, changes]) => {
      const frame = frameOf(flow, flow.payload.subarray(0, 3_000));
      for (const [at, octet] of changes) if (at < frame.length) frame[at] = octet;
      return frame;
    });
  fc.assert(
    fc.property(
      anyOctets,
      anyPolicy,
      fc.integer({ min: 60, max: 900 }),
      (frame, policy, longest) => {
        const { carried, answers, tooBig } = fitted([frame], longest, policy);
        assertEquals(answers.length, tooBig);
        assertEquals(carried.length + answers.length > 0, true);
      },
    ),
  );
});

Deno.test("a received packet is told of congestion, or is lost where it cannot be [ECN-02]", () => {
  const CE = 3;
  fc.assert(fc.property(anyFlow, fc.integer({ min: 1, max: 3 }), (flow, capable) => {
    const [batch] = twinBatches(2);
    const rules = { pathMtu: 0, fragmentation: "allow", oversize: "carry" } as const;
    const marking = { dscp: 0, ecn: true };
    const common = { ...rules, longestFrame: 1_500, segments: undefined };
    const fit = new FrameFit("ethernet", { ...common, marking });
    const short = flow.payload.subarray(0, 200);
    const service = (flow.service & ~3) | capable;
    batch.place(0, frameOf({ ...flow, service }, short));
    batch.place(1, frameOf({ ...flow, service: flow.service & ~3 }, short));
    batch.trafficClasses.fill(CE);
    assertEquals(fit.receive(batch, 0), NOT_DROPPED);
    assertEquals(batch.copy(0), frameOf({ ...flow, service: service | CE }, short));
    assertEquals(fit.receive(batch, 1), DROP_CONGESTION);
    const cleared = new FrameFit("ethernet", { ...common, marking: { dscp: "copy", ecn: false } });
    assertEquals(cleared.receive(batch, 1), NOT_DROPPED, "who has no ECN does not look");
  }));
});

Deno.test("fragments are marked as the packet was that they are of [ECN-05]", () => {
  fc.assert(fc.property(anyIpv4, fc.nat(), (flow, seed) => {
    const [batch, spare] = twinBatches(8);
    const classes: number[] = [];
    const sink = {
      send: (from: FrameBatch, first: number, count: number) => {
        classes.push(...from.trafficClasses.subarray(first, first + count));
        from.settle(first, count);
      },
    };
    const forwarder = new EncapForwarder(batch, spare);
    const counters = new DirectionCounters(allocateCounters(), "encap");
    forwarder.install(new TransmitRow(1, descriptorOf(), sink, counters));
    forwarder.setTransmit(1, true);
    const rules = { pathMtu: 0, fragmentation: "allow", oversize: "fragment" } as const;
    const marking = { dscp: "copy", ecn: true } as const;
    const common = { ...rules, longestFrame: 700, segments: undefined };
    forwarder.setFit(1, new FrameFit("ethernet", { ...common, marking }), undefined);
    const frames = [frameOf(flow, noise(1_500, seed)), ethernetFrame(ARP)];
    forwarder.turn(1, new PiecewiseSource(frames, false));
    assertEquals(classes, [flow.service, flow.service, flow.service, 0]);
  }));
});

Deno.test("a packet is marked by its frame's VLAN priority, and by its ECN field where that passes [ETH-26]", () => {
  fc.assert(fc.property(anyFlow, fc.nat(7), fc.boolean(), (flow, priority, ecn) => {
    const frame = frameOf(flow, flow.payload.subarray(0, 100));
    const tagged = [
      ...frame.subarray(0, 12),
      ...[0x81, 0x00, priority << 5, 9],
      ...frame.subarray(12),
    ];
    const batch = new FrameBatch(2);
    batch.place(0, frame);
    batch.place(1, Uint8Array.from(tagged));
    const rules = { pathMtu: 0, fragmentation: "allow", oversize: "carry" } as const;
    const marking = { dscp: "priority", ecn } as const;
    const fit = { ...rules, longestFrame: 9_000, segments: undefined, marking };
    const marks = FrameFit.of("ethernet", fit)!;
    marks.mark(batch, 1);
    // Behind three tags (each is two words) nobody looks for IP.
    const congestion = ecn && flow.tags.length < 4 ? flow.service & 3 : 0;
    assertEquals(batch.trafficClasses[1], priority << 5 | congestion);
    if (flow.tags.length > 0) return;
    marks.mark(batch, 0);
    assertEquals(batch.trafficClasses[0], congestion);
  }));
  const fit = { pathMtu: 0, fragmentation: "allow", oversize: "carry" } as const;
  const marking = { dscp: "priority", ecn: false } as const;
  const packets = { ...fit, longestFrame: 9_000, segments: undefined, marking };
  assertEquals(FrameFit.of("ip", packets), undefined, "packets have no tags");
});

Deno.test("what frames begin with follows from the pseudowire and its framing", () => {
  assertEquals(portHeaderOf({ pseudowire: "ethernet" }), "ethernet");
  assertEquals(portHeaderOf({ pseudowire: "ethernet-vlan" }), "ethernet");
  assertEquals(portHeaderOf({ pseudowire: "frame-relay", framing: "bridged" }), "ethernet");
  assertEquals(portHeaderOf({ pseudowire: "ppp", framing: "routed" }), "ip");
  assertEquals(portHeaderOf({ pseudowire: "hdlc" }), undefined);
});
