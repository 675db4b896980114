/**
 * Where the time of a frame goes: 64 KiB of TCP, in 47 segments, from a TAP to a socket and from a
 * socket to a TAP, step by step, with the system calls. `deno task bench` ends with it.
 *
 * Each step is timed alone, over and over; the median counts. A TAP takes root, and without it its
 * two rows are missing. What the host's own stack does behind the TAP is not in it.
 */

import { Namespaces } from "../../src/cli/namespaces.ts";
import { allocateCounters, DirectionCounters } from "../../src/dataplane/counters.ts";
import { DecapForwarder, type NetworkSource } from "../../src/dataplane/decap_forwarder.ts";
import { EncapForwarder } from "../../src/dataplane/encap_forwarder.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import type { FrameSink } from "../../src/dataplane/frame_port.ts";
import { DecapPorts, EncapPorts } from "../../src/dataplane/kernel_port.ts";
import { sumOctets } from "../../src/dataplane/offload/checksum.ts";
import { Coalescer } from "../../src/dataplane/offload/coalesce.ts";
import { OFFLOAD_HEADER_OCTETS } from "../../src/dataplane/offload/offload_header.ts";
import { Segmentation } from "../../src/dataplane/offload/segment.ts";
import { ReceiveRow, TransmitRow } from "../../src/dataplane/session_row.ts";
import { SendingSocket } from "../../src/dataplane/socket_sink.ts";
import { LONGEST_SUPER_FRAME } from "../../src/dataplane/tap_port.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { FrameReader } from "../../src/io/frame_transfer.ts";
import { openTap } from "../../src/io/tap.ts";
import { frameOf, segmentsOf, superFrameHeader } from "../dataplane/offload/frames.ts";
import { descriptorOf } from "../dataplane/sessions.ts";
import { FLOW, SEGMENT_OCTETS, SEGMENTS } from "./tcp_flow.ts";

const HEADERS_OCTETS = 14 + 20 + 32;
const WARM_UP = 500;
const ROUNDS = 2_000;

/** One step, and what it takes of each frame. */
interface Step {
  readonly name: string;
  readonly nanoseconds: number;
  /** It is a part of the step before, and counted there. */
  readonly isPart?: boolean;
}

/** The median time of `step` for each frame, in nanoseconds; `prepare` is not timed. */
function timed(name: string, step: () => void, prepare: () => void = () => {}): Step {
  const times = new Float64Array(ROUNDS);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    prepare();
    const from = performance.now();
    step();
    if (round >= 0) times[round] = performance.now() - from;
  }
  const median = times.sort()[ROUNDS / 2]!;
  return { name, nanoseconds: median * 1e6 / SEGMENTS };
}

const NOWHERE: FrameSink = {
  send: (batch: FrameBatch, first: number, count: number) => batch.settle(first, count),
};

/** Every socket here has room. */
const NO_WAIT = () => false;

/** A source that says again what lies in the batch. */
function again(lay: () => void): NetworkSource {
  const receive = () => {
    lay();
    return SEGMENTS;
  };
  return { key: 1, overUdp: true, unfinished: false, receive };
}

function segmenting(): readonly Step[] {
  const batch = new FrameBatch();
  const header = superFrameHeader(FLOW);
  const start = batch.packetStart(0);
  const superFrame = frameOf(FLOW, FLOW.payload, false);
  batch.octets.set(superFrame, start);
  const segmentation = new Segmentation();
  const segment = timed("segment, checksums included", () => {
    segmentation.begin(batch, start, superFrame.length, header);
    for (let index = 0; segmentation.pending; index++) segmentation.next(batch, index);
  });
  return [segment, { ...summing("of it checksums", batch, start), isPart: true }];
}

function summing(name: string, batch: FrameBatch, start: number): Step {
  return timed(name, () => {
    for (let index = 0; index < SEGMENTS; index++) {
      const at = start + HEADERS_OCTETS + index * SEGMENT_OCTETS;
      sumOctets(batch, at, SEGMENT_OCTETS);
    }
  });
}

function encapsulating(): Step {
  const batch = new FrameBatch();
  const counters = new DirectionCounters(allocateCounters(), "encap");
  const forwarder = new EncapForwarder(batch);
  forwarder.install(new TransmitRow(1, descriptorOf(), NOWHERE, counters));
  forwarder.setTransmit(1, true);
  const frames = segmentsOf(FLOW);
  const source = again(() => locate(batch, frames, 0));
  return timed("encapsulate", () => void forwarder.turn(1, source));
}

function decapsulating(): Step {
  const batch = new FrameBatch();
  const counters = new DirectionCounters(allocateCounters(), "decap");
  const forwarder = new DecapForwarder(batch, counters);
  const descriptor = descriptorOf({ localSessionId: 7 });
  forwarder.install(new ReceiveRow(1, descriptor, 1, NOWHERE, counters));
  const packets = segmentsOf(FLOW).map((frame) => Uint8Array.of(0, 3, 0, 0, 0, 0, 0, 7, ...frame));
  for (const [index, packet] of packets.entries()) batch.place(index, packet);
  const source = again(() => locate(batch, packets, 0));
  return timed("decapsulate", () => void forwarder.turn(source));
}

function locate(batch: FrameBatch, frames: readonly Uint8Array[], first: number): void {
  for (let index = first; index < frames.length; index++) {
    batch.locate(index, batch.packetStart(index), frames[index]!.length);
  }
}

function coalescing(): readonly [join: Step, ...parts: Step[]] {
  const batch = new FrameBatch();
  for (const [index, frame] of segmentsOf(FLOW).entries()) batch.place(index, frame);
  const coalescer = new Coalescer();
  const join = timed(
    "coalesce, checksums included",
    () => void coalescer.join(batch, 0, SEGMENTS),
    () => coalescer.undo(batch.view),
  );
  return [join, { ...summing("of it checksums", batch, batch.packetStart(0)), isPart: true }];
}

/** Sends to a socket of this host, and receives there: the network between is the kernel's loopback. */
function networking(): readonly [send: Step, receive: Step] {
  const open = () =>
    openDatagramSocket({ kind: "udp", address: "127.0.0.1", receiveBuffer: 1 << 22 });
  using sender = open();
  using receiver = open();
  const binding = { key: 1, encapsulation: "udp", family: "ipv4" } as const;
  const sending = new FrameBatch();
  for (const [index, frame] of segmentsOf(FLOW).entries()) sending.place(index, frame);
  const path = { encapsulation: "udp", local: sender.local, remote: receiver.local } as const;
  const fd = sender.descriptor.number;
  const socket = new SendingSocket({ ...binding, fd, segments: sender.canSegment() });
  const sink = new EncapPorts(sending, NO_WAIT).socketSink(socket, path);
  const receiving = new FrameBatch();
  const source = new DecapPorts(receiving).socketSource({
    ...binding,
    fd: receiver.descriptor.number,
    aggregates: receiver.enableAggregation(),
  });
  const drain = () => {
    for (let left = SEGMENTS; left > 0;) left -= source.receive(receiving);
  };
  const send = () => sink.send(sending, 0, SEGMENTS);
  const sent = timed("sendmmsg, through to the other socket", () => {
    send();
  }, makeAfterFirst(drain));
  drain();
  return [sent, timed("recvmmsg", drain, send)];
}

/** There is nothing to take away before the first round. */
function makeAfterFirst(action: () => void): () => void {
  let isFirst = true;
  return () => {
    if (!isFirst) action();
    isFirst = false;
  };
}

/**
 * A TAP gives what a socket of its namespace sends into it, and takes what nobody there wants; what
 * is written is coalesced first, which is in that step.
 */
async function tapping(): Promise<readonly [read: Step, write: Step]> {
  await using namespaces = new Namespaces("lw-bench");
  const lan = await namespaces.add("lan");
  using tap = openTap({ name: "lw0", namespace: lan, offloadHeader: true });
  tap.enableOffloads();
  await namespaces.ip(lan, "link", "set", "lw0", "mtu", "1500", "up");
  await namespaces.ip(lan, "address", "add", "10.91.0.1/24", "dev", "lw0");
  const neighbour = ["10.91.0.2", "lladdr", "02:00:00:00:00:02", "dev", "lw0"];
  await namespaces.ip(lan, "neighbour", "add", ...neighbour);
  using host = openDatagramSocket({ kind: "udp", address: "10.91.0.1", namespace: lan });
  const batch = new FrameBatch();
  const frames = segmentsOf(FLOW);
  for (const [index, frame] of frames.entries()) batch.place(index, frame);
  const remote = { address: "10.91.0.2", port: 9 };
  const path = { encapsulation: "udp", local: host.local, remote } as const;
  const socket = new SendingSocket({
    key: 1,
    encapsulation: "udp",
    family: "ipv4",
    fd: host.descriptor.number,
    segments: host.canSegment(),
  });
  const fill = new EncapPorts(batch, NO_WAIT).socketSink(socket, path);
  const reader = new FrameReader(new FrameBatch(), {
    before: OFFLOAD_HEADER_OCTETS,
    longest: LONGEST_SUPER_FRAME,
  });
  const fd = tap.descriptor.number;
  const empty = () => {
    while (reader.read(fd, 0) > 0);
  };
  empty();
  const read = timed("read from the TAP", empty, () => fill.send(batch, 0, SEGMENTS));
  const tapBinding = { kind: "tap", fd, offloads: true, coalesces: true } as const;
  const sink = new DecapPorts(batch).sinks.sinkOf(tapBinding);
  const write = timed(
    "write to the TAP",
    () => sink.send(batch, 0, SEGMENTS),
    () => frames.forEach((frame, index) => batch.place(index, frame)),
  );
  return [read, write];
}

/** A step that was timed with another, alone. */
function without(step: Step, other: Step): Step {
  return { ...step, nanoseconds: step.nanoseconds - other.nanoseconds };
}

/** Rows with each step's share. */
function show(title: string, steps: readonly Step[]): void {
  const total = steps.reduce((sum, step) => step.isPart === true ? sum : sum + step.nanoseconds, 0);
  console.log(`\n${title}`);
  for (const { name, nanoseconds } of [...steps, { name: "together", nanoseconds: total }]) {
    const share = `${Math.round(100 * nanoseconds / total)} %`;
    console.log(`  ${name.padEnd(40)}${nanoseconds.toFixed(0).padStart(7)} ns${share.padStart(7)}`);
  }
}

if (import.meta.main) {
  const tap = Deno.uid() === 0 ? await tapping() : undefined;
  const [send, receive] = networking();
  console.log(`Where the time of a frame goes: TCP in ${SEGMENTS} segments of ${SEGMENT_OCTETS}`);
  show("from the TAP to the network", [
    ...(tap === undefined ? [] : [tap[0]]),
    ...segmenting(),
    encapsulating(),
    send,
  ]);
  const [join, ...parts] = coalescing();
  show("from the network to the TAP", [
    receive,
    decapsulating(),
    join,
    ...parts,
    ...(tap === undefined ? [] : [without(tap[1], join)]),
  ]);
}
