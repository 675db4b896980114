/** Moves packets while the garbage collector runs between the turns and new memory is written. */

import { PacketLoop } from "./packet_loop.ts";

const { gc } = globalThis as unknown as { gc(): void };

using packets = new PacketLoop();
let churn: Uint8Array[] = [];
for (let turn = 0; turn < 300; turn++) {
  gc();
  // Whatever was freed by mistake is most likely given to one of these.
  churn = [64, 256, 512, 1024, 4096, 33_024].map((size) => new Uint8Array(size).fill(0xee));
  packets.turn();
}
console.log(churn.length === 6 ? "all packets were right" : "");
