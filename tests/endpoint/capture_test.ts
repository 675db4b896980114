/** Captured packets: whose they are, which way they go, and cut as they are on the wire. */

import { assertEquals } from "@std/assert";
import { innerPacket, outerPackets } from "../../src/endpoint/captured_packets.ts";
import type { SeenPacket } from "../../src/io/packet_socket.ts";

const REMOTE = "192.0.2.2";
const SELECTION = { kind: "outer", encapsulation: "udp", remote: REMOTE, localPort: 1701 } as const;

/** An IPv4 UDP packet from 192.0.2.1 to 192.0.2.2, behind an Ethernet header. */
function seen(payload: readonly number[], changes: Partial<SeenPacket> = {}): SeenPacket {
  const view = new DataView(new ArrayBuffer(14 + 28 + payload.length));
  view.setUint8(14, 0x45);
  view.setUint16(16, 28 + payload.length);
  view.setUint16(18, 0x0100);
  view.setUint8(23, 17);
  view.setUint32(26, 0xc000_0201);
  view.setUint32(30, 0xc000_0202);
  view.setUint16(34, 1701);
  view.setUint16(36, 1702);
  view.setUint16(38, 8 + payload.length);
  const octets = new Uint8Array(view.buffer);
  octets.set(payload, 42);
  const time = { seconds: 1, nanoseconds: 2 };
  const whole = { offload: 0, segmentSize: 0, outgoing: true, networkOffset: 14 };
  return { octets, ...time, ...whole, ...changes };
}

Deno.test("a packet is taken from its IP header on, in its direction", () => {
  const [packet, ...more] = outerPackets(seen([0, 3, 0, 0, 1, 2, 3, 4]), SELECTION);
  assertEquals(more, []);
  assertEquals([packet?.direction, packet?.octets.length], ["outbound", 36]);
  assertEquals([packet?.seconds, packet?.nanoseconds, packet?.comment], [1, 2, undefined]);
});

Deno.test("what is of another peer, port or direction is not taken", () => {
  const packet = seen([0, 3, 0, 0, 1, 2, 3, 4]);
  assertEquals(outerPackets(packet, { ...SELECTION, remote: "192.0.2.3" }), []);
  assertEquals(outerPackets(packet, { ...SELECTION, localPort: 5000 }), []);
  // Seen a second time, on loopback, as a packet that comes in.
  assertEquals(outerPackets({ ...packet, outgoing: false }, SELECTION), []);
});

Deno.test("a message that the kernel cuts is cut here, with right headers", () => {
  const payload = Array.from({ length: 25 }, (_, index) => index);
  const packets = outerPackets(seen(payload, { offload: 5, segmentSize: 10 }), SELECTION);
  assertEquals(packets.map(({ octets }) => octets.length), [38, 38, 33]);
  assertEquals(packets.flatMap(({ octets }) => [...octets.subarray(28)]), payload);
  for (const [index, { octets }] of packets.entries()) {
    const view = new DataView(octets.buffer, octets.byteOffset);
    assertEquals([view.getUint16(2), view.getUint16(24)], [octets.length, octets.length - 20]);
    assertEquals(view.getUint16(4), 0x0100 + index);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    assertEquals(sum, 0xffff);
  }
});

Deno.test("a control message is told in words, a damaged packet not at all", () => {
  const zlb = [0xc8, 0x03, 0, 12, 0, 0, 0, 9, 0, 1, 0, 2];
  assertEquals(outerPackets(seen(zlb), SELECTION)[0]?.comment, "v3 ZLB id=9 ns=1 nr=2");
  const { octets } = seen([]);
  for (let length = 14; length < octets.length - 8; length++) {
    const cut = { ...seen([]), octets: octets.slice(0, length) };
    assertEquals(outerPackets(cut, SELECTION).length <= 1, true);
  }
});

Deno.test("a frame that the host sends into its interface goes to the peer", () => {
  const frame = innerPacket(seen([], { offload: 1, segmentSize: 1_398 }));
  assertEquals(frame.direction, "outbound");
  assertEquals(frame.comment, "a super-frame: leaves as segments of 1398 octets of payload");
  assertEquals(innerPacket(seen([], { outgoing: false })).direction, "inbound");
});
