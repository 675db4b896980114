/** The program's version is the project's. */

import { assertEquals } from "@std/assert";
import { VERSION } from "../../src/daemon/version.ts";

Deno.test("the program tells the version of deno.json", () => {
  const text = Deno.readTextFileSync(new URL("../../deno.json", import.meta.url));
  assertEquals(JSON.parse(text).version, VERSION);
});
