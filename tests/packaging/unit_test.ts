/** The unit: how open `systemd-analyze security` finds it, with and without namespaces. */

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { ROOT, runTool } from "../../packaging/program.ts";
import { program, testRequiring } from "../harness/requires.ts";

const UNIT = `${ROOT}packaging/systemd/longwire.service`;

/** "Safe", in the words of systemd-analyze. */
const HIGHEST_EXPOSURE = 2.0;

async function exposure(unit: string): Promise<number> {
  const args = ["security", "--offline=true", "--no-pager", unit];
  const { stdout, stderr } = await runTool("systemd-analyze", args);
  const found = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout);
  assertEquals(found?.length, 2, stdout + stderr);
  return Number(found?.[1]);
}

testRequiring(
  [program("systemd-analyze", "systemd")],
  "the unit is exposed no more than 2.0",
  async () => assertLessOrEqual(await exposure(UNIT), HIGHEST_EXPOSURE),
);

testRequiring(
  [program("systemd-analyze", "systemd")],
  "systemd finds no mistake in the units",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "longwire-unit-" });
    try {
      // On a machine without longwire, its program and manuals are not what is asked about.
      const text = (await Deno.readTextFile(UNIT))
        .replaceAll("/usr/bin/longwire", "/bin/true")
        .replace(/^Documentation=.*\n/m, "");
      await Deno.writeTextFile(`${folder}/longwire.service`, text);
      await Deno.copyFile(`${ROOT}packaging/systemd/longwire.socket`, `${folder}/longwire.socket`);
      const files = [`${folder}/longwire.service`, `${folder}/longwire.socket`];
      const { success, stderr } = await runTool("systemd-analyze", [
        "verify",
        "--man=no",
        ...files,
      ]);
      assertEquals(stderr, "");
      assertEquals(success, true);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
