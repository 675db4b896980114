/**
 * The address pools of the configuration, and who has what of them.
 *
 * What users always have, and our own addresses, nobody else is given. A reload may change a pool
 * while sessions have addresses of it: those stay theirs.
 */

import type { Configuration, PoolConfiguration } from "../config/configuration.ts";
import type { UserConfiguration } from "../config/users.ts";
import { AddressPool } from "../endpoint/address_pool.ts";

/** Prefixes of IPv6 links (RFC 4291 §2.5.4). */
const LINK_PREFIX = 64;

/** What one session has. */
export interface Lease {
  readonly address: string | undefined;
  readonly prefix: string | undefined;
  /** Gives it back; once. */
  readonly release: () => void;
}

/** Why there is nothing to have. */
export interface NoLease {
  readonly wrong: string;
}

interface Pool {
  readonly name: string;
  readonly ipv4: AddressPool | undefined;
  readonly ipv6: AddressPool | undefined;
}

/** What of whose pool is had. */
interface Holding {
  readonly pool: string;
  readonly family: "ipv4" | "ipv6";
  readonly address: string;
}

/** The pools by name. */
export class Pools {
  #pools: ReadonlyMap<string, Pool> = new Map();
  readonly #held = new Set<Holding>();
  /** Users' own addresses that are in use. */
  readonly #own = new Set<string>();

  /** @param reserved addresses that nobody is given. */
  replace(pools: readonly PoolConfiguration[], reserved: readonly string[]): void {
    this.#pools = new Map(pools.map(({ name, ipv4 = [], ipv6 = [] }) => {
      return [name, {
        name,
        ipv4: ipv4.length === 0 ? undefined : new AddressPool({ ranges: ipv4 }),
        ipv6: ipv6.length === 0
          ? undefined
          : new AddressPool({ ranges: ipv6, prefixLength: LINK_PREFIX }),
      }];
    }));
    for (const pool of this.#pools.values()) {
      for (const address of reserved) {
        (address.includes(":") ? pool.ipv6 : pool.ipv4)?.reserve(address);
      }
    }
    for (const { pool, family, address } of this.#held) {
      this.#pools.get(pool)?.[family]?.reserve(address);
    }
  }

  /** An address for ourselves: the first of a pool that is free. It is never given back. */
  ownAddress(poolName: string | undefined): string | undefined {
    return this.#take(this.#pools.get(poolName ?? ""), "ipv4", []);
  }

  /** Gives a session its addresses: the user's own, else of the pool. */
  lease(
    poolName: string | undefined,
    user: Pick<UserConfiguration, "address" | "prefix">,
  ): Lease | NoLease {
    const pool = poolName === undefined ? undefined : this.#pools.get(poolName);
    const releases: (() => void)[] = [];
    const release = () => releases.forEach((giveBack) => giveBack());
    if (user.address !== undefined) {
      const { address } = user;
      if (this.#own.has(address)) {
        return { wrong: `${address} is in use, by this user's own session` };
      }
      this.#own.add(address);
      releases.push(() => this.#own.delete(address));
    }
    const address = user.address ?? this.#take(pool, "ipv4", releases);
    if (address === undefined && pool?.ipv4 !== undefined) {
      release();
      return { wrong: `pool ${poolName} has no address left` };
    }
    const network = user.prefix === undefined ? this.#take(pool, "ipv6", releases) : undefined;
    const prefix = user.prefix ?? (network === undefined ? undefined : `${network}/${LINK_PREFIX}`);
    return { address, prefix, release };
  }

  /** How many of each pool's IPv4 addresses are given out. */
  usage(poolName: string): { readonly size: number; readonly taken: number } | undefined {
    const pool = this.#pools.get(poolName)?.ipv4;
    return pool && { size: pool.size, taken: pool.taken };
  }

  #take(
    pool: Pool | undefined,
    family: "ipv4" | "ipv6",
    releases: (() => void)[],
  ): string | undefined {
    const address = pool?.[family]?.take();
    if (pool === undefined || address === undefined) return undefined;
    const holding = { pool: pool.name, family, address };
    this.#held.add(holding);
    releases.push(() => {
      this.#held.delete(holding);
      this.#pools.get(holding.pool)?.[family]?.release(address);
    });
    return address;
  }
}

/** What nobody is given from a pool: users' own addresses and prefixes, and those of our LNSs. */
export function reservedAddresses({ users, lns }: Configuration): readonly string[] {
  return [
    ...lns.flatMap(({ attach }) => attach.address ?? []),
    ...users.flatMap(({ address }) => address ?? []),
    ...users.flatMap(({ prefix }) => prefix?.split("/")[0] ?? []),
  ];
}
