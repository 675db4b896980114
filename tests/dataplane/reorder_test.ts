/**
 * Packets in order by holding those that come early: in the bounds of a number and of a time, over
 * both headers (RFC 3931 Appendix C, RFC 2661 §5.4).
 */

import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { ReorderLimits } from "../../src/model/sequence_limits.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { MemoryDataplane } from "../harness/memory_dataplane.ts";
import { ARP, descriptorOf, ethernetFrame, KEY, mirrored, v2DescriptorOf } from "./sessions.ts";

const LIMITS: ReorderLimits = { frames: 4, timeMs: 20 };
const SEQUENCED = descriptorOf({
  receiveSublayer: "default",
  transmitSublayer: "default",
  receiveSequencing: "all",
  transmitSequencing: "all",
});
const SEQUENCED_V2 = v2DescriptorOf({ receiveSequencing: "all", transmitSequencing: "all" });

/** A frame that can be told from others. */
function frameOf(number: number): Uint8Array {
  const frame = ethernetFrame(ARP);
  new DataView(frame.buffer).setUint32(14, number);
  return frame;
}

/** The packets with numbers 0, 1, 2 …, made by the other end. */
function packetsOf(descriptor: SessionDescriptor, count: number): Uint8Array[] {
  const packets: Uint8Array[] = [];
  const sender = new MemoryDataplane((_path, octets) => packets.push(octets));
  sender.installSession(KEY, mirrored(descriptor), true);
  for (let number = 0; number < count; number++) sender.transmitFrames(KEY, frameOf(number));
  return packets;
}

class Receiver {
  readonly #dataplane: MemoryDataplane;
  readonly #packets: readonly Uint8Array[];

  constructor(descriptor: SessionDescriptor, reorder?: ReorderLimits, count = 100) {
    this.#dataplane = new MemoryDataplane(() => {}, { reorder });
    this.#dataplane.installSession(KEY, descriptor, true);
    this.#packets = packetsOf(descriptor, count);
  }

  /** The numbers of the frames that come out when these packets arrive together. */
  arrive(...numbers: readonly number[]): number[] {
    const octets = numbers.map((number) => this.#packets[number]!.slice());
    this.#dataplane.receivePackets("udp", ...octets);
    return this.take();
  }

  tend(now: number): number {
    return this.#dataplane.tend(now);
  }

  take(): number[] {
    return this.#dataplane.takeFrames(KEY).map((frame) =>
      new DataView(frame.buffer, frame.byteOffset).getUint32(14)
    );
  }

  get order(): [early: number, lost: number, late: number] {
    const { earlyPackets, lostPackets, drops } = this.#dataplane.counters(KEY);
    return [earlyPackets, lostPackets, drops.sequence];
  }
}

for (const descriptor of [SEQUENCED, SEQUENCED_V2]) {
  const version = `L2TPv${descriptor.version}`;

  Deno.test(`${version}: a packet that came early waits for the missing one [V3-DP-21]`, () => {
    const receiver = new Receiver(descriptor, LIMITS);
    assertEquals(receiver.arrive(0, 2, 3), [0]);
    assertEquals(receiver.arrive(1), [1, 2, 3]);
    assertEquals(receiver.arrive(5, 4, 6), [4, 5, 6]);
    assertEquals(receiver.order, [3, 0, 0]);
    assertEquals(receiver.tend(0), Infinity);
  });

  Deno.test(`${version}: duplicates are dropped, of those that wait too [V3-DP-18]`, () => {
    const receiver = new Receiver(descriptor, LIMITS);
    assertEquals(receiver.arrive(0, 0, 2, 2, 1, 1, 2), [0, 1, 2]);
    assertEquals(receiver.order, [2, 0, 4]);
  });

  Deno.test(`${version}: nobody waits longer than the time, and then the missing are lost [V3-DP-21]`, () => {
    const receiver = new Receiver(descriptor, LIMITS);
    assertEquals(receiver.arrive(0, 3, 4, 7), [0]);
    assertEquals(receiver.tend(1000), 20);
    assertEquals(receiver.tend(1019), 1);
    assertEquals(receiver.take(), []);
    assertEquals(receiver.tend(1020), 20);
    assertEquals(receiver.take(), [3, 4]);
    assertEquals(receiver.tend(1040), Infinity);
    assertEquals(receiver.take(), [7]);
    assertEquals(receiver.order, [3, 4, 0]);
    assertEquals(receiver.arrive(1, 2, 5, 8), [8]);
    assertEquals(receiver.order, [3, 4, 3]);
  });

  Deno.test(`${version}: no more wait than there is room for [V3-DP-21]`, () => {
    const receiver = new Receiver(descriptor, LIMITS);
    assertEquals(receiver.arrive(0, 2, 4, 5, 6), [0]);
    assertEquals(receiver.arrive(7), [2]);
    assertEquals(receiver.arrive(3), [3, 4, 5, 6, 7]);
    assertEquals(receiver.order, [5, 1, 0]);
  });

  Deno.test(`${version}: a sender that begins anew is followed, and nothing of before comes out [V3-DP-23, FO-18]`, () => {
    const receiver = new Receiver(descriptor, LIMITS);
    const numbers = Array.from({ length: 60 }, (_, number) => number);
    assertEquals(receiver.arrive(...numbers), numbers);
    assertEquals(receiver.arrive(61), []);
    assertEquals(receiver.arrive(...numbers.slice(0, 20)), [16, 17, 18, 19]);
    assertEquals(receiver.tend(0), Infinity);
  });
}

Deno.test("without ordering what is early passes at once, and what it overtook is lost [V3-DP-21]", () => {
  const receiver = new Receiver(SEQUENCED);
  assertEquals(receiver.arrive(0, 2, 1, 3, 6, 4), [0, 2, 3, 6]);
  assertEquals(receiver.order, [2, 3, 2]);
});

Deno.test("whatever order packets come in, and however often, each frame comes out once and in order [V3-DP-18, V3-DP-21]", () => {
  const room = 8;
  const arrivals = fc.array(fc.nat(room - 1), { minLength: 1, maxLength: 40 }).chain((extra) =>
    fc.shuffledSubarray([...extra, ...Array.from({ length: room }, (_, n) => n)], {
      minLength: extra.length + room,
    })
  );
  fc.assert(fc.property(arrivals, fc.integer({ min: 1, max: 7 }), (numbers, together) => {
    const receiver = new Receiver(SEQUENCED, { frames: room, timeMs: 20 }, room);
    const out: number[] = [];
    for (let at = 0; at < numbers.length; at += together) {
      out.push(...receiver.arrive(...numbers.slice(at, at + together)));
    }
    assertEquals(out, Array.from({ length: room }, (_, n) => n));
  }));
});

Deno.test("whatever is lost, what comes out is in order and never twice [V3-DP-18, V3-DP-21]", () => {
  const arrivals = fc.array(fc.nat(40), { maxLength: 80 });
  fc.assert(fc.property(arrivals, fc.nat(30), (numbers, step) => {
    const receiver = new Receiver(SEQUENCED, LIMITS, 41);
    const out: number[] = [];
    let now = 0;
    for (const number of numbers) {
      out.push(...receiver.arrive(number));
      now += step;
      receiver.tend(now);
      out.push(...receiver.take());
      // A long run of old numbers is a sender that began anew: another rule, and another test.
      if (receiver.order[2] > 16) return;
    }
    assert(out.every((number, index) => index === 0 || number > out[index - 1]!), out.join());
  }));
});
