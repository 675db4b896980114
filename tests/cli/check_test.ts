/** `longwire check`. */

import { assertEquals, assertStringIncludes } from "@std/assert";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { typed } from "./recorded_terminal.ts";

const GOLDEN = new URL("../config/golden/", import.meta.url).pathname;

Deno.test("a configuration with mistakes ends with 4 and tells how many", async () => {
  const { code, out, err } = await typed("check", `${GOLDEN}every_mistake.yaml`);
  assertEquals([code, out], [4, ""]);
  const carets = err.split("\n").filter((line) => /^ +\| *\^~*$/.test(line)).length;
  assertStringIncludes(err, `every_mistake.yaml: ${carets} mistakes\n`);
});

Deno.test("run starts nothing of a configuration with mistakes", async () => {
  const { code, err } = await typed("run", `${GOLDEN}every_mistake.yaml`);
  assertEquals(code, 4);
  assertStringIncludes(err, "nothing was started\n");
});

Deno.test("a pair that does not fit ends with 4, one that does with 0", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a`, "connections: { x: { remote: 192.0.2.2 } }");
    await Deno.writeTextFile(
      `${folder}/b`,
      "connections: { x: { remote: 192.0.2.1, encapsulation: ip } }",
    );
    const { code, err } = await typed("check", `${folder}/a`, "--pair", `${folder}/b`);
    assertEquals(code, 4);
    assertStringIncludes(err, "connections.x.encapsulation: is udp here and ip in");
    const fits = await typed("check", `${folder}/a`, "--pair", `${folder}/a`);
    assertEquals([fits.code, fits.err], [0, ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the schema is printed as JSON", async () => {
  const { code, out } = await typed("check", "--schema");
  assertEquals(code, 0);
  assertEquals(JSON.parse(out).title, "longwire configuration");
});
