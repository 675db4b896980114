/** Packets that the kernel gave together come apart as they were sent. */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { Network, SendingSocket, SocketSink } from "../../src/dataplane/socket_sink.ts";
import {
  aggregateArena,
  AggregateSource,
  type SocketPackets,
  SocketSource,
} from "../../src/dataplane/socket_source.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { ReceiveBatch } from "../../src/io/receive_batch.ts";
import { eventually } from "../harness/eventually.ts";
import { noise } from "./offload/frames.ts";

/** Runs of packets of one length, as streams have them; some longer than a batch has room for. */
const anyRuns = fc.array(
  fc.record({
    length: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 1400 })),
    count: fc.integer({ min: 1, max: 64 }),
    last: fc.integer({ min: 1, max: 1400 }),
  }),
  { minLength: 1, maxLength: 6 },
).map((runs) =>
  runs.flatMap(({ length, count, last }) => [...new Array<number>(count).fill(length), last])
);

/** What comes, in as few turns as a batch's room allows. */
function receiveAll(source: SocketPackets, batch: FrameBatch, into: Uint8Array[]): void {
  do {
    const count = source.receive(batch);
    for (let index = 0; index < count; index++) into.push(batch.copy(index));
  } while (source.unfinished);
}

for (const aggregates of [true, false]) {
  const how = aggregates ? "aggregated" : "one by one";
  Deno.test(`packets that come ${how} are those that were sent, in their order`, async () => {
    const options = { kind: "udp", address: "127.0.0.1" } as const;
    using from = openDatagramSocket(options);
    using to = openDatagramSocket({ ...options, receiveBuffer: 1 << 22 });
    if (aggregates) assertEquals(to.enableAggregation(), true);
    const [own, out] = [new FrameBatch(), new FrameBatch(400)];
    const binding = { key: 1, encapsulation: "udp", family: "ipv4" } as const;
    const there = { ...binding, fd: to.descriptor.number };
    const source = aggregates
      ? new AggregateSource(there, new ReceiveBatch(aggregateArena(own)))
      : new SocketSource(there, new ReceiveBatch(own));
    const sending = new SendingSocket({ ...binding, fd: from.descriptor.number, segments: true });
    const path = { encapsulation: "udp", local: from.local, remote: to.local } as const;
    const sink = new SocketSink(sending, new Network(out, () => false), path);
    const carries = fc.asyncProperty(anyRuns, fc.nat(), async (lengths, seed) => {
      const packets = lengths.map((length, index) => noise(length, seed + index));
      for (const [index, packet] of packets.entries()) out.place(index, packet);
      // Nobody of ours sends an empty one; it is a packet all the same.
      assertEquals(from.send(new Uint8Array(0), from.local, to.local), 0);
      sink.send(out, 0, packets.length);
      const expected = [new Uint8Array(0), ...packets];
      const arrived: Uint8Array[] = [];
      await eventually(() => {
        receiveAll(source, own, arrived);
        return arrived.length >= expected.length;
      }, `${expected.length} packets`);
      assertEquals(arrived, expected);
    });
    await fc.assert(carries, { numRuns: 60 });
  });
}
