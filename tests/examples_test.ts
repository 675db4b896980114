/**
 * What a reader is shown is true: every file of `examples/` does what it is there for, and the
 * README knows every command there is.
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../src/cli/command_table.ts";
import { runProgram } from "../src/cli/namespaces.ts";
import { typed } from "./cli/recorded_terminal.ts";

const EXAMPLES = new URL("../examples/", import.meta.url);

const EXAMPLE_NAMES = new Set([...Deno.readDirSync(EXAMPLES)].map(({ name }) => name));

/** `secret: { file: … }` of a configuration. */
const SECRET_FILE = /(?<=\{ file: )[\w.-]+(?= \})/g;

/** Configurations that are the two ends of one link. */
const PAIRS = [["site-a.yaml", "site-b.yaml"], ["hub.yaml", "spoke.yaml"]] as const;

/** A copy of the configurations with the secrets beside them that their user would make. */
async function copyOfConfigurations(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-examples-" });
  for await (const { name } of Deno.readDir(EXAMPLES)) {
    if (name.endsWith(".ts")) continue;
    if (name.endsWith(".pcap")) {
      await Deno.copyFile(new URL(name, EXAMPLES), `${folder}/${name}`);
      continue;
    }
    const text = await Deno.readTextFile(new URL(name, EXAMPLES));
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o600 });
    for (const file of text.match(SECRET_FILE) ?? []) {
      if (EXAMPLE_NAMES.has(file)) continue;
      await Deno.writeTextFile(`${folder}/${file}`, `secret of ${file}\n`, { mode: 0o600 });
    }
  }
  return folder;
}

Deno.test("the configurations among the examples have no mistake", async (t) => {
  const folder = await copyOfConfigurations();
  Deno.env.set("LONGWIRE_SECRET", "of tests");
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      if (!name.endsWith(".yaml")) continue;
      await t.step(name, async () => {
        const { code, out, err } = await typed("check", `${folder}/${name}`);
        assertEquals(code, 0, out + err);
      });
    }
    for (const [one, other] of PAIRS) {
      await t.step(`${one} and ${other} fit each other`, async () => {
        const words = ["check", `${folder}/${one}`, "--pair", `${folder}/${other}`];
        const { code, out, err } = await typed(...words);
        assertEquals(code, 0, out + err);
      });
    }
  } finally {
    Deno.env.delete("LONGWIRE_SECRET");
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("IPsec goes under it as the example says, and no cookie stands in for it [V3-PSN-01, V3-PSN-02, V3-SEC-04]", async () => {
  const [wire, ipsec, readme] = await Promise.all(
    ["over-ipsec.yaml", "over-ipsec.swanctl.conf", "../README.md"]
      .map((name) => Deno.readTextFile(new URL(name, EXAMPLES))),
  );
  const [, local] = /^ +local: (\S+)$/m.exec(wire!)!;
  const [, remote] = /^ +remote: (\S+)$/m.exec(wire!)!;
  assertMatch(ipsec!, new RegExp(`local_addrs = ${local}\\n +remote_addrs = ${remote}\\n`));
  assertMatch(ipsec!, /mode = transport/);
  for (const end of ["local", "remote"]) {
    assertMatch(ipsec!, new RegExp(`${end}_ts = dynamic\\[udp/1701\\]`));
  }
  assertStringIncludes(ipsec!, "dynamic[115]");
  assertMatch(readme!, /cookies; it encrypts nothing\.\s+Where that matters.*IPsec/);
});

Deno.test("streams_link.ts carries its frames", async () => {
  const program = new URL("streams_link.ts", EXAMPLES).pathname;
  const { code, stdout, stderr } = await runProgram([Deno.execPath(), "run", "-A", program]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "3 sent, 3 received");
});

Deno.test("the examples that need root say how they are called", async () => {
  for (const name of ["answering.ts", "tap_link.ts"]) {
    const program = new URL(name, EXAMPLES).pathname;
    const without = await runProgram([Deno.execPath(), "run", "-A", program]);
    assertEquals(without.code, 2);
    assertStringIncludes(without.stderr, "usage: ");
  }
});

Deno.test("the README knows every command", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  const table = readme.split("\n").filter((line) => line.startsWith("| `")).join("\n");
  for (const { name } of COMMANDS) assertMatch(table, new RegExp("`" + name + "\\b"), name);
});
