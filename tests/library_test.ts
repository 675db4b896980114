/**
 * The library as its user has it: the entries of `deno.json`, what they export, and the examples in
 * their comments, which are run.
 */

import { assertEquals } from "@std/assert";
import { runProgram } from "../src/cli/namespaces.ts";
import forDeno from "../deno.json" with { type: "json" };
import forJsr from "../deno.jsr.json" with { type: "json" };

const ROOT = new URL("../", import.meta.url);

/** What each entry is for (DESIGN section 10). */
const PROMISED: Readonly<Record<string, readonly string[]>> = {
  ".": ["openEndpoint", "joinSessions", "Endpoint", "ControlConnection", "Session"],
  "./core": ["Lcce"],
  "./wire": ["dissect", "decodeControlMessage", "encodeControlMessage"],
};

/** Loaded before the tests: what opens libc keeps it open, which a test would count as a leak. */
const EXPORTED = await Promise.all(
  Object.entries(forDeno.exports).map(async ([entry, path]) => ({
    entry,
    names: Object.keys(await import(new URL(path, ROOT).href)),
  })),
);

Deno.test("every entry exports what it is there for", () => {
  assertEquals(EXPORTED.map(({ entry }) => entry), Object.keys(PROMISED));
  for (const { entry, names } of EXPORTED) {
    assertEquals(PROMISED[entry]?.filter((name) => !names.includes(name)), [], entry);
  }
});

Deno.test("JSR would get the same package", () => {
  for (const key of ["name", "version", "license", "exports"] as const) {
    assertEquals(forJsr[key], forDeno[key], key);
  }
});

Deno.test("the examples in comments run", async () => {
  const files = ["mod.ts", "src/endpoint/open_endpoint.ts", "src/wire/dissect.ts"]
    .map((path) => new URL(path, ROOT).pathname);
  const words = [Deno.execPath(), "test", "--doc", "-A", "--no-prompt", ...files];
  const { code, stdout, stderr } = await runProgram(words);
  assertEquals(code, 0, stdout + stderr);
  for (const said of ["60 octets", "v3 HELLO id=1 ns=7 nr=3"]) {
    assertEquals(stdout.includes(said), true, stdout);
  }
});
