/**
 * The configuration reader against the corpus of texts, and a short run of the fuzzer: apart from
 * `tests/fuzz`, because the YAML reader wants to see the environment.
 */

import { assertEquals } from "@std/assert";
import { CONFIGURATION, readAnything } from "../fuzz/configuration_target.ts";
import { CONFIGURATIONS } from "../fuzz/corpus.ts";
import { runRow } from "../fuzz/runner.ts";

Deno.test("every text in the corpus is a configuration or has mistakes that can be told", () => {
  for (const { text } of CONFIGURATIONS) readAnything(text);
});

Deno.test("a short run of the fuzzer finds nothing: configuration", () => {
  assertEquals(runRow(CONFIGURATION, 1).failure, undefined);
});
