/** What other programs open, and may remove. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { DatagramCircuit } from "../../src/endpoint/datagram_circuit.ts";
import { PtyCircuit } from "../../src/endpoint/pty_circuit.ts";

const openings = {
  "a terminal's link": (path: string) => new PtyCircuit({ kind: "pty", pty: path }, () => () => {}),
  "a socket": (path: string) =>
    new DatagramCircuit({ kind: "socket", socket: path, peer: `${path}.peer` }),
};

for (const [name, open] of Object.entries(openings)) {
  Deno.test(`${name} is gone with its circuit, or before it`, async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/entry`;
    try {
      open(path).close();
      assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
      const removed = open(path);
      Deno.removeSync(path);
      removed.close();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test(`${name} is left where it is another's by now`, async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/entry`;
    try {
      const [former, present] = [open(path), open(path)];
      former.close();
      const { isSymlink, isSocket } = Deno.lstatSync(path);
      assert(isSymlink || isSocket);
      Deno.removeSync(path);
      Deno.writeTextFileSync(path, "somebody's");
      present.close();
      assertEquals(Deno.readTextFileSync(path), "somebody's");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
