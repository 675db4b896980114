/**
 * The configuration reader as a target: whatever stands in the file, the answer is a configuration or
 * mistakes with their places. It is the operator's file, so neither time nor memory is limited.
 */

import { assert } from "@std/assert";
import { readConfiguration } from "../../src/config/load.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import type { Prng } from "../harness/prng.ts";
import { CONFIGURATIONS } from "./corpus.ts";
import type { Target } from "./target.ts";

const SPICE = [
  ..."{}[]:,#&*!|>'\"%@`-? \n\t\\\0\u{1f4a5}",
  "<<: ",
  "*a ",
  "&a ",
  "!!binary ",
  "---\n",
  "null",
  "-1",
  "1e999",
  "0x",
  "18446744073709551616",
  "__proto__",
  "constructor",
  ".nan",
];

/** Reads a text, and has every mistake told. */
export function readAnything(text: string): void {
  const { configuration, mistakes } = readConfiguration("fuzz.yaml", text);
  const hasError = mistakes.some(({ severity }) => severity === "error");
  assert((configuration === undefined) === hasError, "neither a configuration nor an error");
  for (const mistake of mistakes) assert(formatMistake(mistake).length > 0);
}

function distortedText(prng: Prng, text: string): string {
  let out = text;
  for (let hits = 1 + prng.below(4); hits > 0; hits--) {
    const at = prng.below(out.length + 1);
    const length = prng.below(12);
    const how = prng.below(4);
    const [head, tail] = [out.slice(0, at), out.slice(at)];
    if (how === 0) out = head + tail.slice(length);
    else if (how === 1) out = head + tail.slice(0, length) + tail;
    else if (how === 2) out = head + prng.pick(SPICE) + tail;
    else out = out.split("\n").filter(() => !prng.chance(0.1)).join("\n");
  }
  return out;
}

export const CONFIGURATION: Target = {
  name: "configuration",
  share: 1,
  isExposed: false,
  isRepeatable: false,
  fixedOctets: 0,
  executions: 100,
  begin: (prng) => () => {
    const text = distortedText(prng, prng.pick(CONFIGURATIONS).text);
    return { octets: new TextEncoder().encode(text), run: () => readAnything(text) };
  },
};
