/** A pseudo-terminal's line: what is escaped on it, as the LNS has told (RFC 2661 §4.4.6). */

import { assertEquals } from "@std/assert";
import { PtyCircuit } from "../../src/endpoint/pty_circuit.ts";
import { DEFAULT_ACCM, encodeAsyncFrame } from "../../src/ppp/async_framing.ts";

const LCP_ECHO = Uint8Array.of(0xff, 0x03, 0xc0, 0x21, 9, 1, 0, 8, 0, 0, 0, 0);
const IPCP_REQUEST = Uint8Array.of(0xff, 0x03, 0x80, 0x21, 1, 1, 0, 10, 3, 6, 0, 0, 0, 0);

Deno.test("control characters are escaped as the LNS says, those of LCP always [V2-SLI-01, V2-SLI-02]", async () => {
  const folder = await Deno.makeTempDir();
  const circuit = new PtyCircuit({ kind: "pty", pty: `${folder}/line` }, () => () => {});
  try {
    using line = await Deno.open(`${folder}/line`, { read: true, write: true });
    const { port } = circuit;
    if (port.kind !== "streams") throw new Error(port.kind);
    const room = new Uint8Array(1_000);
    const shown = (frame: Uint8Array<ArrayBuffer>) => {
      port.onFrames([frame]);
      return room.slice(0, line.readSync(room)!);
    };
    assertEquals(shown(IPCP_REQUEST), encodeAsyncFrame(IPCP_REQUEST, DEFAULT_ACCM));
    circuit.handleAccm(0x0000_0008);
    assertEquals(shown(IPCP_REQUEST), encodeAsyncFrame(IPCP_REQUEST, 0x0000_0008));
    assertEquals(shown(LCP_ECHO), encodeAsyncFrame(LCP_ECHO, DEFAULT_ACCM));
    circuit.handleAccm(undefined);
    assertEquals(shown(IPCP_REQUEST), encodeAsyncFrame(IPCP_REQUEST, DEFAULT_ACCM));
  } finally {
    circuit.close();
    await Deno.remove(folder, { recursive: true });
  }
});
