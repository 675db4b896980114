/** Streams as attachment circuit: made late, and ended with their session whenever they are asked for. */

import { assertEquals, assertRejects } from "@std/assert";
import { StreamCircuit } from "../../src/endpoint/stream_circuit.ts";

function deliver(circuit: StreamCircuit, ...frames: number[]): void {
  if (circuit.port.kind !== "streams") throw new Error("not streams");
  circuit.port.onFrames(frames.map((octet) => Uint8Array.of(octet)));
}

async function readAll(readable: ReadableStream<Uint8Array>): Promise<number[]> {
  const frames = await Array.fromAsync(readable);
  return frames.map(([octet]) => octet!);
}

Deno.test("frames that come before somebody asks for the stream are in it", async () => {
  const circuit = new StreamCircuit();
  deliver(circuit, 1, 2);
  const { readable } = circuit.streams;
  deliver(circuit, 3);
  circuit.close();
  assertEquals(await readAll(readable), [1, 2, 3]);
});

Deno.test("a stream that nobody reads, or asks for, holds a thousand frames", async () => {
  for (const asksFirst of [true, false]) {
    const circuit = new StreamCircuit();
    if (asksFirst) circuit.streams.readable;
    deliver(circuit, ...Array.from({ length: 2000 }, () => 1));
    const { readable } = circuit.streams;
    circuit.close();
    assertEquals((await readAll(readable)).length, 1024);
  }
});

Deno.test("streams that are asked for after the session are at their end", async () => {
  const circuit = new StreamCircuit();
  deliver(circuit, 1);
  circuit.close();
  assertEquals(await readAll(circuit.streams.readable), [1]);
  const writer = circuit.streams.writable.getWriter();
  await assertRejects(() => writer.write(Uint8Array.of(1)), TypeError, "has ended");
});

Deno.test("a reader that has had enough is no trouble to what comes, nor to the end", async () => {
  const circuit = new StreamCircuit();
  await circuit.streams.readable.cancel();
  deliver(circuit, 1);
  circuit.close();
  assertEquals(await readAll(circuit.streams.readable), []);
});
