/** Batches of datagrams: recvmmsg and sendmmsg over an arena. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { requiresRoot, testRequiring } from "../harness/requires.ts";
import { DestinationTable } from "../../src/io/destination_table.ts";
import { ReceiveBatch } from "../../src/io/receive_batch.ts";
import { TransmitBatch } from "../../src/io/transmit_batch.ts";
import {
  type DatagramSocket,
  openDatagramSocket,
  reportTrafficClasses,
} from "../../src/io/datagram_socket.ts";
import { openDoorbell } from "../../src/io/doorbell.ts";
import { openPoller } from "../../src/io/poller.ts";
import { openTap } from "../../src/io/tap.ts";
import type { PacketArena } from "../../src/io/packet_arena.ts";
import type { SocketAddress } from "../../src/io/socket_address.ts";
import { EAGAIN, EBADF, EDESTADDRREQ, EMSGSIZE } from "../../src/io/system_error.ts";
import { TAP_NEEDS } from "./needs.ts";
import { makeArena, numberedPacket, placePacket } from "./test_arena.ts";

const PROTOCOL = 253;

Deno.test("packets of any length, from any offset, arrive whole and in order", () => {
  using receiver = udp("127.0.0.1");
  using sender = udp("127.0.0.1");
  const target = makeArena(8, 2000, 64);
  const batch = new ReceiveBatch(target);
  const source = makeArena(8, 2000, 64);
  const destinations = new DestinationTable(1);
  destinations.set(0, "127.0.0.1", receiver.local);
  const transmit = new TransmitBatch(source, 8, destinations);
  const lengths = fc.array(fc.nat(2000), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(lengths, fc.nat(63), (lengths, shift) => {
    transmit.clear();
    for (const [slot, length] of lengths.entries()) {
      const start = source.packetStart(slot) - shift;
      source.octets.set(numberedPacket(slot, length), start);
      transmit.append(start, length, 0);
    }
    assertEquals(transmit.flush(sender.descriptor.number), lengths.length);
    assertEquals([...transmit.errors.subarray(0, lengths.length)], lengths.map(() => 0));
    assertEquals(
      receiveAll(target, batch, receiver),
      lengths.map((length, slot) => numberedPacket(slot, length)),
    );
  }));
});

for (
  const [address, isSegmented] of [
    ["127.0.0.1", false],
    ["127.0.0.1", true],
    ["::1", false],
    ["::1", true],
  ] as const
) {
  const how = isSegmented ? "cut by the kernel" : "one by one";
  Deno.test(`datagrams to ${address}, ${how}, bear the DSCP and ECN of their message`, () => {
    using receiver = udp(address === "::1" ? "::" : "0.0.0.0");
    using sender = udp(address);
    reportTrafficClasses(receiver.descriptor.number, address === "::1");
    const arena = makeArena(4, 100, 0);
    const destinations = new DestinationTable(1);
    destinations.set(0, address, { address, port: receiver.local.port });
    const transmit = new TransmitBatch(arena, 3, destinations);
    const classes = [0xb8, 0, 0x03];
    for (const [slot, trafficClass] of classes.entries()) {
      placePacket(arena, slot, numberedPacket(slot, 40));
      transmit.begin(0, isSegmented ? 20 : 0, trafficClass);
      transmit.add(arena.packetStart(slot), 40);
    }
    assertEquals(transmit.flush(sender.descriptor.number), 3);
    const batch = new ReceiveBatch(makeArena(8, 2000, 0));
    const count = batch.receive(receiver.descriptor.number, false);
    const received = Array.from({ length: count }, (_, slot) => batch.trafficClass(slot, false));
    assertEquals(received, isSegmented ? classes.flatMap((each) => [each, each]) : classes);
    assertEquals(batch.target(0), address, "packet information is there as well");
  });
}

Deno.test("what one socket left no room for has it again for the next one", () => {
  using bound = udp("127.0.0.1");
  using every = udp("0.0.0.0");
  using sender = udp("127.0.0.1");
  const batch = new ReceiveBatch(makeArena(4, 100, 0));
  const to = { address: "127.0.0.7", port: every.local.port };
  const targetsOf = (socket: DatagramSocket, at: SocketAddress, datagrams: number) => {
    for (let n = 0; n < datagrams; n++) sender.send(Uint8Array.of(n), sender.local, at);
    const count = batch.receive(socket.descriptor.number, false);
    for (let slot = 0; slot < count; slot++) assertEquals(batch.source(slot), sender.local);
    return Array.from({ length: count }, (_, slot) => batch.target(slot));
  };
  // Who has one address is not told it.
  for (const datagrams of [4, 1, 3, 2]) {
    const untold = new Array<undefined>(datagrams).fill(undefined);
    assertEquals(targetsOf(bound, bound.local, datagrams), untold);
    assertEquals(targetsOf(every, to, datagrams), untold.map(() => to.address));
    assertEquals(batch.receive(every.descriptor.number, false), 0);
  }
});

Deno.test("each packet has its own destination and source address", () => {
  using first = udp("127.0.0.1");
  using second = udp("0.0.0.0");
  using sender = udp("0.0.0.0");
  const arena = makeArena(4, 100, 0);
  const destinations = new DestinationTable(3);
  destinations.set(0, "127.0.0.5", first.local);
  destinations.set(1, "127.0.0.6", { address: "127.0.0.1", port: second.local.port });
  destinations.set(2, "0.0.0.0", first.local);
  const transmit = new TransmitBatch(arena, 4, destinations);
  for (const [slot, destination] of [0, 1, 2, 0].entries()) {
    transmit.append(placePacket(arena, slot, Uint8Array.of(slot)), 1, destination);
  }
  assertEquals(transmit.flush(sender.descriptor.number), 4);

  const batch = new ReceiveBatch(makeArena(4, 100, 0));
  const { port } = sender.local;
  assertEquals(batch.receive(first.descriptor.number, false), 3);
  assertEquals([0, 1, 2].map((slot) => batch.source(slot)), [
    { address: "127.0.0.5", port },
    { address: "127.0.0.1", port },
    { address: "127.0.0.5", port },
  ]);
  assertEquals(batch.receive(second.descriptor.number, false), 1);
  assertEquals(batch.source(0), { address: "127.0.0.6", port });
  assertEquals(batch.target(0), "127.0.0.1");
  assertEquals([99, 100, 299].map((offset) => batch.slotAt(offset)), [0, 1, 2]);
});

Deno.test("IPv6 destinations and sources", () => {
  using receiver = udp("::");
  using sender = udp("::");
  const arena = makeArena(1, 100, 0);
  const destinations = new DestinationTable(1);
  destinations.set(0, "::1", { address: "::1", port: receiver.local.port });
  const transmit = new TransmitBatch(arena, 1, destinations);
  transmit.append(placePacket(arena, 0, numberedPacket(3, 50)), 50, 0);
  assertEquals(transmit.flush(sender.descriptor.number), 1);
  const target = makeArena(2, 100, 0);
  const batch = new ReceiveBatch(target);
  assertEquals(receiveAll(target, batch, receiver), [numberedPacket(3, 50)]);
  assertEquals(batch.source(0), { address: "::1", port: sender.local.port });
  assertEquals(batch.target(0), "::1");
});

Deno.test("a refused packet does not keep back the ones after it", () => {
  using receiver = udp("127.0.0.1");
  using sender = udp("127.0.0.1");
  const arena = makeArena(6, 70_000, 0);
  const destinations = new DestinationTable(2);
  destinations.set(0, "127.0.0.1", receiver.local);
  const transmit = new TransmitBatch(arena, 6, destinations);
  // Destination 1 was never set; 65,508 octets are one more than UDP over IPv4 carries.
  const plan = [[10, 1], [11, 0], [65_508, 0], [12, 0], [13, 0], [14, 1]] as const;
  for (const [slot, [length, destination]] of plan.entries()) {
    transmit.append(arena.packetStart(slot), length, destination);
  }
  assertEquals(transmit.flush(sender.descriptor.number), 3);
  assertEquals([...transmit.errors], [EDESTADDRREQ, 0, EMSGSIZE, 0, 0, EDESTADDRREQ]);
  const batch = new ReceiveBatch(makeArena(6, 100, 0));
  assertEquals(batch.receive(receiver.descriptor.number, false), 3);
  assertEquals([...batch.lengths.subarray(0, 3)], [11, 12, 13]);
});

testRequiring(TAP_NEEDS, "a socket without room ends the batch, and the rest says so", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("full");
  using tap = openTap({ namespace });
  await namespaces.ip(namespace, "address", "add", "192.0.2.1/24", "dev", tap.name);
  await namespaces.ip(namespace, "link", "set", tap.name, "up");
  // Nobody answers for 192.0.2.2, so the kernel keeps what is sent there while it asks who that is.
  const to = { address: "192.0.2.2", port: 9 };
  using sender = openDatagramSocket({
    kind: "udp",
    address: "0.0.0.0",
    sendBuffer: 4608,
    namespace,
  });
  const arena = makeArena(20, 1000, 0);
  const destinations = new DestinationTable(1);
  destinations.set(0, "0.0.0.0", to);
  const transmit = new TransmitBatch(arena, 20, destinations);
  for (let slot = 0; slot < 20; slot++) transmit.append(arena.packetStart(slot), 1000, 0);
  const sent = transmit.flush(sender.descriptor.number);
  assert(sent > 0 && sent < 20, `${sent} sent`);
  const expected = Array.from({ length: 20 }, (_, index) => index < sent ? 0 : EAGAIN);
  assertEquals([...transmit.errors], expected);
  using poller = openPoller();
  using bell = openDoorbell();
  poller.add(bell.descriptor.number, 1);
  assertEquals(poller.waitForRoom(sender.descriptor.number, 0, true), false);
  // A wait without an end ends where something else is ready, and says that there is still no room.
  bell.ring();
  assertEquals(poller.waitForRoom(sender.descriptor.number, -1, true), false);
  assertEquals(poller.waitForRoom(sender.descriptor.number, 1, false), false);
  assertEquals(poller.waitForRoom(bell.descriptor.number, -1, true), true);
  assertEquals(poller.waitForRoom(bell.descriptor.number, -1, false), true);
  assertEquals(sender.send(new Uint8Array(1000), sender.local, to), EAGAIN);
});

Deno.test("a datagram longer than a slot tells its true length", () => {
  using socket = udp("127.0.0.1");
  const arena = makeArena(2, 100, 10);
  const batch = new ReceiveBatch(arena);
  socket.send(new Uint8Array(101).fill(1), socket.local, socket.local);
  socket.send(new Uint8Array(100).fill(2), socket.local, socket.local);
  assertEquals(batch.receive(socket.descriptor.number, false), 2);
  assertEquals([...batch.lengths], [101, 100]);
  assertEquals(
    [...arena.octets.subarray(110, 120)],
    new Array(10).fill(0),
    "headroom is untouched",
  );
});

Deno.test("a batch takes what its slots hold, and leaves the rest for the next", () => {
  using socket = udp("127.0.0.1");
  const batch = new ReceiveBatch(makeArena(3, 100, 0));
  for (let n = 0; n < 7; n++) socket.send(Uint8Array.of(n), socket.local, socket.local);
  const counts = [1, 2, 3, 4].map(() => batch.receive(socket.descriptor.number, false));
  assertEquals(counts, [3, 3, 1, 0]);
});

requiresRoot("a raw IPv4 socket's packets start after their IP header", () => {
  const address = "127.0.0.1";
  using socket = openDatagramSocket({ kind: { protocol: PROTOCOL }, address });
  const arena = makeArena(4, 500, 32);
  const batch = new ReceiveBatch(arena);
  for (const length of [1, 400]) {
    assertEquals(socket.send(numberedPacket(length, length), socket.local, socket.local), 0);
  }
  assertEquals(batch.receive(socket.descriptor.number, socket.receivesIpv4Header), 2);
  assertEquals([...batch.starts.subarray(0, 2)], [32 + 20, 532 + 32 + 20]);
  assertEquals([...batch.lengths.subarray(0, 2)], [1, 400]);
  assertEquals(arena.octets.slice(584, 984), numberedPacket(400, 400));
});

Deno.test("a broken descriptor is a number too", () => {
  const batch = new ReceiveBatch(makeArena(1, 100, 0));
  assertEquals(batch.receive(-1, false), -EBADF);
  const arena = makeArena(1, 100, 0);
  const transmit = new TransmitBatch(arena, 1, new DestinationTable(1));
  transmit.append(0, 10, 0);
  assertEquals(transmit.flush(-1), 0);
  assertEquals([...transmit.errors], [EBADF]);
});

Deno.test("memory outside of the arena and the tables cannot be reached", () => {
  const arena = makeArena(2, 100, 0);
  const destinations = new DestinationTable(2);
  const transmit = new TransmitBatch(arena, 2, destinations);
  assertThrows(() => transmit.append(101, 100, 0), RangeError, "not in the arena");
  assertThrows(() => transmit.append(-1, 10, 0), RangeError, "not in the arena");
  assertThrows(() => transmit.append(0, 10, 2), RangeError, "no such destination");
  const to = { address: "::1", port: 1 };
  assertThrows(() => destinations.set(2, "::", to), RangeError, "no destination 2");
  transmit.append(0, 10, 0);
  transmit.append(0, 10, 0);
  assert(transmit.full);
  assertThrows(() => transmit.append(0, 10, 0), RangeError, "full");
});

function udp(address: string): DatagramSocket {
  return openDatagramSocket({ kind: "udp", address, receiveBuffer: 1 << 20 });
}

function receiveAll(arena: PacketArena, batch: ReceiveBatch, socket: DatagramSocket) {
  const count = batch.receive(socket.descriptor.number, socket.receivesIpv4Header);
  return Array.from({ length: count }, (_, slot) => {
    const start = batch.starts[slot]!;
    return arena.octets.slice(start, start + batch.lengths[slot]!);
  });
}
