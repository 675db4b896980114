/** Moves packets between two lines of output; libc_test.ts reads V8's trace of collections. */

import { PacketLoop } from "./packet_loop.ts";

using packets = new PacketLoop();
for (let turn = 0; turn < 3000; turn++) packets.turn();
console.log("-- warm");
for (let turn = 0; turn < 6000; turn++) packets.turn();
console.log("-- measured");
let garbage: number[] = [];
for (let n = 0; n < 3_000_000; n++) garbage = [n, ...garbage.slice(0, 3)];
console.log(garbage.length);
