/**
 * `deno task compile`, as far as it goes without a download: what it bakes in, and what it says when
 * there is no runtime. In place of Deno's runtime of compiled programs stands Deno itself, into
 * which `deno compile` puts the same things.
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import configuration from "../../deno.json" with { type: "json" };
import { type Outcome, runTool } from "../../packaging/program.ts";
import { program, root, testRequiring } from "../harness/requires.ts";

const COMPILE = [Deno.execPath(), "run", "-A", "packaging/compile.ts"] as const;

/** Runs the task with an output folder of its own. */
async function compile(
  command: readonly string[],
  environment: Record<string, string>,
  look: (outcome: Outcome, folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-compile-" });
  try {
    const [tool = "", ...args] = command;
    await look(await runTool(tool, args, { LONGWIRE_DIST: folder, ...environment }), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What `deno compile` has written about the program: one JSON object in the executable. */
function metadataOf(executable: Uint8Array): Record<string, unknown> {
  const text = new TextDecoder("latin1").decode(executable);
  const start = text.lastIndexOf('{"argv":');
  let depth = 0;
  let end = start;
  do {
    if (text[end] === "{") depth += 1;
    if (text[end] === "}") depth -= 1;
    end += 1;
  } while (depth > 0);
  return JSON.parse(text.slice(start, end));
}

Deno.test("compile takes the runtime of DENORT_BIN; permissions and the workers' file go in", () =>
  compile(COMPILE, { DENORT_BIN: Deno.execPath() }, async ({ success, stdout, stderr }, folder) => {
    assertEquals(success, true, stderr);
    const file = `${folder}/longwire-${Deno.build.arch}`;
    assertStringIncludes(stdout, `${file}: `);
    const octets = await Deno.readFile(file);
    const { permissions, unstable_config } = metadataOf(octets) as {
      permissions: Record<string, unknown>;
      unstable_config: Record<string, unknown>;
    };
    assertEquals(permissions.allow_ffi, configuration.permissions.daemon.ffi);
    for (const any of ["allow_read", "allow_write", "allow_net", "allow_env", "allow_run"]) {
      assertEquals(permissions[any], [], any);
    }
    assertEquals(permissions.deny_import, []);
    assertEquals(unstable_config.features, ["net"]);
    const worker = await Deno.readTextFile(
      new URL("../../src/dataplane/worker.ts", import.meta.url),
    );
    // Compared with `includes`: an assertion that printed both texts would print the executable.
    const carried = new TextDecoder("latin1").decode(octets).includes(worker.slice(0, 80));
    assertEquals(carried, true, "the executable does not carry src/dataplane/worker.ts");
  }));

/** A folder of caches with the modules in it and no runtime, whatever has been compiled before. */
async function withoutRuntimes(use: (cache: string) => Promise<void>): Promise<void> {
  const { stdout } = await runTool(Deno.execPath(), ["info", "--json"]);
  const { denoDir } = JSON.parse(stdout) as { denoDir: string };
  const cache = await Deno.makeTempDir({ prefix: "longwire-cache-" });
  try {
    await Deno.symlink(`${denoDir}/npm`, `${cache}/npm`);
    await use(cache);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

testRequiring(
  [root, program("unshare", "util-linux")],
  "compile says what to do when the runtime cannot be downloaded",
  () =>
    withoutRuntimes((cache) =>
      compile(
        ["unshare", "--net", ...COMPILE, "aarch64"],
        { DENO_DIR: cache },
        ({ success, stderr }, folder) => {
          assertEquals(success, false);
          assertStringIncludes(stderr, "could not be downloaded");
          const { deno } = Deno.version;
          const name = `release/v${deno}/denort-aarch64-unknown-linux-gnu.zip`;
          assertStringIncludes(stderr, `https://dl.deno.land/${name}\n`);
          assertStringIncludes(stderr, "DENORT_BIN=PATH/denort deno task compile");
          assertStringIncludes(stderr, "deno task bundle");
          assertEquals([...Deno.readDirSync(folder)], []);
        },
      )
    ),
);

Deno.test("compile knows its targets, and tells other reasons as they are", async () => {
  await compile([...COMPILE, "mips"], {}, ({ success, stderr }) => {
    assertEquals(success, false);
    assertEquals(stderr, "no target: mips; there are x86_64, aarch64\n");
  });
  await compile(COMPILE, { DENORT_BIN: "/nonexistent" }, ({ success, stderr }) => {
    assertEquals(success, false);
    assertStringIncludes(stderr, "Could not find denort at '/nonexistent'");
  });
});
