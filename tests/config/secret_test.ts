/** Where secrets are read from, and that they do not let themselves be printed. */

import { assert, assertEquals } from "@std/assert";
import { readConfiguration } from "../../src/config/load.ts";
import { readSecret, Secret } from "../../src/config/secret.ts";
import { messagesOf, withFolder } from "./configurations.ts";

const WORDS = "correct horse battery staple";

function octetsOf(source: Parameters<typeof readSecret>[0], folder = "/"): Uint8Array {
  const reading = readSecret(source, folder);
  assert("secret" in reading, JSON.stringify(reading));
  return reading.secret.reveal();
}

Deno.test("a file is beside the configuration, and its last line end is no part of the secret", () => {
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/unix`, `${WORDS}\n`, { mode: 0o600 });
    Deno.writeTextFileSync(`${folder}/dos`, `${WORDS}\r\n`, { mode: 0o600 });
    Deno.writeTextFileSync(`${folder}/bare`, `${WORDS}\n\n`, { mode: 0o600 });
    const read = (path: string) =>
      new TextDecoder().decode(octetsOf({ kind: "file", path }, folder));
    assertEquals(read("unix"), WORDS);
    assertEquals(read("dos"), WORDS);
    assertEquals(read("bare"), `${WORDS}\n`);
    assertEquals(read(`${folder}/unix`), WORDS);
  });
});

Deno.test("a file that others can read is warned about, with the command that repairs it", () => {
  withFolder((folder) => {
    for (const [mode, who] of [[0o640, "its group"], [0o644, "its group and everybody"]] as const) {
      Deno.writeTextFileSync(`${folder}/s`, WORDS);
      Deno.chmodSync(`${folder}/s`, mode);
      const text = "connections: { b: { remote: a, secret: { file: s } } }";
      assertEquals(
        messagesOf(readConfiguration(`${folder}/x.yaml`, text)),
        `warning: connections.b.secret.file: ${folder}/s can be read by ${who}; ` +
          `run: chmod 600 ${folder}/s`,
      );
    }
  });
});

Deno.test("a secret that cannot be had is a mistake with a reason", () => {
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/empty`, "\n", { mode: 0o600 });
    const wrong = (source: Parameters<typeof readSecret>[0]) => {
      const reading = readSecret(source, folder);
      assert("wrong" in reading);
      return reading.wrong.replaceAll(folder, "…");
    };
    assertEquals(
      wrong({ kind: "file", path: "none" }),
      "cannot read the secret's file …/none: no such file",
    );
    assertEquals(wrong({ kind: "file", path: "empty" }), "the secret's file …/empty is empty");
    assertEquals(
      wrong({ kind: "environment", variable: "LONGWIRE_TEST_UNSET" }),
      "environment variable LONGWIRE_TEST_UNSET is not set",
    );
  });
});

Deno.test("credentials and variables are read", () => {
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/c`, WORDS, { mode: 0o644 });
    Deno.env.set("CREDENTIALS_DIRECTORY", folder);
    Deno.env.set("LONGWIRE_TEST_SECRET", WORDS);
    try {
      const expected = new TextEncoder().encode(WORDS);
      assertEquals(octetsOf({ kind: "credential", name: "c" }), expected);
      assertEquals(octetsOf({ kind: "environment", variable: "LONGWIRE_TEST_SECRET" }), expected);
    } finally {
      Deno.env.delete("CREDENTIALS_DIRECTORY");
      Deno.env.delete("LONGWIRE_TEST_SECRET");
    }
    const reading = readSecret({ kind: "credential", name: "c" }, folder);
    assert("wrong" in reading && reading.wrong.includes("LoadCredential=c:FILE"));
  });
});

Deno.test("a secret does not let itself be printed", () => {
  const secret = new Secret(new TextEncoder().encode(WORDS));
  const shown = [String(secret), `${secret}`, JSON.stringify({ secret }), Deno.inspect({ secret })];
  for (const text of shown) {
    assert(!text.includes(WORDS) && text.includes("[secret]"), text);
  }
  assert(!Deno.inspect(secret, { showHidden: true }).includes("99, 111, 114"));
});

Deno.test("secrets are compared by their octets", () => {
  const secret = (text: string) => new Secret(new TextEncoder().encode(text));
  assert(secret("a").equals(secret("a")));
  assert(!secret("a").equals(secret("b")));
  assert(!secret("a").equals(secret("ab")));
});
