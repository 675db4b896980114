/** Users: who is let in with what, how often, and what comes back when he goes. */

import { assert, assertEquals } from "@std/assert";
import { scryptSync } from "node:crypto";
import { Secret } from "../../src/config/secret.ts";
import type { Credential, UserConfiguration } from "../../src/config/users.ts";
import { Pools } from "../../src/daemon/pools.ts";
import { type AccessSettings, fitsHash, Subscribers } from "../../src/daemon/subscribers.ts";
import type { PppAttempt, PppCredential, PppGrant } from "../../src/endpoint/ppp_access.ts";

const octets = (text: string) => new TextEncoder().encode(text);

/** A user shows a password by PAP, or something that only the right one proves. */
function attempt(name: string, password: string, protocol: "pap" | "chap" = "pap"): PppAttempt {
  const end = { address: "192.0.2.1", port: 1701 };
  const evidence = protocol === "pap"
    ? { protocol, identifier: 1, name: octets(name), password: octets(password) }
    : {
      protocol,
      name: octets(name),
      identifier: 1,
      challenge: new Uint8Array(8),
      response: new Uint8Array(16),
    };
  return {
    evidence,
    name,
    session: "s",
    connection: "c",
    path: { encapsulation: "udp", local: end, remote: end },
    call: {},
    proves: (credential: PppCredential) =>
      credential.kind === "password" &&
      new TextDecoder().decode(credential.password) === password,
  };
}

function clear(password: string): Credential {
  return { kind: "password", password: new Secret(octets(password)) };
}

function setUp(
  users: Record<string, Partial<UserConfiguration>>,
  settings: AccessSettings = { pool: "p" },
) {
  const pools = new Pools();
  const list = Object.entries(users).map(([name, user]): UserConfiguration => ({
    name,
    credential: clear("right"),
    ...user,
  }));
  const reserved = list.flatMap(({ address }) => address ?? []);
  pools.replace([{ name: "p", ipv4: ["10.0.0.1-10.0.0.2"], ipv6: ["2001:db8::/63"] }], reserved);
  const hashed: string[] = [];
  const subscribers = new Subscribers(pools, (password, hash) => {
    hashed.push(new TextDecoder().decode(password));
    return fitsHash(password, hash);
  });
  subscribers.replace(list);
  const access = subscribers.access(settings);
  const admitted = async (name: string): Promise<PppGrant> => {
    const answer = await access.admit(attempt(name, "right"));
    assert(answer.allowed, `${name} is refused`);
    return answer;
  };
  const refusal = async (name: string, password = "right") => {
    const answer = await access.admit(attempt(name, password));
    return answer.allowed ? undefined : answer.text;
  };
  return { access, admitted, refusal, pools, hashed };
}

Deno.test("a user gets an address and a prefix, and gives them back", async () => {
  const { admitted, refusal } = setUp({ a: {}, b: {}, c: {} }, {
    pool: "p",
    localAddress: "10.9.9.9",
  });
  const first = await admitted("a");
  assertEquals([first.address, first.localAddress, first.routes], [
    "10.0.0.1",
    "10.9.9.9",
    ["2001:db8::/64"],
  ]);
  assertEquals((await admitted("b")).address, "10.0.0.2");
  assertEquals(await refusal("c"), "pool p has no address left");
  first.release?.();
  assertEquals((await admitted("c")).address, "10.0.0.1");
});

Deno.test("wrong passwords and strangers are told apart in the log alone", async () => {
  const { refusal } = setUp({ a: {} });
  assertEquals(await refusal("a", "wrong"), "wrong password (pap)");
  assertEquals(await refusal("b"), "there is no such user");
  assertEquals(await refusal("a"), undefined);
});

Deno.test("what a user always has is nobody else's, and once", async () => {
  const { admitted, refusal } = setUp({
    fixed: { address: "10.0.0.1", prefix: "2001:db8:7::/64", routes: ["10.7.0.0/16"] },
    b: {},
    c: {},
  });
  assertEquals((await admitted("b")).address, "10.0.0.2");
  assertEquals(await refusal("c"), "pool p has no address left");
  const grant = await admitted("fixed");
  assertEquals([grant.address, grant.routes], ["10.0.0.1", ["2001:db8:7::/64", "10.7.0.0/16"]]);
  assertEquals(await refusal("fixed"), "10.0.0.1 is in use, by this user's own session");
  grant.release?.();
  assertEquals((await admitted("fixed")).address, "10.0.0.1");
});

Deno.test("sessions of a user are limited, by his own number or by the LNS's", async () => {
  const { admitted, refusal } = setUp({ a: {}, b: { sessions: 2 } }, {
    pool: "p",
    sessionsPerUser: 1,
  });
  const one = await admitted("b");
  await admitted("b");
  assertEquals(await refusal("b"), "there are 2 sessions of this user already");
  one.release?.();
  const other = await admitted("a");
  assertEquals(await refusal("a"), "there are 1 sessions of this user already");
  other.release?.();
  await admitted("a");
});

Deno.test("a hash fits the password that it was made of, shown by PAP", async () => {
  const salt = octets("salt");
  const [cost, blockSize, parallelization] = [1024, 8, 1];
  const options = { N: cost, r: blockSize, p: parallelization };
  const key = new Secret(new Uint8Array(scryptSync("right", salt, 32, options)));
  const hash = { cost, blockSize, parallelization, salt, key };
  const { access, admitted, refusal } = setUp({ a: { credential: { kind: "hash", hash } } });
  await admitted("a");
  assertEquals(await refusal("a", "wrong"), "wrong password (pap)");
  const chap = await access.admit(attempt("a", "right", "chap"));
  assertEquals(chap, { allowed: false, text: "chap needs more than a hash" });
});

Deno.test("how soon a refusal comes does not tell who is a user", async () => {
  const key = new Secret(new Uint8Array(32));
  const hash = { cost: 1024, blockSize: 8, parallelization: 1, salt: octets("salt"), key };
  const some = setUp({ hashed: { credential: { kind: "hash", hash } }, clear: {} });
  for (const name of ["hashed", "clear", "nobody"]) {
    assert(await some.refusal(name, "guess") !== undefined);
    assertEquals(some.hashed.splice(0), ["guess"], name);
  }
  const none = setUp({ clear: {} });
  for (const name of ["clear", "nobody"]) {
    assert(await none.refusal(name, "guess") !== undefined);
    assertEquals(none.hashed, [], name);
  }
});

Deno.test("guessing names keeps no user out", async () => {
  const salt = octets("salt");
  const key = new Secret(new Uint8Array(scryptSync("right", salt, 32, { N: 1024, r: 8, p: 1 })));
  const hash = { cost: 1024, blockSize: 8, parallelization: 1, salt, key };
  const { access, admitted } = setUp({ a: { credential: { kind: "hash", hash } } });
  const guesses = Array.from({ length: 40 }, (_, n) => access.admit(attempt(`x${n}`, "guess")));
  await admitted("a");
  for (const { allowed } of await Promise.all(guesses)) assertEquals(allowed, false);
});

Deno.test("a flood of passwords to hash does not take all of the machine", async () => {
  const salt = octets("salt");
  const key = new Secret(new Uint8Array(32));
  const hash = { cost: 2048, blockSize: 8, parallelization: 1, salt, key };
  const { access } = setUp({ a: { credential: { kind: "hash", hash } } });
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => access.admit(attempt("a", "guess"))),
  );
  const texts = answers.map((answer) => answer.allowed ? "in" : answer.text);
  assertEquals(texts.filter((text) => text === "wrong password (pap)").length, 16);
  assertEquals(texts.filter((text) => text === "too many passwords are being checked").length, 24);
});

Deno.test("a reload leaves what sessions have theirs", async () => {
  const { admitted, pools } = setUp({ a: {}, b: {} });
  const grant = await admitted("a");
  pools.replace([{ name: "p", ipv4: ["10.0.0.1-10.0.0.3"] }], []);
  assertEquals((await admitted("b")).address, "10.0.0.2");
  assertEquals(pools.usage("p"), { size: 3, taken: 2 });
  grant.release?.();
  assertEquals(pools.usage("p"), { size: 3, taken: 1 });
});
