/** Sessions behind one TUN: which one a packet takes, and whose packets come in. */

import { assertEquals } from "@std/assert";
import { allocateCounters, DirectionCounters, readCounters } from "../../src/dataplane/counters.ts";
import { DecapForwarder } from "../../src/dataplane/decap_forwarder.ts";
import { EncapForwarder } from "../../src/dataplane/encap_forwarder.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { FrameQueue } from "../../src/dataplane/frame_queue.ts";
import { RouteTable } from "../../src/dataplane/route_table.ts";
import { ReceiveRow, TransmitRow } from "../../src/dataplane/session_row.ts";
import { hexOf, v2DescriptorOf } from "./sessions.ts";

const OPEN = { ipv4: true, ipv6: true, bridged: false };
const HEADER = [0x40, 0x02, 0x00, 0x20];

/** A packet between two hosts of 10.0.0.0/24. */
function packet(from: number, to: number): Uint8Array {
  const header = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0];
  return Uint8Array.from([...header, 10, 0, 0, from, 10, 0, 0, to]);
}

function routesTo(...hosts: readonly (readonly [key: number, host: number])[]): RouteTable {
  const table = new RouteTable();
  for (const [key, host] of hosts) {
    table.assign(key, [{ octets: Uint8Array.of(10, 0, 0, host), length: 32, text: `${host}` }]);
  }
  return table;
}

/** An encap side with the sessions 1 to 3, the first two of which may send. */
function encapSide() {
  const memory = allocateCounters();
  const forwarder = new EncapForwarder(new FrameBatch(8));
  const networks = [1, 2, 3].map((key) => {
    const network = new FrameQueue();
    const descriptor = v2DescriptorOf({ framing: "routed", remoteSessionId: key });
    const counters = new DirectionCounters(memory, "encap");
    forwarder.install(new TransmitRow(key, descriptor, network, counters));
    forwarder.setPppProtocols(key, OPEN);
    forwarder.setTransmit(key, key < 3);
    return network;
  });
  return { memory, forwarder, networks };
}

Deno.test("packets take the session that their destination leads to, in their order", () => {
  const { memory, forwarder, networks } = encapSide();
  const strays = allocateCounters();
  const tun = new FrameQueue();
  tun.push([5, 5, 6, 9, 5, 7, 6].map((to, index) => packet(index, to)));
  const routes = routesTo([1, 5], [2, 6], [3, 7]);
  const counters = new DirectionCounters(strays, "encap");
  assertEquals(forwarder.turnShared(tun, routes, counters), 7);
  const sources = networks.map((network) => network.take().map((octets) => octets.at(-5)));
  assertEquals(sources, [[0, 1, 4], [2, 6], []]);
  assertEquals(readCounters(strays).drops.noRoute, 1);
  const { drops, transmittedFrames, transmittedOctets } = readCounters(memory);
  assertEquals([drops.transmitClosed, transmittedFrames, transmittedOctets], [1, 5, 5 * 20]);
});

Deno.test("a packet gets its PPP header behind its session's own", () => {
  const { forwarder, networks } = encapSide();
  const tun = new FrameQueue();
  tun.push([packet(1, 5)]);
  const counters = new DirectionCounters(allocateCounters(), "encap");
  forwarder.turnShared(tun, routesTo([2, 5]), counters);
  const header = [...HEADER, 0xf1, 0xf2, 0, 2, 0xff, 3, 0, 0x21];
  assertEquals(networks[1]!.take().map(hexOf), [
    hexOf(Uint8Array.from([...header, ...packet(1, 5)])),
  ]);
});

Deno.test("what comes from a peer must be from its own addresses", () => {
  const memory = allocateCounters();
  const circuit = new FrameQueue();
  const strays = new DirectionCounters(allocateCounters(), "decap");
  const forwarder = new DecapForwarder(new FrameBatch(8), strays);
  const install = () => {
    const descriptor = v2DescriptorOf({ framing: "routed" });
    const counters = new DirectionCounters(memory, "decap");
    forwarder.install(new ReceiveRow(1, descriptor, 1, circuit, counters));
  };
  const receive = (...packets: Uint8Array[]) => {
    const queue = new FrameQueue();
    const header = [...HEADER, 0x0a, 0x0b, 0x0c, 0x0d, 0xff, 3, 0, 0x21];
    queue.push(packets.map((octets) => Uint8Array.from([...header, ...octets])));
    const source = { key: 1, overUdp: true, unfinished: false };
    forwarder.turn({ ...source, receive: (batch: FrameBatch) => queue.receive(batch) });
    return circuit.take().length;
  };
  install();
  forwarder.setPppProtocols(1, OPEN);
  assertEquals(receive(packet(5, 1), packet(6, 1)), 2, "no addresses are known: all pass");
  forwarder.setSources(1, routesTo([1, 5]));
  assertEquals(receive(packet(5, 1), packet(6, 1), packet(5, 6)), 2);
  install();
  assertEquals(receive(packet(5, 1), packet(6, 1)), 1, "an update leaves protocols and addresses");
  assertEquals(readCounters(memory).drops.spoofed, 2);
});
