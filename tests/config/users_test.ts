/** The users file: what is read, and what is wrong with it, in words that show no password. */

import { assert, assertEquals } from "@std/assert";
import { readConfiguration } from "../../src/config/load.ts";
import { formatMistake } from "../../src/config/mistake.ts";
import { readUsers } from "../../src/config/users.ts";
import { messagesOf, withFolder } from "./configurations.ts";

const HASH = "scrypt$14$8$1$c2FsdHNhbHQ=$Ny+9eVgxZVqxjvHvnhqRLtSjTUDGq7XnLxJTGOCzSZo=";

function usersOf(text: string, mode = 0o600) {
  let reading!: ReturnType<typeof readUsers>;
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/users.yaml`, text, { mode });
    reading = readUsers(`${folder}/users.yaml`);
  });
  assert("users" in reading);
  return reading;
}

Deno.test("each form of a password is read, and what belongs to its user", () => {
  const { users, mistakes } = usersOf(`
alice@example.net: { password: 00123, address: 10.0.0.9, sessions: 2, idle: 10m }
bob: { passwordHash: ${HASH}, prefix: 2001:db8:7::/64 }
carol smith: { passwordNtHash: 8846F7EAEE8FB117AD06BDD830B7586C, routes: [10.7.0.0/16, 10.8.0.1] }
`);
  assertEquals(mistakes, []);
  const [alice, bob, carol] = users;
  assert(alice?.credential.kind === "password");
  assertEquals(new TextDecoder().decode(alice.credential.password.reveal()), "00123");
  assertEquals([alice.name, alice.address, alice.sessions, alice.idle], [
    "alice@example.net",
    "10.0.0.9",
    2,
    600_000,
  ]);
  assert(bob?.credential.kind === "hash");
  assertEquals(bob.credential.hash.cost, 16_384);
  assertEquals(bob.credential.hash.key.reveal().length, 32);
  assertEquals(bob.prefix, "2001:db8:7::/64");
  assert(carol?.credential.kind === "nt-hash");
  assertEquals(carol.name, "carol smith");
  assertEquals(carol.routes, ["10.7.0.0/16", "10.8.0.1/32"]);
});

Deno.test("mistakes have their place, and no password is shown", () => {
  const { users, mistakes } = usersOf(`
alice: { password: verysecret, passwordHash: verysecret2 }
bob: { passwrd: verysecret3 }
carol: { passwordNtHash: verysecret4, address: 10.0.0 }
`);
  assertEquals(users, []);
  const shown = mistakes.map(formatMistake).join("\n");
  assertEquals(shown.includes("verysecret"), false, shown);
  assertEquals(
    mistakes.map(({ place, key, message }) => `${place.line}:${place.column} ${key}: ${message}`),
    [
      "2:46 alice.passwordHash: this is no scrypt hash; `longwire user NAME` makes one",
      "3:8 bob.passwrd: unknown key; did you mean password?",
      "4:26 carol.passwordNtHash: this is no NT hash; write its 32 hexadecimal digits",
      '4:48 carol.address: "10.0.0" is no IPv4 address; write for example 10.0.0.1',
    ],
  );
});

Deno.test("a user without a password, or with two, is none", () => {
  for (const keys of ["address: 10.0.0.1", `password: x, passwordHash: ${HASH}`]) {
    const { mistakes } = usersOf(`alice: { ${keys} }`);
    assertEquals(mistakes.map(({ message }) => message), [
      "one of password, passwordHash and passwordNtHash is expected here",
    ]);
  }
});

Deno.test("a users file that everybody can read is warned about", () => {
  const { mistakes } = usersOf("alice: { password: x }", 0o644);
  assertEquals(mistakes.map(({ severity }) => severity), ["warning"]);
});

/** A configuration with users beside it. */
const TOGETHER: readonly (readonly [configuration: string, users: string, told: string])[] = [
  ["lns: { l: { pool: p } }\npools: { p: { ipv4: 10.0.0.0/24 } }", "a: { password: x }", ""],
  ["lns: { l: { pool: q } }", "", "lns.l.pool: there is no pool q; add it below pools"],
  [
    "lns: { l: }",
    "a: { password: x }\nb: { password: x, address: 10.0.0.1 }",
    "users.file: user a has neither address nor pool, and lns.l has no pool",
  ],
  [
    "lns: { l: }",
    "a: { password: x, pool: q }",
    "users.file: user a: there is no pool q; add it below pools",
  ],
  [
    "lns: { l: }",
    `a: { passwordHash: ${HASH}, address: 10.0.0.1 }`,
    "warning: users.file: user a can prove himself by pap alone, which no lns asks for",
  ],
  [
    "lns: { l: { forward: { to: x } } }",
    "",
    "lns.l.forward.to: there is no connection x; add it below connections",
  ],
  [
    "lns: { l: { forward: } }",
    "",
    "lns.l.forward: where to? Add to or realms",
  ],
  [
    "lns: { l: { forward: { realms: { r: x } } } }\nconnections: { x: { remote: 192.0.2.1 } }",
    "",
    "warning: lns.l.forward.realms: users of ms-chap-v2 are asked twice; write authenticate: [chap, pap]",
  ],
  [
    "lns: { l: , m: }",
    "",
    "lns.m: nothing tells its callers from those of lns.l; add a secret",
  ],
];

for (const [configuration, users, told] of TOGETHER) {
  Deno.test(`users and ${configuration.replaceAll("\n", " ")}: ${told}`, () => {
    withFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/u`, users, { mode: 0o600 });
      const text = `users: { file: u }\n${configuration}`;
      assertEquals(messagesOf(readConfiguration(`${folder}/x.yaml`, text)), told);
    });
  });
}

Deno.test("an LNS without users is told where they belong", () => {
  const told = messagesOf(readConfiguration("x.yaml", "lns: { l: }"));
  assertEquals(
    told,
    "lns.l: nobody may use it; add users: { file: PATH } at the top of the configuration",
  );
});
