/** SYNs that allow more than fits, and everything that is to be left alone. */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { MssClamp, segmentLimits } from "../../../src/dataplane/fit/mss_clamp.ts";
import {
  ACK,
  anyFlow,
  anyFlowWithOptions,
  type Flow,
  frameOf,
  noise,
  SYN,
  transportStart,
} from "../offload/frames.ts";

const MTU = 1_358;

/** Options of a SYN in the order of a list; the rest is End of Options. */
const option = fc.oneof(
  fc.constant([1]),
  fc.constant([4, 2]),
  fc.constant([3, 3, 7]),
  fc.constant([8, 10, 0, 0, 0, 1, 0, 0, 0, 0]),
  fc.constant([34, 6, 1, 2, 3, 4]),
);

function padded(octets: readonly number[]): Uint8Array {
  const room = Math.ceil(octets.length / 4) * 4;
  return Uint8Array.from({ length: room }, (_, at) => octets[at] ?? 0);
}

interface Syn {
  readonly flow: Flow;
  readonly mss: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly acknowledges: boolean;
  /** TCP Fast Open: a SYN with data. */
  readonly payload: Uint8Array;
}

const anySyn: fc.Arbitrary<Syn> = fc.record({
  flow: anyFlowWithOptions.map((flow) => ({ ...flow, tcp: true })),
  mss: fc.nat(0xffff),
  before: fc.array(option, { maxLength: 2 }).map((options) => options.flat()),
  after: fc.array(option, { maxLength: 1 }).map((options) => options.flat()),
  acknowledges: fc.boolean(),
  payload: fc.constantFrom(0, 0, 1, 999).map((length) => noise(length, length)),
});

function synOf({ flow, before, after, acknowledges, payload }: Syn, mss: number): Uint8Array {
  const options = padded([...before, 2, 4, mss >> 8, mss & 0xff, ...after]);
  return frameOf({ ...flow, flags: SYN | (acknowledges ? ACK : 0), options }, payload);
}

const clampEthernet = new MssClamp("ethernet", segmentLimits(MTU));

function clamped(frame: Uint8Array, clamp = clampEthernet, shift = 0): Uint8Array {
  const memory = new Uint8Array(frame.length + shift + 200);
  memory.set(frame, shift);
  clamp.apply(new DataView(memory.buffer), shift, frame.length);
  return memory.slice(shift, shift + frame.length);
}

/** What fits: the path's MTU less tags and headers. */
function limitOf({ flow }: Syn): number {
  return MTU - 2 * flow.tags.length - (flow.ipv6 ? 60 : 40);
}

Deno.test("a SYN or SYN-ACK that allows more than fits is as if it had asked for what fits", () => {
  fc.assert(fc.property(anySyn, fc.nat(3), (syn, shift) => {
    const expected = synOf(syn, Math.min(syn.mss, limitOf(syn)));
    const result = clamped(synOf(syn, syn.mss), clampEthernet, shift);
    // A sum of zero has two spellings, and RFC 1624 may give the other one.
    const field = transportStart(syn.flow) + 16;
    for (const frame of [expected, result]) {
      if (frame[field] === 0xff && frame[field + 1] === 0xff) frame.fill(0, field, field + 2);
    }
    assertEquals(result, expected);
  }));
});

Deno.test("a SYN with a wrong checksum still has one afterwards, wrong by as much", () => {
  fc.assert(fc.property(anySyn, fc.integer({ min: 1, max: 0xfffe }), (syn, error) => {
    const field = transportStart(syn.flow) + 16;
    const corrupt = (frame: Uint8Array): Uint8Array => {
      const view = new DataView(frame.buffer);
      const sum = view.getUint16(field) + error;
      view.setUint16(field, (sum & 0xffff) + (sum >> 16));
      return frame;
    };
    const result = clamped(corrupt(synOf(syn, syn.mss)));
    const expected = corrupt(synOf(syn, Math.min(syn.mss, limitOf(syn))));
    const sumOf = (frame: Uint8Array) => new DataView(frame.buffer).getUint16(field) % 0xffff;
    assertEquals(sumOf(result), sumOf(expected));
  }));
});

Deno.test("what is no SYN passes as it is: other segments, UDP, later fragments, cut ones", () => {
  const mssOption = Uint8Array.of(2, 4, 0xff, 0xff);
  fc.assert(fc.property(anyFlow, fc.nat(200), (flow, length) => {
    const frame = frameOf({ ...flow, options: flow.tcp ? mssOption : flow.options }, flow.payload);
    assertEquals(clamped(frame), frame);
    const syn = frameOf({ ...flow, tcp: true, flags: SYN, options: mssOption }, new Uint8Array(0));
    const cut = syn.subarray(0, Math.min(length, syn.length - 1));
    assertEquals(clamped(cut), cut);
    if (flow.ipv6) return;
    const network = 14 + 2 * flow.tags.length;
    syn[network + 7] = 1;
    assertEquals(clamped(syn), syn, "a later fragment");
  }));
});

Deno.test("nor is what only looks like a SYN: another protocol, behind a fragment header or ESP", () => {
  const mssOption = Uint8Array.of(2, 4, 0xff, 0xff);
  const [flow] = fc.sample(anyFlow, { numRuns: 1, seed: 9 });
  const looks = { ...flow!, tcp: true, flags: SYN, options: mssOption, tags: [0x8100, 5] };
  for (const [ipv6, at] of [[false, 27], [true, 24]] as const) {
    for (const protocol of [17, 44, 50, 51]) {
      const frame = frameOf({ ...looks, ipv6 }, new Uint8Array(0));
      frame[at] = protocol;
      assertEquals(clamped(frame), frame);
      if (!ipv6) continue;
      const header = [6, 0, 0, 0, 0, 0, 0, 0];
      const behind = Uint8Array.from([...frame.subarray(0, 58), ...header, ...frame.subarray(58)]);
      assertEquals(clamped(behind), behind, `behind ${protocol}`);
    }
  }
});

Deno.test("octets of any kind never make it throw, and change nothing but an option and a sum", () => {
  const anyPort = fc.constantFrom("ethernet" as const, "ip" as const);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 160 }), anyPort, (octets, port) => {
    const result = clamped(octets, new MssClamp(port, { ipv4: 500, ipv6: 480 }));
    const changed = result.filter((octet, at) => octet !== octets[at]).length;
    assertEquals(changed <= 4, true);
  }));
});

Deno.test("extension headers without end are not followed beyond the frame", () => {
  const [flow] = fc.sample(anyFlow, { numRuns: 1, seed: 9 });
  const frame = frameOf({ ...flow!, ipv6: true, tags: [] }, new Uint8Array(400));
  // Hop-by-hop options in hop-by-hop options: each of 8 octets, the next of the same kind.
  frame.fill(0, 54);
  frame[20] = 0;
  for (const length of [54, 58, 62, 80, frame.length]) {
    const cut = frame.subarray(0, length);
    assertEquals(clamped(cut), cut);
  }
});

Deno.test("options with a length that cannot be end the search", () => {
  const flow = fc.sample(anyFlow.map((any) => ({ ...any, tcp: true })), {
    numRuns: 1,
    seed: 4,
  })[0]!;
  for (
    const options of [[3, 0, 1, 1], [5, 1, 2, 4], [2, 3, 255, 255], [9, 40, 2, 4, 255, 255, 1, 1]]
  ) {
    const frame = frameOf({ ...flow, flags: SYN, options: Uint8Array.from(options) }, noise(0, 1));
    assertEquals(clamped(frame), frame);
  }
});

Deno.test("IP packets without a link header, and IPv6 behind extension headers", () => {
  const [flow] = fc.sample(anyFlow, { numRuns: 1, seed: 9 });
  const syn = (ipv6: boolean, mss: number) =>
    frameOf({
      ...{ ...flow!, tcp: true, ipv6, tags: [], flags: SYN },
      options: Uint8Array.of(2, 4, mss >> 8, mss & 0xff),
    }, new Uint8Array(0)).subarray(14);
  const clamp = new MssClamp("ip", segmentLimits(MTU));
  assertEquals(clamped(syn(false, 1460), clamp), syn(false, MTU - 40));
  assertEquals(clamped(syn(true, 1440), clamp), syn(true, MTU - 60));
  const extended = (packet: Uint8Array): Uint8Array => {
    const extension = [6, 1, ...new Array(14).fill(0)];
    const octets = [...packet.subarray(0, 40), ...extension, ...packet.subarray(40)];
    octets[6] = 60;
    return Uint8Array.from(octets);
  };
  assertEquals(clamped(extended(syn(true, 1440)), clamp), extended(syn(true, MTU - 60)));
});
