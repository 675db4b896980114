/** The lint plugin, tried on small sources: each rule refuses what it is for, and only that. */

import { assertEquals } from "@std/assert";
import plugin from "./layers.ts";

function faults(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, `/work/main/src/${file}`, source).map((found) => found.id);
}

Deno.test("an import against the arrows is refused, one along them is not", () => {
  assertEquals(faults("wire/avp.ts", `import { a } from "../core/lcce.ts";`), ["longwire/layers"]);
  assertEquals(faults("core/lcce.ts", `import { a } from "../dataplane/forwarder.ts";`), [
    "longwire/layers",
  ]);
  assertEquals(faults("io/tap.ts", `import type { A } from "../model/path.ts";`), [
    "longwire/layers",
  ]);
  assertEquals(faults("core/lcce.ts", `import { a } from "../wire/avp.ts";`), []);
  assertEquals(faults("wire/avp.ts", `import { a } from "./byte_reader.ts";`), []);
});

Deno.test("re-exports and dynamic imports are imports too", () => {
  assertEquals(faults("wire/avp.ts", `export * from "../core/lcce.ts";`), ["longwire/layers"]);
  assertEquals(faults("wire/avp.ts", `export { a } from "../core/lcce.ts";`), ["longwire/layers"]);
  assertEquals(faults("wire/avp.ts", `await import("../io/libc.ts");`), ["longwire/layers"]);
});

Deno.test("three files of the data plane may reach io, the others may not", () => {
  const source = `import { a } from "../io/poller.ts";`;
  assertEquals(faults("dataplane/worker.ts", source), []);
  assertEquals(faults("dataplane/forwarder.ts", source), ["longwire/layers"]);
});

Deno.test("the daemon may name the model's types but not use its values", () => {
  assertEquals(faults("daemon/daemon.ts", `import type { A } from "../model/path.ts";`), []);
  assertEquals(faults("daemon/daemon.ts", `import { a } from "../model/path.ts";`), [
    "longwire/layers",
  ]);
});

Deno.test("foreign modules come in where the table says", () => {
  assertEquals(faults("crypto/digest.ts", `import { createHmac } from "node:crypto";`), []);
  assertEquals(faults("wire/avp.ts", `import { createHmac } from "node:crypto";`), [
    "longwire/layers",
  ]);
  assertEquals(faults("config/read.ts", `import { parse } from "yaml";`), []);
});

Deno.test("pure code may not ask for time, randomness or the runtime", () => {
  for (const use of ["Date.now()", "performance.now()", "setTimeout(f, 1)", "console.log(1)"]) {
    assertEquals(faults("core/lcce.ts", use), ["longwire/pure"], use);
  }
  assertEquals(faults("ppp/lcp.ts", "Math.random()"), ["longwire/pure"]);
  assertEquals(faults("wire/avp.ts", "Deno.readFileSync('x')"), ["longwire/pure"]);
  assertEquals(faults("io/clock.ts", "performance.now()"), []);
});

Deno.test("a property that bears a forbidden name is no use of the global", () => {
  assertEquals(faults("core/lcce.ts", "const a = machine.process; const b = { Date: 1 };"), []);
});

Deno.test("the version is asked for in three files only", () => {
  const source = "if (header.version === 2) run();";
  assertEquals(faults("core/session.ts", source), ["longwire/one-dialect"]);
  assertEquals(faults("core/session.ts", "if (3 !== version) run();"), ["longwire/one-dialect"]);
  assertEquals(faults("core/negotiation.ts", source), []);
  assertEquals(faults("core/session.ts", "if (length === 2) run();"), []);
});

Deno.test("a function over sixty lines is refused", () => {
  const body = (lines: number) => `function f() {\n${"  g();\n".repeat(lines - 2)}}`;
  assertEquals(faults("core/lcce.ts", body(60)), []);
  assertEquals(faults("core/lcce.ts", body(61)), ["longwire/function-length"]);
});

Deno.test("default exports, vague class names, enums and any are refused", () => {
  assertEquals(faults("core/lcce.ts", "export default 1;"), ["longwire/names"]);
  assertEquals(faults("core/lcce.ts", "class SessionManager {}"), ["longwire/names"]);
  assertEquals(faults("core/lcce.ts", "enum State { Idle }"), ["longwire/names"]);
  assertEquals(faults("core/lcce.ts", "let a: any;"), ["longwire/names"]);
});
