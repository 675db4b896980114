/**
 * Two endpoints in one process, and an Ethernet pseudowire between them over UDP on loopback:
 * frames are streams here, so there is no interface, and no root is needed.
 *
 * Run: deno run -A examples/streams_link.ts
 */

import { type Endpoint, openEndpoint, type Session } from "../mod.ts";

const secret = "known to both ends";

/** Accepts the first connection, and the first session over it. */
async function answer(endpoint: Endpoint): Promise<Session> {
  for await (const request of endpoint.connectionRequests()) {
    const connection = await request.accept();
    for await (const wanted of connection.sessionRequests()) {
      console.log(`${connection.name} asks for "${wanted.remoteEndIdText}"`);
      return await wanted.accept({ attach: { kind: "streams" } });
    }
  }
  throw new Error("the endpoint was closed before anybody connected");
}

/** A broadcast frame of the experimental EtherType that carries some text. */
function frameOf(text: string): Uint8Array {
  const frame = new Uint8Array(60);
  frame.fill(0xff, 0, 6);
  frame.set([0x02, 0, 0, 0, 0, 0x01, 0x88, 0xb5], 6);
  new TextEncoder().encodeInto(text, frame.subarray(14));
  return frame;
}

const listen = ["udp://127.0.0.1:0"];
await using right = await openEndpoint({
  hostName: "right",
  listen,
  peers: [{ name: "left", secret }],
});
await using left = await openEndpoint({ hostName: "left", listen });
const answered = answer(right);

const port = right.listening[0]?.port;
const connection = await left.connect(`127.0.0.1:${port}`, { name: "right", secret });
const near = await connection.openSession({ remoteEndId: "lan", attach: { kind: "streams" } });
const far = await answered;

const writer = near.writable.getWriter();
for (const word of ["frames", "pass", "here"]) await writer.write(frameOf(word));
let received = 0;
for await (const frame of far.readable) {
  const text = new TextDecoder().decode(frame.subarray(14)).replaceAll("\0", "");
  console.log(`${frame.length} octets: ${text}`);
  if (++received === 3) break;
}
console.log(near.counters().transmittedFrames, "sent,", far.counters().receivedFrames, "received");
