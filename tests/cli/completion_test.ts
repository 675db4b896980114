/** Completion scripts, asked by the shells that they are for. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { completionScript, type Shell } from "../../src/cli/completion.ts";
import { runProgram } from "../../src/cli/namespaces.ts";
import { program, testRequiring } from "../harness/requires.ts";
import { typed } from "./recorded_terminal.ts";

/** Words typed so far, of which the last is being typed, and what is to come of it. */
const CASES: readonly (readonly [words: readonly string[], among: readonly string[]])[] = [
  [["capt"], ["capture"]],
  [["re"], ["reload", "restart"]],
  [["link", "--enc"], ["--encapsulation"]],
  [["link", "--encapsulation", ""], ["ip", "udp"]],
  [["completion", ""], ["bash", "fish", "zsh"]],
  [["help", "rel"], ["reload"]],
  [["demo", "--traff"], ["--traffic"]],
];

/** Names that the daemon, or what is in its place here, tells. */
const NAMED: readonly (readonly [words: readonly string[], among: readonly string[]])[] = [
  [["down", ""], ["oslo", "paris"]],
  [["capture", "pa"], ["paris"]],
];
const IN_ITS_PLACE = "longwire() { echo paris; echo oslo; }; ";

async function withScript(shell: Shell, use: (file: string) => Promise<void>): Promise<void> {
  const file = await Deno.makeTempFile({ suffix: `.${shell}` });
  try {
    await Deno.writeTextFile(file, completionScript(shell, COMMANDS));
    await use(file);
  } finally {
    await Deno.remove(file);
  }
}

/** What a shell's program prints, as sorted words. */
async function printed(command: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram(command);
  assertEquals(stderr, "");
  assertEquals(code, 0);
  return stdout.split("\n").map((line) => line.replace(/\t.*/, "")).filter((word) => word !== "")
    .sort();
}

testRequiring(
  [program("bash", "bash")],
  "bash completes commands, options and choices",
  () =>
    withScript("bash", async (file) => {
      const ask = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _longwire; ' +
        'printf "%s\\n" "${COMPREPLY[@]}"';
      for (const [words, expected] of CASES) {
        const command = ["bash", "-c", ask, "bash", file, "longwire", ...words];
        assertEquals(await printed(command), expected, words.join(" "));
      }
      for (const [words, expected] of NAMED) {
        const command = ["bash", "-c", IN_ITS_PLACE + ask, "bash", file, "longwire", ...words];
        assertEquals(await printed(command), expected, words.join(" "));
      }
    }),
);

testRequiring(
  [program("fish", "fish")],
  "fish completes commands, options and choices",
  () =>
    withScript("fish", async (file) => {
      for (const [words, expected] of CASES) {
        const line = ["longwire", ...words].join(" ");
        const command = ["fish", "--no-config", "-c", `source ${file}; complete -C "${line}"`];
        assertEquals(await printed(command), expected, line);
      }
    }),
);

testRequiring(
  [program("zsh", "zsh")],
  "zsh takes its completions",
  () =>
    withScript("zsh", async (file) => {
      const ask = `autoload -U compinit && compinit -D -u && source ${file} && ` +
        "print $_comps[longwire] && whence -w _longwire";
      assertEquals(await printed(["zsh", "-f", "-c", ask]), ["_longwire", "_longwire: function"]);
    }),
);

Deno.test("an unknown shell is a usage error that names the known ones", async () => {
  const { code, err } = await typed("completion", "csh");
  assertEquals(code, 2);
  assertStringIncludes(err, 'no completion for "csh": bash, zsh, fish');
});
