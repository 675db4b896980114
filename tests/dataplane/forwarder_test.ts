/** One turn of each direction: batches, runs of one session, sinks that refuse, and the counters. */

import { assertEquals, assertThrows } from "@std/assert";
import { allocateCounters, DirectionCounters, readCounters } from "../../src/dataplane/counters.ts";
import {
  DROP_NO_BUFFER,
  DROP_REASONS,
  DROP_TAP_DOWN,
  type DropCode,
  NOT_DROPPED,
} from "../../src/dataplane/drop_reason.ts";
import { DecapForwarder } from "../../src/dataplane/decap_forwarder.ts";
import { EncapForwarder } from "../../src/dataplane/encap_forwarder.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { type FrameSink, SOURCE_GONE } from "../../src/dataplane/frame_port.ts";
import { FrameQueue } from "../../src/dataplane/frame_queue.ts";
import { ReceiveRow, TransmitRow } from "../../src/dataplane/session_row.ts";
import { ARP, descriptorOf, ethernetFrame, packetsOf } from "./sessions.ts";

const FRAME = ethernetFrame(ARP);

/** A sink that notes the runs it is given, and gives each frame the next fate of a list. */
class NotingSink implements FrameSink {
  readonly runs: number[] = [];
  readonly #fates: DropCode[];

  constructor(...fates: DropCode[]) {
    this.#fates = fates;
  }

  send(batch: FrameBatch, first: number, count: number): void {
    this.runs.push(count);
    for (let index = first; index < first + count; index++) {
      batch.drops[index] = this.#fates.shift() ?? NOT_DROPPED;
    }
  }
}

interface Encap {
  readonly forwarder: EncapForwarder;
  readonly memory: SharedArrayBuffer;
}

function encapTo(sink: FrameSink): Encap {
  const memory = allocateCounters();
  const forwarder = new EncapForwarder(new FrameBatch(8));
  forwarder.install(
    new TransmitRow(1, descriptorOf(), sink, new DirectionCounters(memory, "encap")),
  );
  forwarder.setTransmit(1, true);
  return { forwarder, memory };
}

function queueOf(...frames: Uint8Array[]): FrameQueue {
  const queue = new FrameQueue();
  queue.push(frames);
  return queue;
}

/** A decap forwarder with the sessions 1 and 2, whose Session IDs are their keys. */
function decapTo(sinks: readonly [FrameSink, FrameSink], memory = allocateCounters()) {
  const forwarder = new DecapForwarder(
    new FrameBatch(8),
    new DirectionCounters(allocateCounters(), "decap"),
  );
  for (const [index, sink] of sinks.entries()) {
    const key = index + 1;
    const descriptor = descriptorOf({ localSessionId: key });
    const counters = new DirectionCounters(memory, "decap");
    forwarder.install(new ReceiveRow(key, descriptor, 1, sink, counters));
  }
  return forwarder;
}

function sourceOf(...packets: Uint8Array[]) {
  const queue = queueOf(...packets);
  const receive = (batch: FrameBatch) => queue.receive(batch);
  return { key: 1, overUdp: true, unfinished: false, receive };
}

/** Packets for sessions by their ids; 9 is nobody's. */
function packetsFor(...ids: number[]): Uint8Array[] {
  return ids.map((remoteSessionId) => packetsOf(descriptorOf({ remoteSessionId }), [FRAME])[0]!);
}

Deno.test("a batch of one session leaves in one send", () => {
  const sink = new NotingSink();
  const { forwarder } = encapTo(sink);
  const queue = queueOf(...new Array<Uint8Array>(10).fill(FRAME));
  assertEquals([1, 2, 3].map(() => forwarder.turn(1, queue)), [8, 2, 0]);
  assertEquals(sink.runs, [8, 2]);
});

Deno.test("a frame that cannot be sent splits a batch, and the rest goes", () => {
  const sink = new NotingSink();
  const { forwarder, memory } = encapTo(sink);
  const runt = FRAME.subarray(0, 5);
  forwarder.turn(1, queueOf(runt, FRAME, FRAME, runt, runt, FRAME, runt));
  assertEquals(sink.runs, [2, 1]);
  assertEquals(readCounters(memory).drops.runt, 4);
});

Deno.test("what a sink refuses is counted by its reason, the rest as sent without its header", () => {
  const sink = new NotingSink(NOT_DROPPED, DROP_NO_BUFFER, NOT_DROPPED, DROP_NO_BUFFER);
  const { forwarder, memory } = encapTo(sink);
  forwarder.turn(1, queueOf(FRAME, FRAME, FRAME, FRAME));
  const { transmittedFrames, transmittedOctets, receivedFrames, drops } = readCounters(memory);
  assertEquals([transmittedFrames, transmittedOctets], [2, 2 * FRAME.length]);
  assertEquals([drops.noBuffer, receivedFrames], [2, 0]);
});

Deno.test("a source that is gone is told, and nothing is sent", () => {
  const sink = new NotingSink();
  const { forwarder } = encapTo(sink);
  assertEquals(forwarder.turn(1, { unfinished: false, receive: () => SOURCE_GONE }), SOURCE_GONE);
  assertEquals(sink.runs, []);
});

Deno.test("a session that was removed forwards nothing, and its frames stay where they are", () => {
  const { forwarder } = encapTo(new NotingSink());
  const queue = queueOf(FRAME);
  forwarder.remove(1);
  assertEquals(forwarder.turn(1, queue), 0);
  assertEquals(queue.take().length, 1);
  assertThrows(() => forwarder.setTransmit(1, true), RangeError, "session 1 is not installed");
});

Deno.test("an open gate survives an update, but not the loss of the peer's id [V3-DP-32]", () => {
  const sink = new NotingSink();
  const { forwarder, memory } = encapTo(sink);
  const update = (remoteSessionId: number) =>
    forwarder.install(
      new TransmitRow(
        1,
        descriptorOf({ remoteSessionId }),
        sink,
        new DirectionCounters(memory, "encap"),
      ),
    );
  update(77);
  forwarder.turn(1, queueOf(FRAME));
  assertEquals(sink.runs, [1]);
  update(0);
  forwarder.turn(1, queueOf(FRAME));
  assertEquals(sink.runs, [1]);
});

Deno.test("packets are delivered in runs of one session, in the order of arrival", () => {
  const sinks = [new NotingSink(), new NotingSink()] as const;
  const forwarder = decapTo(sinks);
  const packets = packetsFor(1, 1, 2, 9, 2, 2, 1, 9);
  assertEquals(forwarder.turn(sourceOf(...packets)), 8);
  assertEquals(sinks[0].runs, [2, 1]);
  assertEquals(sinks[1].runs, [1, 2]);
});

Deno.test("of a batch's packets for sessions that are not there one is told, by its place", () => {
  const strays: [number, number][] = [];
  const batch = new FrameBatch(8);
  const counters = new DirectionCounters(allocateCounters(), "decap");
  const forwarder = new DecapForwarder(batch, counters, {
    onStray: (key, start) => strays.push([key, start]),
  });
  const sink = new DirectionCounters(allocateCounters(), "decap");
  const known = descriptorOf({ localSessionId: 1 });
  forwarder.install(new ReceiveRow(1, known, 1, new NotingSink(), sink));
  for (const ids of [[1, 9, 8, 1], [1, 1], [9]]) forwarder.turn(sourceOf(...packetsFor(...ids)));
  assertEquals(strays, [[1, batch.packetStart(1)], [1, batch.packetStart(0)]]);
});

Deno.test("a TAP that is down costs its session the frames, and is counted [V3-DP-05]", () => {
  const memory = allocateCounters();
  const down = new NotingSink(DROP_TAP_DOWN, DROP_TAP_DOWN);
  decapTo([down, new NotingSink()], memory).turn(sourceOf(...packetsFor(1, 1, 1)));
  const { drops, receivedFrames } = readCounters(memory);
  assertEquals([drops.tapDown, receivedFrames], [2, 1]);
});

Deno.test("two sessions cannot have one Session ID, and a free one can be had again [V3-DP-01]", () => {
  const sinks = [new FrameQueue(), new FrameQueue()] as const;
  const forwarder = decapTo(sinks);
  const counters = new DirectionCounters(allocateCounters(), "decap");
  const claim = (key: number) =>
    forwarder.install(
      new ReceiveRow(key, descriptorOf({ localSessionId: 1 }), 1, sinks[1], counters),
    );
  assertThrows(() => claim(3), RangeError, "Session ID 1 is in use");
  forwarder.remove(1);
  claim(3);
  forwarder.turn(sourceOf(...packetsFor(1)));
  assertEquals([sinks[0].take().length, sinks[1].take().length], [0, 1]);
});

Deno.test("of keyed tunnels the socket tells which one, and nothing is taken elsewhere [K6-02]", () => {
  const sinks = [new FrameQueue(), new FrameQueue()] as const;
  const memory = allocateCounters();
  const forwarder = new DecapForwarder(new FrameBatch(8), new DirectionCounters(memory, "decap"));
  const counters = new DirectionCounters(allocateCounters(), "decap");
  const keyed = descriptorOf({ localSessionId: 0xffff_ffff });
  const install = (key: number, socketKey: number, sink: FrameSink) =>
    forwarder.install(new ReceiveRow(key, keyed, socketKey, sink, counters));
  install(1, 1, sinks[0]);
  install(2, 2, sinks[1]);
  assertThrows(() => install(3, 2, sinks[1]), RangeError, "in use by another session");
  const packets = packetsFor(0xffff_ffff, 0xffff_ffff);
  const turn = (key: number) => forwarder.turn(Object.assign(sourceOf(...packets), { key }));
  turn(2);
  assertEquals([sinks[0].take().length, sinks[1].take().length], [0, 2]);
  turn(1);
  assertEquals([sinks[0].take().length, sinks[1].take().length], [2, 0]);
  turn(3);
  assertEquals(readCounters(memory).drops.wrongTransport, 2);
  forwarder.remove(2);
  turn(2);
  assertEquals(readCounters(memory).drops.wrongTransport, 4);
});

Deno.test("a session that changes its Session ID is found by the new one only", () => {
  const sinks = [new FrameQueue(), new FrameQueue()] as const;
  const forwarder = decapTo(sinks);
  const counters = new DirectionCounters(allocateCounters(), "decap");
  const moved = descriptorOf({ localSessionId: 77 });
  forwarder.install(new ReceiveRow(1, moved, 1, sinks[0], counters));
  forwarder.turn(sourceOf(...packetsFor(1, 77, 2)));
  assertEquals([sinks[0].take().length, sinks[1].take().length], [1, 1]);
});

Deno.test("each direction's counters add to its own cells, and drops are the sum of both", () => {
  const memory = allocateCounters();
  const encap = new DirectionCounters(memory, "encap");
  const decap = new DirectionCounters(memory, "decap");
  encap.forwarded(3, 300);
  decap.forwarded(5, 5_000_000_000);
  decap.early();
  decap.lost(7);
  for (const [index] of DROP_REASONS.entries()) {
    for (let times = 0; times <= index; times++) encap.dropped(index + 1);
    decap.dropped(index + 1);
  }
  const { drops, ...frames } = readCounters(memory);
  assertEquals(frames, {
    receivedFrames: 5,
    receivedOctets: 5_000_000_000,
    transmittedFrames: 3,
    transmittedOctets: 300,
    earlyPackets: 1,
    lostPackets: 7,
  });
  assertEquals(Object.keys(drops), [...DROP_REASONS]);
  assertEquals(Object.values(drops), DROP_REASONS.map((_, index) => index + 2));
});
