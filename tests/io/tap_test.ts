/** TAP interfaces, in namespaces made for the test. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { FrameReader, FrameWriter } from "../../src/io/frame_transfer.ts";
import { openInterfaces } from "../../src/io/network_interface.ts";
import { openTap, requireInterfaceName } from "../../src/io/tap.ts";
import { BROKEN, openPoller } from "../../src/io/poller.ts";
import { EBADFD, EINVAL, EIO, SystemError } from "../../src/io/system_error.ts";
import { testRequiring } from "../harness/requires.ts";
import { leavingNoDescriptors } from "./descriptors.ts";
import { TAP_NEEDS } from "./needs.ts";
import { makeArena, numberedPacket, placePacket } from "./test_arena.ts";

/** What the kernel sends to itself on a new interface is not wanted in these tests. */
async function quietNamespace(namespaces: Namespaces, label: string): Promise<string> {
  const namespace = await namespaces.add(label);
  const script = "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6";
  await namespaces.run(namespace, ["sh", "-c", script]);
  return namespace;
}

testRequiring(TAP_NEEDS, "a TAP lives in its namespace as long as its descriptor", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("tap");
  leavingNoDescriptors(() => {
    using inside = openInterfaces(namespace);
    using outside = openInterfaces();
    const tap = openTap({ name: "lwC%d", namespace });
    assertEquals(tap.name, "lwC0");
    const link = inside.link("lwC0");
    assertEquals(link?.index, tap.index);
    assertEquals(link?.up, false);
    assertEquals(outside.link("lwC0"), undefined);
    tap.close();
    assertEquals(inside.link("lwC0"), undefined);
  });
});

testRequiring(TAP_NEEDS, "the default name is the first free lw", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("names");
  using first = openTap({ namespace });
  using second = openTap({ namespace });
  assertEquals([first.name, second.name], ["lw0", "lw1"]);
});

testRequiring(TAP_NEEDS, "a name in use is an error, and leaves no descriptor", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("busy");
  using _tap = openTap({ name: "lwC0", namespace });
  leavingNoDescriptors(() => {
    assertThrows(
      () => openTap({ name: "lwC0", namespace }),
      SystemError,
      "make TAP interface lwC0: ioctl: device or resource busy (EBUSY)",
    );
    assertThrows(() => openTap({ name: "lo", namespace }), SystemError, "EINVAL");
  });
});

testRequiring(TAP_NEEDS, "a persistent TAP is taken over, and outlives us", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("keep");
  await namespaces.ip(namespace, "tuntap", "add", "kept", "mode", "tap");
  using interfaces = openInterfaces(namespace);
  const index = interfaces.link("kept")?.index;
  const tap = openTap({ name: "kept", namespace });
  assertEquals(tap.index, index);
  tap.close();
  assertEquals(interfaces.link("kept")?.index, index);
});

testRequiring(TAP_NEEDS, "the carrier is shown as the session's state wants it", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await quietNamespace(namespaces, "carrier");
  using tap = openTap({ namespace });
  using interfaces = openInterfaces(namespace);
  interfaces.configure(tap.index, { up: true });
  for (const up of [false, true, false]) {
    tap.setCarrier(up);
    assertEquals(interfaces.link(tap.index)?.carrier, up);
    assertEquals(interfaces.link(tap.index)?.up, true);
  }
});

testRequiring(TAP_NEEDS, "frames of 14 to 9,018 octets pass from TAP to TAP, whole", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await quietNamespace(namespaces, "frames");
  using from = openTap({ name: "from", namespace });
  using to = openTap({ name: "to", namespace });
  // A bridge carries what is written to one TAP to the other.
  await namespaces.ipBatch(namespace, [
    "link add br0 mtu 9000 type bridge mcast_snooping 0",
    "link set br0 up",
    "link set from mtu 9000 master br0 up",
    "link set to mtu 9000 master br0 up",
  ]);
  const arena = makeArena(2, 9100, 64);
  const writer = new FrameWriter(arena);
  const reader = new FrameReader(arena);
  const { number } = to.descriptor;
  for (const length of [14, 60, 64, 1514, 9014, 9018]) {
    const frame = ethernetFrame(length, length === 9018 ? 0x8100 : 0x88b5);
    const start = placePacket(arena, 0, frame);
    assertEquals(writer.write(from.descriptor.number, start, length), length);
    assertEquals(await readSoon(reader, number, 1), length);
    const received = arena.packetStart(1);
    assertEquals(arena.octets.slice(received, received + length), frame);
  }
  assertEquals(reader.read(number, 1), 0, "nothing more is there");
});

testRequiring(TAP_NEEDS, "with an offload header each frame has 10 octets in front", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await quietNamespace(namespaces, "offload");
  using tap = openTap({ namespace, offloadHeader: true });
  using interfaces = openInterfaces(namespace);
  interfaces.configure(tap.index, { up: true });
  interfaces.addAddress(tap.index, "192.0.2.1", 24);
  using sender = openDatagramSocket({ kind: "udp", address: "0.0.0.0", namespace });
  sender.send(Uint8Array.of(1), sender.local, { address: "192.0.2.2", port: 9 });
  const arena = makeArena(1, 200, 0);
  const length = await readSoon(new FrameReader(arena), tap.descriptor.number, 0);
  // An ARP request is 28 octets in an Ethernet frame of 42; a plain header asks for nothing.
  assertEquals(length, 10 + 42);
  assertEquals([...arena.octets.subarray(0, 10)], new Array(10).fill(0));
  assertEquals([...arena.octets.subarray(10, 16)], new Array(6).fill(0xff));
});

testRequiring(TAP_NEEDS, "what goes wrong with a TAP is a number", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await quietNamespace(namespaces, "faults");
  using tap = openTap({ namespace });
  using interfaces = openInterfaces(namespace);
  const { number } = tap.descriptor;
  const arena = makeArena(1, 2000, 0);
  const writer = new FrameWriter(arena);
  const reader = new FrameReader(arena);
  placePacket(arena, 0, ethernetFrame(100));

  assertEquals(writer.write(number, 0, 100), -EIO, "the interface is down");
  interfaces.configure(tap.index, { up: true });
  assertEquals(writer.write(number, 0, 100), 100);
  assertEquals(writer.write(number, 0, 13), -EINVAL, "shorter than an Ethernet header");
  assertThrows(() => writer.write(number, 1990, 100), RangeError, "not in the arena");
  assertThrows(() => reader.read(number, 1), RangeError, "no such slot");

  await namespaces.ip(namespace, "link", "delete", tap.name);
  using poller = openPoller();
  poller.add(number, 1);
  assertEquals(poller.wait(0), 1);
  assert((poller.readiness(0) & BROKEN) !== 0);
  assertEquals(reader.read(number, 0), -EBADFD);
  assertEquals(writer.write(number, 0, 100), -EBADFD);
  assertThrows(() => tap.setCarrier(true), SystemError, "EBADFD");
});

Deno.test("names that interfaces cannot have are refused before the kernel is asked", () => {
  for (const name of ["", "sixteen-octets-x", "a/b", "a b", "a:b", ".", "..", "tab\t"]) {
    assertThrows(() => requireInterfaceName(name), RangeError, `not "${name}"`);
  }
  for (const name of ["lw0", "fifteen-octets-", "lw%d", "größe"]) requireInterfaceName(name);
});

/** A broadcast frame of an EtherType for experiments (IEEE 802: 0x88b5), or of another. */
function ethernetFrame(length: number, etherType = 0x88b5): Uint8Array {
  const frame = numberedPacket(length, length);
  frame.fill(0xff, 0, 6);
  frame.set([0x02, 0, 0, 0, 0, 1, etherType >> 8, etherType & 0xff], 6);
  return frame;
}

/** A bridge forwards in a softirq, which may run a moment after the write. */
async function readSoon(reader: FrameReader, fd: number, slot: number): Promise<number> {
  using poller = openPoller();
  poller.add(fd, 1);
  await poller.waitAsync(2000);
  return reader.read(fd, slot);
}
