/** `deno task bundle`: its one file, alone in the world, links two LANs. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ROOT, runTool } from "../../packaging/program.ts";
import { VERSION } from "../../src/daemon/version.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";

/** The system's own programs; a Deno is not among them. */
const SYSTEM_PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

/** A folder with nothing in it but the executable, and the words that start it there. */
async function withBundle(use: (folder: string, command: string[]) => Promise<void>) {
  const [made, empty] = await Promise.all([Deno.makeTempDir(), Deno.makeTempDir()]);
  try {
    const bundle = ["run", "-A", "packaging/bundle.ts", `${made}/longwire`];
    const { success, stdout, stderr } = await runTool(Deno.execPath(), bundle);
    assertEquals(success, true, stderr);
    assertMatch(stdout, /^\S+longwire: \d+\.\d MB, starts in \d+ ms\n$/);
    await Deno.copyFile(`${made}/longwire`, `${empty}/longwire`);
    await Deno.remove(made, { recursive: true });
    await use(empty, ["-i", SYSTEM_PATH, `HOME=${empty}`]);
  } finally {
    await Deno.remove(empty, { recursive: true });
  }
}

testRequiring(
  [root, tunDevice, iproute2, program("unshare", "util-linux")],
  "the bundle links two LANs from an empty folder, without environment, caches and network",
  () =>
    withBundle(async (folder, environment) => {
      const version = await runTool("env", [...environment, `${folder}/longwire`, "--version"]);
      assertEquals(version.stdout, `longwire ${VERSION}\n`, version.stderr);
      const command = ["unshare", "--net", `${folder}/longwire`, "demo"];
      const { success, stdout, stderr } = await runTool("env", [...environment, ...command]);
      assertEquals(success, true, stdout + stderr);
      assertStringIncludes(stdout, "Everything is removed again.");
      const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
      assertEquals(left, [".cache", "longwire"]);
    }),
);

Deno.test("a Deno that cannot be used is refused before anything is written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const bundle = ["run", "-A", "packaging/bundle.ts", `${folder}/longwire`];
    const environment = { DENO_BIN: `${ROOT}LICENSE` };
    const { success, stderr } = await runTool(Deno.execPath(), bundle, environment);
    assertEquals(success, false);
    assertStringIncludes(stderr, "LICENSE is no position-independent 64-bit ELF executable");
    assertEquals([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
