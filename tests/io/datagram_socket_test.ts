/** Datagram sockets, one datagram at a time, on loopback. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { requiresRoot } from "../harness/requires.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { libc } from "../../src/io/libc.ts";
import { EMSGSIZE, SystemError } from "../../src/io/system_error.ts";
import { leavingNoDescriptors, openDescriptors } from "./descriptors.ts";
import { numberedPacket } from "./test_arena.ts";

/** An experimental protocol number (RFC 3692): nothing else here speaks it. */
const PROTOCOL = 253;

/** No UDP over IPv4 is longer: 65,535 octets less the two headers. */
const LONGEST_UDP = 65_507;

for (const [any, one] of [["0.0.0.0", "127.0.0.1"], ["::", "::1"]] as const) {
  Deno.test(`a socket on ${any} knows which address a datagram came to`, () => {
    leavingNoDescriptors(() => {
      using server = openDatagramSocket({ kind: "udp", address: any });
      using client = openDatagramSocket({ kind: "udp", address: one });
      const { port } = server.local;
      assertEquals(client.send(Uint8Array.of(1, 2, 3), client.local, { address: one, port }), 0);
      assertEquals(server.receive(), {
        octets: Uint8Array.of(1, 2, 3),
        remote: client.local,
        local: { address: one, port },
      });
      assertEquals(server.receive(), undefined);
    });
  });

  requiresRoot(`a raw socket on ${any} gives payload without IP header, and no port`, () => {
    using server = openDatagramSocket({ kind: { protocol: PROTOCOL }, address: any });
    using client = openDatagramSocket({ kind: { protocol: PROTOCOL }, address: one });
    assertEquals(server.local, { address: any, port: 0 });
    assertEquals(server.receivesIpv4Header, any === "0.0.0.0");
    // A port is meaningless here and must not reach the kernel, which refuses some.
    const to = { address: one, port: any === "::" ? 0 : 1701 };
    assertEquals(client.send(numberedPacket(9, 40), client.local, to), 0);
    assertEquals(server.receive(), {
      octets: numberedPacket(9, 40),
      remote: { address: one, port: 0 },
      local: { address: one, port: 0 },
    });
  });
}

Deno.test("UDP checksums are as the kernel has them, which is on [V3-UDP-11, V2-UDP-04, V2-UDP-06]", () => {
  const SOL_SOCKET = 1;
  const SO_NO_CHECK = 11;
  for (const address of ["127.0.0.1", "::1"]) {
    using socket = openDatagramSocket({ kind: "udp", address });
    const value = new Int32Array([-1]);
    const size = new Uint32Array([value.byteLength]);
    const fd = socket.descriptor.number;
    assertEquals(libc().getsockopt(fd, SOL_SOCKET, SO_NO_CHECK, value, size), 0);
    assertEquals(value[0], 0);
  }
});

Deno.test("an answer comes from the address that was asked", () => {
  using server = openDatagramSocket({ kind: "udp", address: "0.0.0.0" });
  using client = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  for (const address of ["127.0.0.2", "127.0.0.3", "127.0.0.1"]) {
    client.send(Uint8Array.of(1), client.local, { address, port: server.local.port });
    const asked = server.receive()!;
    assertEquals(asked.local.address, address);
    assertEquals(server.send(Uint8Array.of(2), asked.local, asked.remote), 0);
    assertEquals(client.receive()?.remote, { address, port: server.local.port });
  }
});

Deno.test("an unspecified source leaves the choice to the kernel", () => {
  using server = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  using client = openDatagramSocket({ kind: "udp", address: "0.0.0.0" });
  assertEquals(client.send(Uint8Array.of(1), client.local, server.local), 0);
  assertEquals(server.receive()?.remote, { address: "127.0.0.1", port: client.local.port });
});

Deno.test("datagrams of 0 octets and of the greatest length pass whole", () => {
  using socket = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  for (const length of [0, LONGEST_UDP]) {
    assertEquals(socket.send(numberedPacket(length, length), socket.local, socket.local), 0);
    assertEquals(socket.receive()?.octets, numberedPacket(length, length));
  }
});

Deno.test("what the network refuses is a number, and the socket goes on", () => {
  using socket = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  const { local } = socket;
  assertEquals(socket.send(new Uint8Array(LONGEST_UDP + 1), local, local), EMSGSIZE);
  assertEquals(socket.send(new Uint8Array(70_000), local, local), EMSGSIZE);
  const closed = { address: "127.0.0.1", port: 9 };
  // The ICMP refusals that follow must fail no later call.
  for (let n = 0; n < 3; n++) assertEquals(socket.send(Uint8Array.of(1), local, closed), 0);
  assertEquals(socket.receive(), undefined);
  assertEquals(socket.send(Uint8Array.of(7), local, local), 0);
  assertEquals(socket.receive()?.octets, Uint8Array.of(7));
});

Deno.test("an address in use is an error that names it, and leaves no descriptor", () => {
  leavingNoDescriptors(() => {
    using first = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
    const { port } = first.local;
    const before = openDescriptors();
    const error = assertThrows(
      () => openDatagramSocket({ kind: "udp", address: "127.0.0.1", port }),
      SystemError,
      `bind UDP 127.0.0.1:${port}: bind: address already in use (EADDRINUSE)`,
    );
    assertEquals(error.code, "EADDRINUSE");
    assertEquals(openDescriptors(), before);
  });
});

Deno.test("a port is shared where all who have it ask for that", () => {
  const open = (port: number, reusePort: boolean) =>
    openDatagramSocket({ kind: "udp", address: "127.0.0.1", port, reusePort });
  using alone = open(0, false);
  assertThrows(() => open(alone.local.port, true), SystemError, "EADDRINUSE");
  using first = open(0, true);
  using second = open(first.local.port, true);
  assertEquals(second.local, first.local);
  // Another program that wants the port for itself still learns that it is taken.
  assertThrows(() => open(first.local.port, false), SystemError, "EADDRINUSE");
});

Deno.test("an address that is not ours, or is no address, is refused", () => {
  assertThrows(
    () => openDatagramSocket({ kind: "udp", address: "192.0.2.254" }),
    SystemError,
    "EADDRNOTAVAIL",
  );
  assertThrows(() => openDatagramSocket({ kind: "udp", address: "localhost" }), TypeError);
});

Deno.test("both families may have the same port", () => {
  using ipv4 = openDatagramSocket({ kind: "udp", address: "0.0.0.0" });
  using ipv6 = openDatagramSocket({ kind: "udp", address: "::", port: ipv4.local.port });
  assertEquals(ipv6.local.port, ipv4.local.port);
});

Deno.test("what a full receive buffer loses is counted", () => {
  using small = openDatagramSocket({ kind: "udp", address: "127.0.0.1", receiveBuffer: 4096 });
  assertEquals(small.kernelDrops(), 0);
  for (let n = 0; n < 50; n++) small.send(new Uint8Array(1000), small.local, small.local);
  let received = 0;
  while (small.receive() !== undefined) received++;
  assert(received > 0 && received < 50, `${received} received`);
  assertEquals(small.kernelDrops(), 50 - received);
});

requiresRoot("with privilege a receive buffer may exceed the system's limit", () => {
  const limit = Number(Deno.readTextFileSync("/proc/sys/net/core/rmem_max"));
  using large = openDatagramSocket({
    kind: "udp",
    address: "127.0.0.1",
    receiveBuffer: 2 * limit,
  });
  // Each datagram of 60,000 octets is charged for more than its length.
  const count = Math.ceil(1.5 * limit / 60_000);
  for (let n = 0; n < count; n++) large.send(new Uint8Array(60_000), large.local, large.local);
  assertEquals(large.kernelDrops(), 0);
});
