/** Deno executables with a program in them: what Deno is told, and which files will not do. */

import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { makeExecutable, PROGRAM_PATH } from "../../packaging/executable/executable.ts";
import { runTool } from "../../packaging/program.ts";

const SOURCE = `
if ("WorkerGlobalScope" in globalThis) postMessage(import.meta.url);
else {
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.onmessage = ({ data }) => {
    console.log(JSON.stringify({
      args: Deno.args,
      given: Deno.env.get("GIVEN"),
      kept: Deno.env.get("KEPT"),
      worker: data,
      own: Deno.execPath(),
    }));
    if (Deno.args[0] !== "wait") worker.terminate();
  };
}`;

const PROGRAM = {
  text: new TextEncoder().encode(SOURCE),
  args: ["run", "--allow-all", "--no-config", "--no-lock", "--ext=js", PROGRAM_PATH],
  variables: { GIVEN: "by the executable", EMPTY: "" },
};

async function withExecutable(use: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-executable-" });
  try {
    const file = `${folder}/program`;
    const octets = makeExecutable(await Deno.readFile(Deno.execPath()), PROGRAM);
    await Deno.writeFile(file, octets, { mode: 0o755 });
    await use(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an executable runs its program, in workers too, with the user's arguments", () =>
  withExecutable(async (file) => {
    const environment = { GIVEN: "by the user", KEPT: "kept" };
    for (const args of [[], ["one"], ["--version", "", "-A", "ä b"], Array(300).fill("x")]) {
      const { stdout, stderr } = await runTool(file, args, environment);
      assertEquals(stderr, "");
      assertEquals(JSON.parse(stdout), {
        args,
        given: "by the executable",
        kept: "kept",
        worker: `file://${PROGRAM_PATH}`,
        own: await Deno.realPath(file),
      });
    }
  }));

/** Runs it with arguments that begin with `wait`, and hands over its process once it is up. */
async function whileWaiting(
  args: readonly string[],
  use: (child: Deno.ChildProcess, file: string) => Promise<void>,
): Promise<void> {
  await withExecutable(async (file) => {
    const child = new Deno.Command(file, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.stdout.getReader();
    await output.read();
    try {
      await use(child, file);
    } finally {
      child.kill("SIGTERM");
      await child.status;
      await output.cancel();
    }
    assertEquals(await new Response(child.stderr).text(), "");
  });
}

Deno.test("an executable's command line shows the words that were typed, and no others", () =>
  whileWaiting(["wait", "b"], async ({ pid }, file) => {
    const shown = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    assertEquals(shown.split("\0"), [file, "wait", "b", ""]);
  }));

Deno.test("an executable is deaf to SIGUSR1, by which Deno would open its debugger", () =>
  whileWaiting(["wait"], async (child) => {
    child.kill("SIGUSR1");
    const status = await Deno.readTextFile(`/proc/${child.pid}/status`);
    assertMatch(status, /^ShdPnd:\s0*200$/m);
  }));

Deno.test("files that are no Deno are refused, and it is said why", () => {
  const refused = (octets: Uint8Array<ArrayBuffer>, why: string) => {
    const error = assertThrows(() => makeExecutable(octets, PROGRAM), RangeError);
    assertStringIncludes(error.message, why);
  };
  refused(new Uint8Array(), "no position-independent 64-bit ELF");
  refused(new TextEncoder().encode(`#!/bin/sh\n${" ".repeat(100)}`), "no position-independent");
  const deno = Deno.readFileSync(Deno.execPath());
  const changed = (offset: number, value: number) => {
    const copy = deno.slice();
    copy[offset] = value;
    return copy;
  };
  refused(changed(4, 1), "no position-independent 64-bit ELF");
  refused(changed(16, 2), "no position-independent 64-bit ELF");
  refused(changed(18, 8), "no launcher (processor 8)");
  const odd = { ...PROGRAM, args: ["run", "--allow-all", PROGRAM_PATH] };
  assertThrows(() => makeExecutable(deno, odd), RangeError, "even number");
});

Deno.test("an executable is not made a second one of: its note has been used", () =>
  withExecutable(async (file) => {
    const octets = await Deno.readFile(file);
    assertThrows(() => makeExecutable(octets, PROGRAM), RangeError, "has not got the note");
  }));
