/**
 * Real workers between loopback sockets and streams: no root, no TAP. Shows how workers are
 * commanded, what they refuse, and that nothing is left when they have gone.
 */

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import {
  type Dataplane,
  type MisroutedControl,
  openDataplane,
  type Stray,
} from "../../src/dataplane/dataplane.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { DestinationTable } from "../../src/io/destination_table.ts";
import { TransmitBatch } from "../../src/io/transmit_batch.ts";
import { openDataSocket } from "../../src/dataplane/steering.ts";
import type { DatagramSocket } from "../../src/io/datagram_socket.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { openDescriptors } from "../io/descriptors.ts";
import { eventually } from "../harness/eventually.ts";
import { ARP, descriptorOf, ethernetFrame } from "./sessions.ts";

const FRAME = ethernetFrame(ARP);

/** Two data sockets of one data plane on loopback, and sessions 1 and 2 that face each other. */
class Loopback implements AsyncDisposable {
  readonly dataplane: Dataplane;
  readonly sockets: readonly DatagramSocket[];
  readonly received: Uint8Array[][] = [[], []];
  readonly punted: Uint8Array[][] = [[], []];
  readonly faults: string[] = [];
  readonly strays: Stray[] = [];
  readonly controls: MisroutedControl[] = [];

  private constructor() {
    this.dataplane = openDataplane({
      onFault: (error) => this.faults.push(error.message),
      onStray: (stray) => this.strays.push(stray),
      onControl: (control) => this.controls.push(control),
    });
    this.sockets = [1, 2].map(() =>
      openDataSocket({ encapsulation: "udp", address: "127.0.0.1", port: 0 })
    );
  }

  static async open({ aggregates = false } = {}): Promise<Loopback> {
    const loopback = new Loopback();
    for (const [index, socket] of loopback.sockets.entries()) {
      await loopback.dataplane.addSocket({
        key: index + 1,
        fd: socket.descriptor.number,
        aggregates: aggregates && socket.enableAggregation(),
        encapsulation: "udp",
        family: "ipv4",
      });
    }
    return loopback;
  }

  /** The session of one end: its Session ID is its key. */
  descriptor(end: 0 | 1, changes: Partial<SessionDescriptor> = {}): SessionDescriptor {
    const local = this.sockets[end]!.local;
    const remote = this.sockets[1 - end]!.local;
    const path = { encapsulation: "udp", local, remote } as const;
    return descriptorOf({ path, localSessionId: end + 1, remoteSessionId: 2 - end, ...changes });
  }

  install(end: 0 | 1, changes: Partial<SessionDescriptor> = {}): Promise<void> {
    return this.dataplane.installSession({
      key: end + 1,
      descriptor: this.descriptor(end, changes),
      socketKey: end + 1,
      port: { kind: "streams", onFrames: (frames) => this.received[end]!.push(...frames) },
      onPunt: (frames) => this.punted[end]!.push(...frames),
      transmit: true,
    });
  }

  async arrived(end: 0 | 1, count: number): Promise<Uint8Array[]> {
    const frames = this.received[end]!;
    await eventually(() => frames.length >= count, `${count} frames at end ${end}`);
    return frames.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dataplane.close();
    for (const socket of this.sockets) socket.close();
  }
}

Deno.test("frames pass both ways between streams, octet for octet", async () => {
  await using loopback = await Loopback.open();
  await loopback.install(0);
  await loopback.install(1);
  const there = [60, 14, 1514, 9018].map((length) => ethernetFrame(ARP, length));
  await loopback.dataplane.transmitFrames(1, there);
  assertEquals(await loopback.arrived(1, 4), there);
  await loopback.dataplane.transmitFrames(2, [FRAME]);
  assertEquals(await loopback.arrived(0, 1), [FRAME]);
  const { transmittedFrames, transmittedOctets, receivedFrames } = loopback.dataplane.counters(1);
  assertEquals([transmittedFrames, transmittedOctets, receivedFrames], [4, 10_606, 1]);
});

Deno.test("many frames at once arrive whole and in order", async () => {
  await using loopback = await Loopback.open();
  await loopback.install(0);
  await loopback.install(1);
  const frames = Array.from({ length: 1000 }, (_, index) => ethernetFrame(index, 20 + index));
  await loopback.dataplane.transmitFrames(1, frames);
  assertEquals(await loopback.arrived(1, 1000), frames);
});

Deno.test("a wrong cookie: nothing passes, everything is counted [V3-DP-05]", async () => {
  await using loopback = await Loopback.open();
  await loopback.install(0, { transmitCookie: new Uint8Array(8).fill(1) });
  await loopback.install(1, { receiveCookie: new Uint8Array(8).fill(2) });
  await loopback.dataplane.transmitFrames(1, [FRAME, FRAME, FRAME]);
  await eventually(() => loopback.dataplane.counters(2).drops.cookie === 3, "three drops");
  assertEquals(loopback.received[1], []);
});

Deno.test("what is no session's is counted for the worker [V3-DP-05]", async () => {
  await using loopback = await Loopback.open();
  await loopback.install(0);
  await loopback.dataplane.transmitFrames(1, [FRAME, FRAME]);
  const unknown = () => loopback.dataplane.workerCounters().drops.unknownSession;
  await eventually(() => unknown() === 2, "two packets for no session");
});

Deno.test("of who sends to a session that is not there the main thread is told, and not packet by packet", async () => {
  for (const aggregates of [false, true]) {
    await using loopback = await Loopback.open({ aggregates });
    await loopback.install(0);
    const [sender] = loopback.sockets;
    await loopback.dataplane.transmitFrames(1, new Array(200).fill(FRAME));
    const unknown = () => loopback.dataplane.workerCounters().drops.unknownSession;
    await eventually(() => unknown() === 200, "200 packets for no session");
    await eventually(() => loopback.strays.length > 0, "a report");
    const { socketKey, remote, local } = loopback.strays[0]!;
    assertEquals([socketKey, remote, local], [2, sender!.local, undefined]);
    assertLess(loopback.strays.length, 100);
  }
});

Deno.test("a control message aggregated with data is told of, octet for octet", async () => {
  await using loopback = await Loopback.open({ aggregates: true });
  const [sender, receiver] = loopback.sockets;
  await loopback.install(1);
  const batch = new FrameBatch(2);
  const destinations = new DestinationTable(1);
  destinations.set(0, "127.0.0.1", receiver!.local);
  const messages = new TransmitBatch(batch, 1, destinations, 2);
  const data = Uint8Array.of(0, 3, 0, 0, 0, 0, 0, 2, ...FRAME);
  const control = Uint8Array.from(data, (octet, index) => index === 0 ? 0xc8 : octet);
  messages.begin(0, data.length);
  for (const [index, packet] of [data, control].entries()) {
    batch.place(index, packet);
    messages.add(batch.starts[index]!, packet.length);
  }
  assertEquals(messages.flush(sender!.descriptor.number), 1);
  await loopback.arrived(1, 1);
  await eventually(() => loopback.controls.length > 0, "a report");
  const { socketKey, remote, local, octets } = loopback.controls[0]!;
  assertEquals([socketKey, remote, local], [2, sender!.local, undefined]);
  assertEquals(octets, control);
});

Deno.test("a flood of control messages by a data socket does not reach the main thread", async () => {
  await using loopback = await Loopback.open();
  const [sender, receiver] = loopback.sockets;
  const control = Uint8Array.of(0xc8, 3, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0);
  const dropped = () => loopback.dataplane.workerCounters().drops.control ?? 0;
  const begunAt = performance.now();
  // Each arrives before the next is sent: in a batch of its own, of which each would be told.
  for (let sent = 1; sent <= 400; sent++) {
    assertEquals(sender!.send(control, sender!.local, receiver!.local), 0);
    while (dropped() < sent);
  }
  await loopback.dataplane.probe();
  const seconds = (performance.now() - begunAt) / 1000;
  assert(loopback.controls.length >= 64);
  assertLess(loopback.controls.length, Math.min(64 + 256 * seconds + 1, 400));
});

Deno.test("an update changes what is sent, and the gate closes and opens [V3-SLI-05]", async () => {
  await using loopback = await Loopback.open();
  const { dataplane } = loopback;
  const cookie = new Uint8Array(4).fill(9);
  await loopback.install(0);
  await loopback.install(1, { receiveCookie: cookie });
  await dataplane.updateSession(1, loopback.descriptor(0, { transmitCookie: cookie }));
  await dataplane.transmitFrames(1, [FRAME]);
  await loopback.arrived(1, 1);
  await dataplane.setTransmit(1, false);
  await dataplane.transmitFrames(1, [FRAME]);
  assertEquals(dataplane.counters(1).drops.transmitClosed, 1);
  await dataplane.setTransmit(1, true);
  await dataplane.transmitFrames(1, [FRAME]);
  await loopback.arrived(1, 1);
});

Deno.test("an update to another path sends there from the next frame on", async () => {
  await using loopback = await Loopback.open();
  await loopback.install(0);
  await loopback.install(1);
  using elsewhere = openDataSocket({ encapsulation: "udp", address: "127.0.0.1", port: 0 });
  const { path, ...rest } = loopback.descriptor(0);
  const moved = { ...rest, path: { ...path, remote: elsewhere.local } };
  await loopback.dataplane.updateSession(1, moved);
  await loopback.dataplane.transmitFrames(1, [FRAME]);
  assertEquals(elsewhere.receive()?.octets.length, 8 + FRAME.length);
});

Deno.test("what cannot be installed is refused, and is not there afterwards", async () => {
  await using loopback = await Loopback.open();
  const { dataplane } = loopback;
  await loopback.install(0);
  await assertRejects(() => loopback.install(0), RangeError, "session 1 is installed already");
  await assertRejects(
    () => loopback.install(1, { localSessionId: 1 }),
    RangeError,
    "Session ID 1 is in use",
  );
  await assertRejects(
    () => loopback.install(1, { remoteSessionId: 0 }),
    RangeError,
    "the peer's Session ID is not known",
  );
  await assertRejects(
    () => dataplane.addSocket({ key: 1, fd: 0, encapsulation: "udp", family: "ipv4" }),
    RangeError,
    "socket 1 is there already",
  );
  await assertRejects(() => dataplane.setTransmit(2, true), RangeError, "session 2");
  await loopback.install(1);
  await dataplane.transmitFrames(2, [FRAME]);
  await loopback.arrived(0, 1);
});

Deno.test("PPP's packets pass between streams once they may, its control frames always [PPP-04]", async () => {
  await using loopback = await Loopback.open();
  const { dataplane } = loopback;
  const ppp = { version: 2, pseudowire: "ppp", framing: "routed" } as const;
  await loopback.install(0, { ...ppp, localTunnelId: 5, remoteTunnelId: 6 });
  await loopback.install(1, { ...ppp, localTunnelId: 6, remoteTunnelId: 5 });
  const packet = new Uint8Array(20).fill(0x45);
  const request = Uint8Array.of(0xff, 3, 0xc0, 0x21, 1, 1, 0, 4);
  await dataplane.transmitFrames(1, [packet]);
  await dataplane.transmitPayloads(1, [request]);
  await eventually(() => loopback.punted[1]!.length === 1, "a control frame arrives");
  assertEquals([loopback.punted[1], loopback.received[1]], [[request], []]);
  assertEquals(dataplane.counters(1).drops.protocolClosed, 1);
  for (const key of [1, 2]) {
    await dataplane.setPppProtocols(key, { ipv4: true, ipv6: false, bridged: false });
  }
  await dataplane.transmitFrames(1, [packet]);
  assertEquals(await loopback.arrived(1, 1), [packet]);
  assertEquals(dataplane.counters(1).transmittedFrames, 1);
});

Deno.test("what a session has no use for is refused: PPP, routes, payloads of nobody", async () => {
  await using loopback = await Loopback.open();
  const { dataplane } = loopback;
  await loopback.install(0);
  const open = { ipv4: true, ipv6: true, bridged: true };
  await assertRejects(() => dataplane.setPppProtocols(1, open), RangeError, "carries no PPP");
  await assertRejects(() => dataplane.setRoutes(1, ["10.0.0.1"]), RangeError, "has no TUN");
  for (const route of ["10.0.0.1/33", "10.0.0.1/", "fd00::/x", "10.0.0.0/8/9"]) {
    await assertRejects(() => dataplane.setRoutes(1, [route]), RangeError, "prefix length");
  }
  await assertRejects(() => dataplane.setRoutes(1, ["ten"]), TypeError, "IP address");
  await assertRejects(() => dataplane.transmitPayloads(9, [FRAME]), RangeError, "session 9");
});

Deno.test("a socket is given back when no session uses it any more", async () => {
  await using loopback = await Loopback.open();
  const { dataplane } = loopback;
  await loopback.install(0);
  await assertRejects(() => dataplane.removeSocket(1), RangeError, "in use by session 1");
  await dataplane.removeSession(1);
  await dataplane.removeSocket(1);
  await assertRejects(() => loopback.install(0), RangeError, "socket 1 is not there");
});

Deno.test("a worker that dies is told of, and whoever waits for it is let go", async () => {
  await using loopback = await Loopback.open();
  const { dataplane } = loopback;
  // What no caller that keeps to the types can do stands for a bug of ours.
  const broken = { ...loopback.descriptor(0), path: undefined as never };
  const installing = dataplane.installSession({
    key: 1,
    descriptor: broken,
    socketKey: 1,
    port: { kind: "streams", onFrames: () => undefined },
  });
  await assertRejects(() => installing, Error, "data plane died");
  await eventually(() => loopback.faults.length === 1, "the worker's fault");
  await assertRejects(() => dataplane.setTransmit(1, true), Error, "data plane died");
  // Nothing is held any more: whoever clears away what was lent need not know of the fault.
  await Promise.all([dataplane.removeSession(1), dataplane.removeSocket(1)]);
});

Deno.test("what was lent to a data plane that is being closed comes back with it", async () => {
  await using loopback = await Loopback.open();
  const { dataplane } = loopback;
  await loopback.install(0);
  const closing = dataplane.close();
  await Promise.all([dataplane.removeSession(1), dataplane.removeSocket(1), closing]);
  await dataplane.removeSession(2);
  await assertRejects(() => dataplane.setTransmit(1, true), Error, "the data plane is closed");
});

Deno.test("200 sessions come and go, and every descriptor is where it was", async () => {
  const before = openDescriptors();
  {
    await using loopback = await Loopback.open();
    await loopback.install(1);
    for (let cycle = 0; cycle < 200; cycle++) {
      await loopback.install(0);
      await loopback.dataplane.transmitFrames(1, [FRAME]);
      await loopback.dataplane.removeSession(1);
    }
    await loopback.arrived(1, 200);
  }
  // The runtime's own descriptors of a worker go a moment after it.
  await eventually(() => openDescriptors().length <= before.length, "no descriptor is left");
});

Deno.test("a data plane without work closes at once, twice if need be", async () => {
  const dataplane = openDataplane();
  await dataplane.close();
  await assertRejects(() => dataplane.setTransmit(1, true), Error, "closed");
  await dataplane.close();
});

Deno.test("both workers answer a probe, and none does once they have stopped", async () => {
  const dataplane = openDataplane();
  await dataplane.probe();
  await dataplane.probe();
  await dataplane.close();
  await assertRejects(() => dataplane.probe(), Error, "the data plane is closed");
});

Deno.test("without descriptors for all its workers there is none, and nothing is kept", async () => {
  const program = new URL("scarce_descriptors.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 96 && exec "$0" run -A --no-check "$1"', Deno.execPath(), program],
  }).output();
  const text = (octets: Uint8Array) => new TextDecoder().decode(octets).trim();
  const expected = Array.from({ length: 9 }, (_, left) => `${left}: EMFILE, lost 0`);
  assertEquals(text(stdout).split("\n"), expected, text(stderr));
});
