/**
 * The kernel as the judge: super-frames of ours go into one TAP, and come out of another that knows
 * no offloads, taken apart by the kernel; out of a third, and of an interface that is a port, they
 * come whole and are taken apart by us. Needs root.
 */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Namespaces } from "../../../src/cli/namespaces.ts";
import { allocateCounters, DirectionCounters } from "../../../src/dataplane/counters.ts";
import { FrameBatch } from "../../../src/dataplane/frame_batch.ts";
import type { FrameSink, FrameSource } from "../../../src/dataplane/frame_port.ts";
import { Coalescer } from "../../../src/dataplane/offload/coalesce.ts";
import { OFFLOAD_HEADER_OCTETS } from "../../../src/dataplane/offload/offload_header.ts";
import {
  LONGEST_SUPER_FRAME,
  OffloadTapSink,
  OffloadTapSource,
  TapSource,
} from "../../../src/dataplane/tap_port.ts";
import { FrameGatherer, FrameReader, type SlotReader } from "../../../src/io/frame_transfer.ts";
import type { PacketDescriptor } from "../../../src/io/packet_descriptor.ts";
import { openPacketPort, TaggedFrameReader } from "../../../src/io/packet_port.ts";
import { openTap, type Tap } from "../../../src/io/tap.ts";
import { testRequiring } from "../../harness/requires.ts";
import { eventually } from "../../harness/eventually.ts";
import { TAP_NEEDS } from "../../io/needs.ts";
import {
  anyFlow,
  anyFlowWithOptions,
  CWR,
  type Flow,
  frameOf,
  segmentsOf,
  superFrameHeader,
} from "./frames.ts";

/** Beside the kind of a super-frame whose first segment alone has CWR; see virtio_net.h. */
const ECN = 0x80;

/** Where frames go into the switch. */
type Entrance = "tap" | "port";

/**
 * Three TAPs and an interface's line at a bridge that knows none of their hosts: what goes into one
 * comes out of the others.
 */
class Switch implements Disposable {
  readonly #sinks: Readonly<Record<Entrance, FrameSink>>;
  readonly #gatherer: FrameGatherer;
  readonly #batch = new FrameBatch();
  readonly #taps: readonly [Tap, Tap, Tap];
  readonly #port: PacketDescriptor;
  readonly #sources: readonly FrameSource[];

  private constructor(taps: readonly [Tap, Tap, Tap], port: PacketDescriptor) {
    const [into, plain, offloaded] = taps;
    const batch = this.#batch;
    this.#taps = taps;
    this.#gatherer = new FrameGatherer(batch, OFFLOAD_HEADER_OCTETS, batch.slots);
    const sinkTo = (fd: number) => new OffloadTapSink(fd, this.#gatherer, new Coalescer());
    this.#sinks = { tap: sinkTo(into.descriptor.number), port: sinkTo(port.descriptor.number) };
    this.#port = port;
    const reader = new FrameReader(batch, {
      before: OFFLOAD_HEADER_OCTETS,
      longest: LONGEST_SUPER_FRAME,
    });
    const taggedReader = new TaggedFrameReader(batch, LONGEST_SUPER_FRAME);
    const counters = new DirectionCounters(allocateCounters(), "encap");
    const ours = (fd: number, from: SlotReader) =>
      new OffloadTapSource(fd, from, counters, "ethernet");
    this.#sources = [
      new TapSource(plain.descriptor.number, new FrameReader(batch)),
      ours(offloaded.descriptor.number, reader),
      ours(port.descriptor.number, taggedReader),
    ];
  }

  static async open(namespaces: Namespaces): Promise<Switch> {
    const namespace = await namespaces.add("switch");
    const quiet = "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6";
    await namespaces.run(namespace, ["sh", "-c", quiet]);
    const taps = [
      openTap({ name: "into", namespace, offloadHeader: true }),
      openTap({ name: "plain", namespace }),
      openTap({ name: "offloaded", namespace, offloadHeader: true }),
    ] as const;
    taps[2].enableOffloads();
    await namespaces.ipBatch(namespace, [
      "link add br0 type bridge mcast_snooping 0",
      ...taps.map(({ name }) => `link set ${name} mtu 9000 master br0 up`),
      "link add out type veth peer name port",
      "link set port mtu 9000 up",
      "link set out mtu 9000 master br0 up",
      "link set br0 up",
    ]);
    return new Switch(taps, openPacketPort("port", namespace));
  }

  /** Frames, joined by us where they can be. */
  write(frames: readonly Uint8Array[], entrance: Entrance): void {
    for (const [index, frame] of frames.entries()) this.#batch.place(index, frame);
    this.#sinks[entrance].send(this.#batch, 0, frames.length);
    assertEquals(this.#batch.drops.subarray(0, frames.length).some((drop) => drop !== 0), false);
  }

  /** A flow's super-frame, as a kernel would hand it over. */
  writeWhole(flow: Flow): void {
    const header = superFrameHeader(flow);
    if (flow.tcp && (flow.flags & CWR) !== 0) header.kind |= ECN;
    header.write(this.#gatherer.header, 0);
    const frame = frameOf(flow, flow.payload, false);
    const start = this.#batch.packetStart(0);
    this.#batch.octets.set(frame, start);
    this.#gatherer.begin();
    this.#gatherer.add(start, frame.length);
    const written = this.#gatherer.write(this.#taps[0].descriptor.number);
    assertEquals(written, OFFLOAD_HEADER_OCTETS + frame.length);
  }

  /** Sees that so much comes out by the kernel's segmentation, and by ours wherever it has not come in. */
  async assertOut(expected: readonly Uint8Array[], entrance: Entrance): Promise<void> {
    const sources = entrance === "tap" ? this.#sources : this.#sources.slice(0, -1);
    const out: Uint8Array[][] = sources.map(() => []);
    await eventually(() => {
      for (const [index, source] of sources.entries()) this.#drain(source, out[index]!);
      return out.every(({ length }) => length >= expected.length);
    }, `${expected.length} frames at each exit`);
    for (const frames of out) assertEquals(frames, expected);
  }

  [Symbol.dispose](): void {
    this.#port.descriptor.close();
    for (const tap of this.#taps) tap.close();
  }

  #drain(source: FrameSource, frames: Uint8Array[]): void {
    for (;;) {
      const count = source.receive(this.#batch);
      if (count <= 0 && !source.unfinished) return;
      for (let index = 0; index < count; index++) frames.push(this.#batch.copy(index));
    }
  }
}

/** Longer than a segment: the kernel takes a single one for no super-frame. */
const anyStream = anyFlowWithOptions.filter(({ payload, segmentSize }) =>
  payload.length > segmentSize
);

testRequiring(
  TAP_NEEDS,
  "super-frames become the same octets by the kernel's segmentation and by ours, both ways",
  async (t) => {
    await using namespaces = new Namespaces("lw-judge");
    using between = await Switch.open(namespaces);
    await t.step("super-frames of every kind of flow", async () => {
      const carriesWhole = fc.asyncProperty(anyStream, async (flow) => {
        between.writeWhole(flow);
        await between.assertOut(segmentsOf(flow), "tap");
      });
      await fc.assert(carriesWhole, { numRuns: 300 });
    });
    for (const entrance of ["tap", "port"] as const) {
      await t.step(
        `frames that were joined, and those that were not, into a ${entrance}`,
        async () => {
          const anyStreams = fc.array(fc.oneof(anyFlow, anyFlowWithOptions), {
            minLength: 1,
            maxLength: 5,
          });
          const carriesJoined = fc.asyncProperty(anyStreams, async (flows) => {
            const frames = flows.flatMap(segmentsOf);
            between.write(frames, entrance);
            await between.assertOut(frames, entrance);
          });
          await fc.assert(carriesJoined, { numRuns: 200 });
        },
      );
    }
  },
);
