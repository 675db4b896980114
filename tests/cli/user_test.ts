/** `longwire user`: what it prints is a line of a users file, and fits the password. */

import { assert, assertEquals } from "@std/assert";
import { scryptSync } from "node:crypto";
import { ownCommand } from "../../src/cli/traffic_pair.ts";
import { readUsers } from "../../src/config/users.ts";

async function run(password: string, ...args: string[]) {
  const [program = "", ...rest] = ownCommand("user", ...args);
  const command = new Deno.Command(program, {
    args: rest,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  const child = command.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${password}\n`));
  await writer.close();
  const { code, stdout } = await child.output();
  return { code, text: new TextDecoder().decode(stdout) };
}

async function credentialOf(text: string) {
  const file = await Deno.makeTempFile({ prefix: "longwire-user-" });
  try {
    await Deno.writeTextFile(file, text, { mode: 0o600 });
    const reading = readUsers(file);
    assert("users" in reading);
    assertEquals(reading.mistakes, []);
    return reading.users[0];
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("the hash is the password's, and does not show it", async () => {
  const { code, text } = await run("a pass: word", "bob@example.net");
  assertEquals([code, text.includes("pass: word")], [0, false]);
  const user = await credentialOf(text);
  assertEquals(user?.name, "bob@example.net");
  assert(user?.credential.kind === "hash");
  const { cost: N, blockSize: r, parallelization: p, salt, key } = user.credential.hash;
  const made = scryptSync("a pass: word", salt, 32, { N, r, p, maxmem: 256 * N * r });
  assertEquals(new Uint8Array(made), key.reveal());
});

Deno.test("the NT hash is RFC 2759's, the clear password itself", async () => {
  // RFC 2759 §9.2.
  const hashed = await credentialOf((await run("clientPass", "User", "--nt-hash")).text);
  assert(hashed?.credential.kind === "nt-hash");
  assertEquals(hashed.credential.hash.reveal().toHex(), "44ebba8d5312b8d611474411f56989ae");
  const clear = await credentialOf((await run("a: #b", "User", "--clear")).text);
  assert(clear?.credential.kind === "password");
  assertEquals(new TextDecoder().decode(clear.credential.password.reveal()), "a: #b");
});

Deno.test("no password, or two forms of it, is no user", async () => {
  assertEquals((await run("", "bob")).code, 1);
  assertEquals((await run("x", "bob", "--clear", "--nt-hash")).code, 2);
});
