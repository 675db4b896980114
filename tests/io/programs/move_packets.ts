/**
 * Prints how many octets of heap a packet costs, and as a check of the measurement what an object
 * costs that is made on purpose. libc_test.ts runs it with a young generation so large that
 * nothing is collected meanwhile.
 */

import { PacketLoop, SLOTS } from "./packet_loop.ts";

const TURNS = 3000;

function growthPerPacket(turn: () => void): number {
  const before = Deno.memoryUsage().heapUsed;
  for (let n = 0; n < TURNS; n++) turn();
  return (Deno.memoryUsage().heapUsed - before) / (TURNS * SLOTS);
}

using packets = new PacketLoop();
const kept: { packet: number }[] = [];
// The first rounds compile; compiled code lies in the same heap.
for (let round = 0; round < 3; round++) growthPerPacket(() => packets.turn());
const moving = growthPerPacket(() => packets.turn());
const making = growthPerPacket(() => {
  for (let packet = 0; packet < SLOTS; packet++) kept.push({ packet });
});
console.log(JSON.stringify({ moving, making }));
