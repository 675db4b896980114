/** What a reload is said to change. */

import { assertEquals } from "@std/assert";
import { configurationDifferences } from "../../src/config/difference.ts";
import { validConfiguration, withFolder } from "./configurations.ts";

const BEFORE = `
log: { level: info }
connections:
  b: { remote: 192.0.2.1, sessions: { lan: { cookie: 8 }, dmz: } }
  c: { remote: 192.0.2.2 }
static:
  s: { remote: 192.0.2.3, localSessionId: 1, remoteSessionId: 2 }
`;

function differences(after: string): string[] {
  return configurationDifferences(validConfiguration(BEFORE), validConfiguration(after))
    .map(({ kind, key, effect }) => `${kind} ${key} ${effect}`);
}

Deno.test("the same configuration, however it is written, changes nothing", () => {
  assertEquals(differences(`# a comment\n${BEFORE.replace("cookie: 8", "cookie: '8'")}`), []);
});

Deno.test("a session that changes leaves its connection alone", () => {
  assertEquals(differences(BEFORE.replace("cookie: 8", "cookie: 4")), [
    "changed connections.b.sessions.lan is set up again (cookie)",
  ]);
});

Deno.test("what comes, goes and changes is told in the order of the file", () => {
  const after = `
hostName: new.example
log: { level: debug }
connections:
  b: { remote: 192.0.2.1, hello: 30s, sessions: { lan: } }
  d: { remote: 192.0.2.4 }
static:
  s: { remote: 192.0.2.3, localSessionId: 1, remoteSessionId: 3 }
  t: { remote: 192.0.2.3, localSessionId: 4, remoteSessionId: 5 }
`;
  assertEquals(differences(after), [
    "changed hostName takes effect at the next start only",
    "changed log takes effect at once",
    "changed connections.b connects again (hello)",
    "removed connections.b.sessions.dmz is closed",
    "removed connections.c is closed",
    "added connections.d is set up",
    "changed static.s is set up again (remoteSessionId)",
    "added static.t is set up",
  ]);
});

Deno.test("another content of the same secret file is a change", () => {
  withFolder((folder) => {
    const read = (secret: string) => {
      Deno.writeTextFileSync(`${folder}/s`, secret, { mode: 0o600 });
      return validConfiguration(
        "connections: { b: { remote: 192.0.2.1, secret: { file: s } } }",
        `${folder}/x.yaml`,
      );
    };
    assertEquals(configurationDifferences(read("one"), read("one")), []);
    assertEquals(configurationDifferences(read("one"), read("two")), [
      { kind: "changed", key: "connections.b", effect: "connects again (secret)" },
    ]);
  });
});
