/**
 * Two sessions joined in the data plane: what the one receives leaves by the other, in order, and the
 * main thread sees nothing of it.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { type Dataplane, openDataplane } from "../../src/dataplane/dataplane.ts";
import { openDataSocket } from "../../src/dataplane/steering.ts";
import type { DatagramSocket } from "../../src/io/datagram_socket.ts";
import type { ReorderLimits } from "../../src/model/sequence_limits.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { eventually } from "../harness/eventually.ts";
import { ARP, descriptorOf, ethernetFrame, packetsOf, v2DescriptorOf } from "./sessions.ts";

/** How the sessions of both hops are. */
interface Hops {
  readonly workers: number;
  readonly first: Partial<SessionDescriptor>;
  readonly second: Partial<SessionDescriptor>;
  /** Default: packets pass at once. */
  readonly reorder?: ReorderLimits;
}

const V2_HOP: Partial<SessionDescriptor> = { ...v2DescriptorOf(), transmitSequencing: "all" };
const NUMBERED_HOP: Partial<SessionDescriptor> = {
  pseudowire: "ppp",
  receiveCookie: new Uint8Array(8).fill(7),
  transmitCookie: new Uint8Array(8).fill(7),
  receiveSublayer: "default",
  transmitSublayer: "default",
  receiveSequencing: "all",
  transmitSequencing: "all",
};

/**
 * Sessions 1 to 4 of one data plane, each with a socket of its own: 1 and 2 face each other, as do
 * 3 and 4; 2 and 3 are to be joined.
 */
class Chain implements AsyncDisposable {
  readonly dataplane: Dataplane;
  readonly received: Uint8Array[][] = [[], [], [], []];
  readonly #sockets: readonly DatagramSocket[];

  private constructor(workers: number) {
    this.dataplane = openDataplane({ workers });
    this.#sockets = [1, 2, 3, 4].map(() =>
      openDataSocket({ encapsulation: "udp", address: "127.0.0.1", port: 0 })
    );
  }

  static async open({ workers, first, second, reorder }: Hops): Promise<Chain> {
    const chain = new Chain(workers);
    for (const [index, socket] of chain.#sockets.entries()) {
      await chain.dataplane.addSocket({
        key: index + 1,
        fd: socket.descriptor.number,
        aggregates: socket.enableAggregation(),
        segments: true,
        encapsulation: "udp",
        family: "ipv4",
      });
    }
    for (const key of [1, 2, 3, 4]) {
      await chain.#install(key, key < 3 ? first : second, reorder);
    }
    return chain;
  }

  descriptor(key: number, changes: Partial<SessionDescriptor>): SessionDescriptor {
    const facing = [2, 1, 4, 3][key - 1]!;
    const [local, remote] = [key, facing].map((each) => this.#sockets[each - 1]!.local);
    return descriptorOf({
      ...changes,
      path: { encapsulation: "udp", local: local!, remote: remote! },
      localSessionId: key,
      remoteSessionId: facing,
      ...(changes.version === 2 ? { localTunnelId: key, remoteTunnelId: facing } : {}),
    });
  }

  async #install(
    key: number,
    changes: Partial<SessionDescriptor>,
    reorder: ReorderLimits | undefined,
  ): Promise<void> {
    await this.dataplane.installSession({
      key,
      descriptor: this.descriptor(key, changes),
      socketKey: key,
      port: { kind: "streams", onFrames: (frames) => this.received[key - 1]!.push(...frames) },
      transmit: true,
      reorder,
    });
  }

  /** Sends to session 2 what session 1 would send, each second packet before the one it follows. */
  sendSwapped(changes: Partial<SessionDescriptor>, frames: Uint8Array[]): void {
    const packets = packetsOf(this.descriptor(1, changes), frames);
    const [from, to] = this.#sockets;
    for (const index of packets.keys()) {
      const error = from!.send(packets[index ^ 1]!, from!.local, to!.local);
      assertEquals(error, 0);
    }
  }

  async join(): Promise<void> {
    await this.dataplane.passOn(2, 3);
    await this.dataplane.passOn(3, 2);
  }

  /** Sends frames into one end, and answers what comes out of the other. */
  async carry(from: 1 | 4, frames: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const out = this.received[from === 1 ? 3 : 0]!;
    await this.dataplane.transmitFrames(from, frames);
    await eventually(() => out.length >= frames.length, `${out.length} of ${frames.length} frames`);
    return out.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dataplane.close();
    for (const socket of this.#sockets) socket.close();
  }
}

/** An Ethernet frame that can be told from others. */
function numberedFrame(number: number): Uint8Array {
  const frame = ethernetFrame(ARP);
  new DataView(frame.buffer).setUint32(14, number);
  return frame;
}

/** A PPP frame of IPv4 and that length. */
function pppFrame(seed: number, length: number): Uint8Array {
  const frame = new Uint8Array(length).fill(seed);
  frame.set([0xff, 0x03, 0x00, 0x21]);
  return frame;
}

for (const workers of [1, 3]) {
  Deno.test(`frames pass through joined sessions in order, and past the main thread, with workers: ${workers}`, async () => {
    await using chain = await Chain.open({ workers, first: V2_HOP, second: NUMBERED_HOP });
    await chain.join();
    const alike = Array.from({ length: 100 }, (_, index) => pppFrame(index, 1400));
    const others = Array.from({ length: 100 }, (_, index) => pppFrame(index, 5 + 13 * index));
    for (const frames of [alike, others]) {
      assertEquals(await chain.carry(1, frames), frames);
      assertEquals(await chain.carry(4, frames), frames);
    }
    assertEquals([chain.received[1], chain.received[2]], [[], []]);
    const counters = [2, 3].map((key) => chain.dataplane.counters(key));
    for (const { receivedFrames, transmittedFrames, drops } of counters) {
      assertEquals([receivedFrames, transmittedFrames], [200, 200]);
      assertEquals(Object.values(drops).filter((count) => count > 0), []);
    }
  });
}

for (const workers of [1, 2, 3]) {
  Deno.test(`packets for a joined session wait for their turn, with workers: ${workers}`, async () => {
    const first: Partial<SessionDescriptor> = { ...NUMBERED_HOP, pseudowire: "ethernet" };
    const reorder = { frames: 8, timeMs: 10_000 };
    await using chain = await Chain.open({ workers, first, second: {}, reorder });
    await chain.join();
    const frames = Array.from({ length: 40 }, (_, number) => numberedFrame(number));
    chain.sendSwapped(first, frames);
    const out = chain.received[3]!;
    await eventually(() => out.length >= frames.length, `${out.length} frames`);
    assertEquals(out, frames);
    assertEquals(chain.received[1], []);
    const { drops } = chain.dataplane.counters(2);
    assertEquals(Object.values(drops).filter((count) => count > 0), []);
  });
}

Deno.test("what comes for a session whose other one is gone is counted", async () => {
  await using chain = await Chain.open({ workers: 1, first: {}, second: {} });
  await chain.join();
  await chain.dataplane.removeSession(3);
  await chain.dataplane.transmitFrames(1, [ethernetFrame(ARP), ethernetFrame(ARP)]);
  const dropped = () => chain.dataplane.counters(2).drops["unknownSession"];
  await eventually(() => dropped() === 2, "two frames are dropped");
});

Deno.test("sessions stay joined with other descriptors, and where a third is not there", async () => {
  await using chain = await Chain.open({ workers: 3, first: {}, second: {} });
  await chain.join();
  const { dataplane } = chain;
  assertEquals(await chain.carry(1, [ethernetFrame(1)]), [ethernetFrame(1)]);
  const cookie = new Uint8Array(4).fill(9);
  const guarded = { receiveCookie: cookie, transmitCookie: cookie };
  for (const key of [1, 2]) await dataplane.updateSession(key, chain.descriptor(key, guarded));
  assertEquals(await chain.carry(1, [ethernetFrame(3)]), [ethernetFrame(3)]);
  await assertRejects(() => dataplane.passOn(2, 9), RangeError, "session 9 is not there");
  await assertRejects(() => dataplane.passOn(9, 2), RangeError, "session 9 is not there");
  assertEquals(await chain.carry(4, [ethernetFrame(2)]), [ethernetFrame(2)]);
});
