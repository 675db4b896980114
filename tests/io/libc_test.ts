/**
 * What FFI is dangerous for: permissions, errno, buffers that only the kernel remembers, garbage.
 * Each case is a program of its own, because it depends on how Deno is started.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LIBC_PATHS } from "../../src/io/libc.ts";

const LIBC = LIBC_PATHS.find((path) => exists(path)) ?? "";

Deno.test("the path of libc is all that has to be granted", async () => {
  const { code, stdout, stderr } = await run("least_privilege.ts", [
    "--no-prompt",
    `--allow-ffi=${LIBC}`,
  ]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, "everything worked\n");
});

Deno.test("a folder may be granted instead", async () => {
  const folder = LIBC.slice(0, LIBC.lastIndexOf("/"));
  const { code } = await run("least_privilege.ts", ["--no-prompt", `--allow-ffi=${folder}`]);
  assertEquals(code, 0);
});

Deno.test("without the grant the first system call says what to grant, and no import fails", async () => {
  const { code, stdout, stderr } = await run("least_privilege.ts", ["--no-prompt"]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, `it needs --allow-ffi=${LIBC_PATHS[0]}, or where it is`);
});

Deno.test("moving a packet allocates nothing", async () => {
  const { stdout } = await run("move_packets.ts", ["-A", "--v8-flags=--min-semi-space-size=64"]);
  const { moving, making } = JSON.parse(stdout) as { moving: number; making: number };
  assert(making > 12, `an object costs ${making} octets: the measurement is worth something`);
  // Less than the smallest object there is; the measurement itself costs something.
  assert(moving < 4, `${moving} octets of heap per packet`);
});

Deno.test("the kernel's pointers stay good while everything else is collected", async () => {
  const { code, stdout, stderr } = await run("collect_and_move.ts", [
    "-A",
    "--v8-flags=--expose-gc",
  ]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, "all packets were right\n");
});

async function run(program: string, options: readonly string[]) {
  const path = new URL(`./programs/${program}`, import.meta.url).pathname;
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...options, path],
    stdin: "null",
  }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((octets) =>
    new TextDecoder().decode(octets)
  );
  return { code: output.code, stdout: stdout ?? "", stderr: stderr ?? "" };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
