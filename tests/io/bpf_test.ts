/** The BPF assembler, and programs at work in the kernel. */

import { assertEquals, assertThrows } from "@std/assert";
import { requiresRoot } from "../harness/requires.ts";
import {
  answer,
  assembleBpf,
  attachReuseportProgram,
  jumpIfAnyBit,
  jumpIfEqual,
  KEEP_ALL,
  label,
  loadIpv4HeaderLength,
  loadOctet,
  loadUint32,
  loadUint32AfterX,
} from "../../src/io/bpf.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { SystemError } from "../../src/io/system_error.ts";

/** Datagrams with the upper bit of their first octet set go to member 0, others to member 1. */
const BY_FIRST_BIT = assembleBpf([
  loadOctet(0),
  jumpIfAnyBit(0x80, "set", "clear"),
  label("set"),
  answer(0),
  label("clear"),
  answer(1),
]);

/** An experimental protocol number (RFC 3692): nothing else here speaks it. */
const PROTOCOL = 253;

Deno.test("a program is assembled to the kernel's struct sock_filter", () => {
  const { instructions } = assembleBpf([
    loadIpv4HeaderLength(0),
    loadUint32AfterX(4),
    jumpIfEqual(0x01020304, "yes", "no"),
    label("yes"),
    answer(KEEP_ALL),
    label("no"),
    answer(0),
  ]);
  // As `bpf_asm` of the kernel's tools prints `ldxb 4*([0]&0xf); ld [x+4]; jeq #0x1020304,0,1 …`.
  const expected = [
    [0xb1, 0, 0, 0, 0, 0, 0, 0],
    [0x40, 0, 0, 0, 4, 0, 0, 0],
    [0x15, 0, 0, 1, 0x04, 0x03, 0x02, 0x01],
    [0x06, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    [0x06, 0, 0, 0, 0, 0, 0, 0],
  ];
  assertEquals([...instructions], expected.flat());
});

Deno.test("a jump that goes nowhere, back or too far is refused", () => {
  const jump = jumpIfEqual(1, "there", "there");
  assertThrows(() => assembleBpf([jump, answer(0)]), RangeError, `"there"`);
  assertThrows(() => assembleBpf([label("there"), jump, answer(0)]), RangeError);
  assertThrows(() => assembleBpf([jump, label("there")]), RangeError);
  const far = new Array(256).fill(loadOctet(0));
  assertThrows(() => assembleBpf([jump, ...far, label("there"), answer(0)]), RangeError);
  assembleBpf([jump, ...far.slice(1), label("there"), answer(0)]);
});

Deno.test("a reuseport program sorts datagrams between two sockets of one port", () => {
  const shared = { kind: "udp", address: "127.0.0.1", reusePort: true } as const;
  using first = openDatagramSocket(shared);
  using second = openDatagramSocket({ ...shared, port: first.local.port });
  attachReuseportProgram(first.descriptor.number, BY_FIRST_BIT);
  using sender = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  for (let number = 0; number < 100; number++) {
    const octets = Uint8Array.of(number % 3 === 0 ? 0x80 : 0x00, number);
    assertEquals(sender.send(octets, sender.local, first.local), 0);
  }
  const numbers = Array.from({ length: 100 }, (_, number) => number);
  assertEquals(drain(first), numbers.filter((number) => number % 3 === 0));
  assertEquals(drain(second), numbers.filter((number) => number % 3 !== 0));
});

for (const [address, offset] of [["127.0.0.1", 20], ["::1", 0]] as const) {
  requiresRoot(`a filter decides which raw sockets on ${address} get a packet`, () => {
    const when = (zero: "keep" | "drop") =>
      assembleBpf([
        loadUint32(offset),
        jumpIfEqual(0, "zero", "other"),
        label("zero"),
        answer(zero === "keep" ? KEEP_ALL : 0),
        label("other"),
        answer(zero === "keep" ? 0 : KEEP_ALL),
      ]);
    const kind = { protocol: PROTOCOL };
    using zeros = openDatagramSocket({ kind, address, filter: when("keep") });
    using others = openDatagramSocket({ kind, address, filter: when("drop") });
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    for (const number of numbers) {
      const octets = Uint8Array.of(0, 0, 0, number % 4 === 0 ? 0 : 1, number);
      assertEquals(zeros.send(octets, zeros.local, { address, port: 0 }), 0);
    }
    assertEquals(drain(zeros), numbers.filter((number) => number % 4 === 0));
    assertEquals(drain(others), numbers.filter((number) => number % 4 !== 0));
  });
}

Deno.test("a load beyond the packet ends a filter with 0: the packet is not queued", () => {
  const filter = assembleBpf([loadUint32(8 + 4), answer(KEEP_ALL)]);
  using socket = openDatagramSocket({ kind: "udp", address: "127.0.0.1", filter });
  for (const length of [7, 8]) {
    assertEquals(socket.send(new Uint8Array(length), socket.local, socket.local), 0);
  }
  assertEquals(socket.receive()?.octets.length, 8);
  assertEquals(socket.receive(), undefined);
});

Deno.test("a program that the kernel does not accept is an error, and leaves no socket", () => {
  const empty = assembleBpf([]);
  const open = () => openDatagramSocket({ kind: "udp", address: "127.0.0.1", filter: empty });
  assertThrows(open, SystemError, "attach a socket filter: setsockopt: invalid argument");
});

/** The last octets of the datagrams that wait. */
function drain(socket: DatagramSocket): number[] {
  const last: number[] = [];
  for (let got = socket.receive(); got !== undefined; got = socket.receive()) {
    last.push(got.octets[got.octets.length - 1]!);
  }
  return last;
}
