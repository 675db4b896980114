/** The command line: what is understood, what is not, and what is said of it. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { typed } from "./recorded_terminal.ts";

/** Loaded here and not in a test: what opens libc keeps it open, which a test would count as a leak. */
const ACTIONS = await Promise.all(COMMANDS.map((command) => command.load()));

/** Words that are not understood, and what is said of them. */
const MISTYPED: readonly [words: string, said: string][] = [
  ["statu", 'there is no command "statu"; did you mean status?'],
  ["frobnicate", 'there is no command "frobnicate"; longwire help lists them'],
  ["status --josn", "status has no option --josn; did you mean --json?"],
  [
    "status --frobnicate=1",
    "status has no option --frobnicate; longwire help status lists its options",
  ],
  ["status -x", "status has no option -x; longwire help status lists its options"],
  ["status paris", "status does not know what paris is for; usage: longwire status"],
  ["up", "up needs NAME; usage: longwire up NAME"],
  ["run a b", "run does not know what b is for; usage: longwire run CONFIG"],
  ["up x --socket", "--socket needs a value: PATH"],
  ["up x --socket /a --socket /b", "--socket was given more than once"],
  ["check", "check needs CONFIG; usage: longwire check CONFIG"],
  ["help frobnicate", 'there is no command "frobnicate"'],
  ["link", "link needs REMOTE; usage: longwire link REMOTE"],
];

for (const [words, said] of MISTYPED) {
  Deno.test(`longwire ${words}`, async () => {
    assertEquals(await typed(...words.split(" ")), {
      code: 2,
      out: "",
      err: `longwire: ${said}\n`,
    });
  });
}

Deno.test("the help names every command, and each command's help every option", async () => {
  const { code, out } = await typed("--help");
  assertEquals(code, 0);
  for (const command of COMMANDS) {
    assertStringIncludes(out, `  ${command.name}`);
    const { out: own } = await typed(command.name, "--help");
    for (const { name, internal } of command.options) {
      assertEquals(own.includes(`--${name}`), internal !== true, `${command.name} --${name}`);
    }
    assertEquals(own, (await typed("help", command.name)).out);
  }
});

Deno.test("there is code behind every command", () => {
  assertEquals(ACTIONS.map((action) => typeof action), COMMANDS.map(() => "function"));
});

Deno.test("the version is told", async () => {
  const { code, out } = await typed("--version");
  assertEquals(code, 0);
  assert(/^longwire \d+\.\d+\.\d+\n$/.test(out), out);
});

Deno.test("options without a command belong to status", async () => {
  const { code, err } = await typed("--json", "--socket", "/nonexistent.sock");
  assertEquals(code, 3);
  assertEquals(
    err,
    "longwire: cannot reach the daemon on /nonexistent.sock: " +
      "there is no such socket; is the daemon running?\n",
  );
});
