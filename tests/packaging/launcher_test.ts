/** The launchers' octets are what their assembler source says. */

import { assertEquals } from "@std/assert";
import { launcherOf } from "../../packaging/executable/launchers.ts";
import { runTool } from "../../packaging/program.ts";
import { program, testRequiring } from "../harness/requires.ts";

const X86_64 = 62;

const onX86: () => string | undefined = () =>
  Deno.build.arch === "x86_64" ? undefined : "needs an x86-64 assembler";

testRequiring(
  [onX86, program("as", "binutils"), program("objcopy", "binutils")],
  "the launcher for x86-64 is its source, assembled",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "longwire-launcher-" });
    try {
      const source = "packaging/executable/launcher_x86_64.s";
      const [object, code] = [`${folder}/launcher.o`, `${folder}/launcher.bin`];
      for (
        const [tool, ...args] of [
          ["as", "-o", object, source],
          ["objcopy", "-O", "binary", object, code],
        ] as const
      ) {
        const { success, stderr } = await runTool(tool, args);
        assertEquals(success, true, stderr);
      }
      assertEquals(launcherOf(X86_64), await Deno.readFile(code));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("there is no launcher for a processor that nobody has written one for", () => {
  const ALPHA = 0x9026;
  assertEquals(launcherOf(ALPHA), undefined);
});
