/**
 * The users of the configuration as those who decide on PPP peers: who may come in, how often, and
 * with which addresses.
 *
 * Read endpoint/ppp_access.ts first; what of a password is kept, and what it can be held against, is
 * in config/users.ts.
 */

import { scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { PasswordHash, UserConfiguration } from "../config/users.ts";
import type { PppAccess, PppAttempt, PppGrant, PppRefusal } from "../endpoint/ppp_access.ts";
import type { Pools } from "./pools.ts";

/** Hashes that are made at one time; each costs some 16 MB and a tenth of a second. */
const MOST_HASHES = 16;

const makeKey = promisify(scrypt) as (
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Uint8Array>;

/** What an access grants beside what its users have of their own. */
export interface AccessSettings {
  readonly pool?: string;
  readonly sessionsPerUser?: number;
  /** Our address towards the users. */
  readonly localAddress?: string;
}

/** The users, and the sessions that each has. */
export class Subscribers {
  readonly #pools: Pools;
  #users: ReadonlyMap<string, UserConfiguration> = new Map();
  readonly #sessions = new Map<string, number>();
  readonly #fitsHash: typeof fitsHash;
  #hashes = 0;
  /** What a wrong password is hashed with where there is nothing to compare it to. */
  #decoy: PasswordHash | undefined;
  #decoys = 0;

  /** @param fits tells whether a hash is a password's. */
  constructor(pools: Pools, fits: typeof fitsHash = fitsHash) {
    this.#pools = pools;
    this.#fitsHash = fits;
  }

  /** Has these users from now on; sessions that there are stay. */
  replace(users: readonly UserConfiguration[]): void {
    this.#users = new Map(users.map((user) => [user.name, user]));
    const [credential] = users.map((user) => user.credential).filter(({ kind }) => kind === "hash");
    this.#decoy = credential?.kind === "hash" ? credential.hash : undefined;
  }

  /** Decides on the peers of one LNS, or of one session. */
  access(settings: AccessSettings): PppAccess {
    return { admit: (attempt) => this.#admit(attempt, settings) };
  }

  async #admit(attempt: PppAttempt, settings: AccessSettings): Promise<PppGrant | PppRefusal> {
    const user = this.#users.get(attempt.name);
    if (user === undefined) return await this.#refuse(attempt, "there is no such user");
    const problem = await this.#judge(attempt, user);
    if (problem !== undefined) return await this.#refuse(attempt, problem, user);
    const { sessions = settings.sessionsPerUser ?? Infinity } = user;
    const before = this.#sessions.get(user.name) ?? 0;
    if (before >= sessions) return refusal(`there are ${before} sessions of this user already`);
    const { pool = settings.pool, idle, sessionTime, routes = [] } = user;
    const lease = this.#pools.lease(pool, user);
    if ("wrong" in lease) return refusal(lease.wrong);
    this.#sessions.set(user.name, before + 1);
    const { prefix } = lease;
    return {
      allowed: true,
      address: lease.address,
      localAddress: settings.localAddress,
      routes: prefix === undefined ? routes : [prefix, ...routes],
      idle,
      sessionTime,
      release: () => {
        lease.release();
        this.#forget(user.name);
      },
    };
  }

  /** Why the attempt proves nothing; `undefined` where it does. */
  async #judge(
    attempt: PppAttempt,
    { credential }: UserConfiguration,
  ): Promise<string | undefined> {
    const { evidence } = attempt;
    if (evidence === undefined) return "nobody has asked who it is";
    const wrong = `wrong password (${evidence.protocol})`;
    switch (credential.kind) {
      case "password": {
        const password = credential.password.reveal();
        return attempt.proves({ kind: "password", password }) ? undefined : wrong;
      }
      case "nt-hash": {
        if (evidence.protocol === "chap") return "chap needs the password, not its NT hash";
        const hash = credential.hash.reveal();
        return attempt.proves({ kind: "nt-hash", hash }) ? undefined : wrong;
      }
      case "hash": {
        if (evidence.protocol !== "pap") return `${evidence.protocol} needs more than a hash`;
        if (this.#hashes >= MOST_HASHES) return "too many passwords are being checked";
        return await this.#fits(evidence.password, credential.hash) ? undefined : wrong;
      }
      default:
        return credential satisfies never;
    }
  }

  async #refuse(
    attempt: PppAttempt,
    text: string,
    user?: UserConfiguration,
  ): Promise<PppRefusal> {
    if (user?.credential.kind !== "hash") await this.#hashInVain(attempt);
    return refusal(text);
  }

  /**
   * Takes the time that comparing with a hash takes: how soon a refusal comes would tell who is a
   * user, where there are some whose hash is all that is known.
   */
  async #hashInVain({ evidence }: PppAttempt): Promise<void> {
    if (evidence?.protocol !== "pap" || this.#decoy === undefined) return;
    // Counted apart: who only guesses names keeps no user out.
    if (this.#decoys >= MOST_HASHES) return;
    this.#decoys += 1;
    try {
      await this.#fitsHash(evidence.password, this.#decoy);
    } finally {
      this.#decoys -= 1;
    }
  }

  async #fits(password: Uint8Array, hash: PasswordHash): Promise<boolean> {
    this.#hashes += 1;
    try {
      return await this.#fitsHash(password, hash);
    } finally {
      this.#hashes -= 1;
    }
  }

  #forget(name: string): void {
    const left = (this.#sessions.get(name) ?? 1) - 1;
    if (left > 0) this.#sessions.set(name, left);
    else this.#sessions.delete(name);
  }
}

/** Whether a hash is a password's; some 16 MB and a tenth of a second, in another thread. */
export async function fitsHash(password: Uint8Array, hash: PasswordHash): Promise<boolean> {
  const { cost: N, blockSize: r, parallelization: p, salt } = hash;
  const expected = hash.key.reveal();
  const key = await makeKey(password, salt, expected.length, { N, r, p, maxmem: 256 * N * r });
  return timingSafeEqual(key, expected);
}

function refusal(text: string): PppRefusal {
  return { allowed: false, text };
}
