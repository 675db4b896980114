/**
 * The demo as a user runs it: it succeeds, and it leaves nothing behind, also when it is
 * interrupted.
 */

import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { endProcess, runProgram } from "../../src/cli/namespaces.ts";
import { lines } from "../../src/cli/traffic.ts";
import { ownCommand } from "../../src/cli/traffic_pair.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";

const NEEDS = [root, tunDevice, iproute2];
const PROGRAM = ownCommand("demo");

async function namespacesOf(pid: number): Promise<string[]> {
  const { stdout } = await runProgram(["ip", "netns", "list"]);
  return stdout.split("\n").filter((name) => name.startsWith(`lw-demo-${pid}-`));
}

function startDemo(): Deno.ChildProcess {
  const [program = "", ...args] = PROGRAM;
  return new Deno.Command(program, { args, stdout: "piped", stderr: "null" }).spawn();
}

testRequiring(NEEDS, "the demo links, pings and measures two LANs", async () => {
  const demo = startDemo();
  const output = await new Response(demo.stdout).text();
  assertEquals((await demo.status).code, 0, output);
  assertMatch(output, /session lan is established, MTU 1438/);
  assertMatch(output, /TCP from lan-a to lan-b: 250 MB in [\d.]+ s, [\d.]+ Gbit\/s/);
  assertEquals(output.match(/session +lan +established/g)?.length, 2, output);
  assertNotMatch(output, /drops [1-9]/);
  assertEquals(await namespacesOf(demo.pid), []);
});

testRequiring(NEEDS, "the demo leaves nothing behind when it is interrupted", async () => {
  const demo = startDemo();
  const output = lines(demo.stdout);
  for await (const line of output) {
    if (line.includes("is established")) break;
  }
  await endProcess(demo, "SIGINT");
  assertEquals((await demo.status).code, 1);
  assertEquals(await namespacesOf(demo.pid), []);
});
