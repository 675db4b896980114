/** The coverage page's maker: it finds the IDs in test names, and refuses IDs that do not exist. */

import { assertEquals, assertThrows } from "@std/assert";
import { composePage, readClaims, readSections } from "./coverage.ts";

const PAGE = "# R\n\n## 1. One\n\n| ID | Where | Level | Requirement |\n|---|---|---|---|\n" +
  "| V3-REL-01  | 3931 §4.2 | def    | Counts. |\n| V3-REL-14 | 3931 §4.2 | MAY | May cap. |\n";

Deno.test("rows are read with their section, place and level, padded or not", () => {
  assertEquals(readSections(PAGE), [{
    title: "1. One",
    rows: [
      { id: "V3-REL-01", where: "3931 §4.2", level: "def" },
      { id: "V3-REL-14", where: "3931 §4.2", level: "MAY" },
    ],
  }]);
});

Deno.test("IDs at the end of a test's name are claims, other brackets are not", () => {
  const source = 'test("counts [V3-REL-01, A-14]", f);\ntest(`${cell}: wraps [V3-REL-02]`, f);\n' +
    'test("reads a[0] of [x]", f);';
  assertEquals(readClaims("t", source), [
    ["V3-REL-01", { file: "t", name: "counts" }],
    ["A-14", { file: "t", name: "counts" }],
    ["V3-REL-02", { file: "t", name: "${cell}: wraps" }],
  ]);
});

Deno.test("a claimed row names its test, an unclaimed one says so, a MAY is no gap", () => {
  const claims = new Map([["V3-REL-01", [{ file: "tests/a_test.ts", name: "counts" }]]]);
  const page = composePage(readSections(PAGE), claims);
  assertEquals(page.includes("| 1. One | 1 of 1 | 0 | 0 | 1 of 2 |"), true);
  assertEquals(page.includes("| V3-REL-01 | 3931 §4.2 | def | counts (a) |"), true);
  assertEquals(page.includes("| V3-REL-14 | 3931 §4.2 | MAY | _not yet_ |"), true);
});

Deno.test("a claim of an unknown row stops the page", () => {
  const claims = new Map([["V3-REL-99", [{ file: "tests/a_test.ts", name: "x" }]]]);
  assertThrows(() => composePage(readSections(PAGE), claims), Error, "claims unknown V3-REL-99");
});
