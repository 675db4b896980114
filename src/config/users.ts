/**
 * The users file: who may dial in, how each proves who he is, and what he gets.
 *
 * What can be kept of a password depends on how it is proved (REQUIREMENTS section 14): PAP shows it,
 * so that a hash will do; MS-CHAPv2 is computed from its NT hash (RFC 2759 §8.3), CHAP-MD5 from the
 * password itself (RFC 1994 §4.1). Read secret.ts for how secrets are held.
 */

import * as v from "valibot";
import { checkSource } from "./checked_source.ts";
import { IPV4_ADDRESS, PREFIX } from "./address_forms.ts";
import { duration, type Form, integer, text } from "./forms.ts";
import type { Mistake } from "./mistake.ts";
import { block, leaf, named, oneOrMany } from "./schema_parts.ts";
import { fileProblem, Secret } from "./secret.ts";
import { YamlSource } from "./yaml_source.ts";

/** A password that only PAP can be held against: what scrypt (RFC 7914) makes of it. */
export interface PasswordHash {
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
  readonly salt: Uint8Array;
  readonly key: Secret;
}

/** What is kept of a user's password. */
export type Credential =
  | { readonly kind: "password"; readonly password: Secret }
  | { readonly kind: "nt-hash"; readonly hash: Secret }
  | { readonly kind: "hash"; readonly hash: PasswordHash };

/** One user. */
export interface UserConfiguration {
  readonly name: string;
  readonly credential: Credential;
  /** The IPv4 address that he always has. */
  readonly address?: string;
  /** The IPv6 prefix that he always has. */
  readonly prefix?: string;
  /** Networks behind him. */
  readonly routes?: readonly string[];
  /** Where his addresses come from instead of the LNS's pool. */
  readonly pool?: string;
  /** Sessions that he may have at one time. */
  readonly sessions?: number;
  readonly idle?: number;
  readonly sessionTime?: number;
}

const DAY = 24 * 3_600_000;

/**
 * `scrypt$14$8$1$SALT$KEY`: the logarithm of the cost, block size, parallelization, and two in base64;
 * no comma in it, which would end it in YAML's `{ … }`.
 */
const PASSWORD_HASH: Form<PasswordHash> = {
  json: { type: "string", pattern: "^scrypt(\\$[0-9]+){3}\\$[^$]+\\$[^$]+$" },
  read: (value) => {
    const parts = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([^$]+)\$([^$]+)$/.exec(value);
    const [salt, key] = [parts?.[4], parts?.[5]].map((part) => fromBase64(part ?? ""));
    const [logCost, blockSize, parallelization] = (parts ?? []).slice(1, 4).map(Number);
    const possible = logCost !== undefined && logCost >= 1 && logCost <= 20 &&
      blockSize !== undefined && blockSize >= 1 && blockSize <= 32 &&
      parallelization !== undefined && parallelization >= 1 && parallelization <= 16;
    if (!possible || !salt || !key || key.length < 16) {
      return { wrong: "this is no scrypt hash; `longwire user NAME` makes one" };
    }
    const hash = { cost: 2 ** logCost, blockSize, parallelization, salt, key: new Secret(key) };
    return { value: hash };
  },
};

/** The form that `PASSWORD_HASH` reads. */
export function formatPasswordHash(hash: PasswordHash): string {
  const { cost, blockSize, parallelization, salt, key } = hash;
  const numbers = [Math.log2(cost), blockSize, parallelization].join("$");
  return `scrypt$${numbers}$${salt.toBase64()}$${key.reveal().toBase64()}`;
}

const NT_HASH: Form<Secret> = {
  json: { type: "string", pattern: "^[0-9a-fA-F]{32}$" },
  read: (value) =>
    /^[\da-f]{32}$/i.test(value)
      ? { value: new Secret(Uint8Array.fromHex(value)) }
      : { wrong: "this is no NT hash; write its 32 hexadecimal digits" },
};

const PASSWORD: Form<Secret> = {
  json: { type: "string", minLength: 1 },
  read: (value) => {
    const reading = text(255).read(value);
    return "value" in reading
      ? { value: new Secret(new TextEncoder().encode(reading.value)) }
      : { wrong: "a password has at most 255 octets" };
  },
};

const user = v.pipe(
  block({
    password: v.exactOptional(leaf(PASSWORD, "The password itself: pap, chap and ms-chap-v2")),
    passwordHash: v.exactOptional(
      leaf(PASSWORD_HASH, "What `longwire user` makes of the password: pap only"),
    ),
    passwordNtHash: v.exactOptional(
      leaf(NT_HASH, "MD4 of the password in UTF-16, 32 hexadecimal digits: pap and ms-chap-v2"),
    ),
    address: v.exactOptional(leaf(IPV4_ADDRESS, "The IPv4 address that he always has")),
    prefix: v.exactOptional(leaf(PREFIX, "The IPv6 prefix that he always has")),
    routes: v.exactOptional(oneOrMany(PREFIX, "Networks behind him")),
    pool: v.exactOptional(leaf(text(63), "Where his addresses come from; default: the LNS's pool")),
    sessions: v.exactOptional(
      leaf(integer(1, 65_535), "Sessions that he may have at one time; default: any number"),
    ),
    idle: v.exactOptional(leaf(duration(1_000, 30 * DAY), "Ends a session without traffic")),
    sessionTime: v.exactOptional(leaf(duration(1_000, 365 * DAY), "Ends a session after that")),
  }, "A user"),
  v.rawTransform(({ dataset, addIssue, NEVER }): Omit<UserConfiguration, "name"> => {
    const { password, passwordHash, passwordNtHash, ...rest } = dataset.value;
    const credentials: Credential[] = [
      ...(password === undefined ? [] : [{ kind: "password" as const, password }]),
      ...(passwordHash === undefined ? [] : [{ kind: "hash" as const, hash: passwordHash }]),
      ...(passwordNtHash === undefined ? [] : [{ kind: "nt-hash" as const, hash: passwordNtHash }]),
    ];
    const [credential, ...others] = credentials;
    if (credential !== undefined && others.length === 0) return { ...rest, credential };
    addIssue({ message: "one of password, passwordHash and passwordNtHash is expected here" });
    return NEVER;
  }),
);

const USERS_SCHEMA = named(
  user,
  "Users, by the name that they say",
  v.regex(/^\S.{0,254}$/, "is no user's name; write at most 255 characters"),
);

/** What reading a users file gave; problems are those of its file, with their places. */
export interface UsersReading {
  readonly users: readonly UserConfiguration[];
  readonly mistakes: readonly Mistake[];
}

/** Why a users file cannot be had at all. */
export interface NoUsers {
  readonly wrong: string;
}

/** Reads a users file. */
export function readUsers(file: string): UsersReading | NoUsers {
  let content: string;
  let mode: number;
  try {
    content = Deno.readTextFileSync(file);
    mode = Deno.statSync(file).mode ?? 0;
  } catch (error) {
    return { wrong: `cannot read the users' file ${file}: ${fileProblem(error)}` };
  }
  const source = new YamlSource(file, content);
  if (source.mistakes.length > 0) return { users: [], mistakes: source.mistakes };
  const { output, isValid, mistakes, tell } = checkSource(source, USERS_SCHEMA);
  if ((mode & 0o004) !== 0) {
    tell("warning", [], `everybody can read the users' passwords; run: chmod 600 ${file}`);
  }
  if (!isValid) return { users: [], mistakes };
  const entries = Object.entries(output as v.InferOutput<typeof USERS_SCHEMA>);
  return { users: entries.map(([name, value]) => ({ name, ...value })), mistakes };
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}
