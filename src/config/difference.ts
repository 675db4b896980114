/**
 * What a reload would change, in words: for `check --diff`, for `reload`'s answer and the log.
 */

import { type Configuration, sameConfiguration } from "./configuration.ts";

/** One thing that differs between the running configuration and another. */
export interface Difference {
  readonly kind: "added" | "removed" | "changed";
  /** Where: `connections.site-b.sessions.lan`, `listen`. */
  readonly key: string;
  /** What becomes of it. */
  readonly effect: string;
}

/** Settings that the sockets, and the peers' view of us, are made of. */
const FIXED_SETTINGS = [
  "hostName",
  "routerId",
  "listen",
  "controlSocket",
  "limits",
  "offload",
  "workers",
] as const;
/** Settings that take effect at once. */
const LIVE_SETTINGS = ["metrics", "log", "acceptUnknownPeers"] as const;

/** Every difference, in the order of the file. */
export function configurationDifferences(
  before: Configuration,
  after: Configuration,
): readonly Difference[] {
  const settings = (keys: readonly (keyof Configuration)[], effect: string) =>
    keys.filter((key) => !sameConfiguration(before[key], after[key]))
      .map((key): Difference => ({ kind: "changed", key, effect }));
  const connections = pairByName(before.connections, after.connections);
  return [
    ...settings(FIXED_SETTINGS, "takes effect at the next start only"),
    ...settings(LIVE_SETTINGS, "takes effect at once"),
    ...connections.flatMap(([name, from, to]) => {
      const key = `connections.${name}`;
      if (from === undefined || to === undefined) return itemDifference(key, from, to, "");
      const { sessions: old, ...settingsOfOld } = from;
      const { sessions: young, ...settingsOfYoung } = to;
      return [
        ...itemDifference(key, settingsOfOld, settingsOfYoung, "connects again"),
        ...itemDifferences(`${key}.sessions`, old, young),
      ];
    }),
    ...itemDifferences("static", before.static, after.static),
    ...itemDifferences("pools", before.pools, after.pools),
    ...itemDifferences("lns", before.lns, after.lns),
    ...(sameConfiguration(before.users, after.users)
      ? []
      : [{ kind: "changed", key: "users", effect: "counts for those who come now" } as const]),
  ];
}

function itemDifferences(
  key: string,
  before: readonly Named[],
  after: readonly Named[],
): Difference[] {
  return pairByName(before, after).flatMap(([name, from, to]) =>
    itemDifference(`${key}.${name}`, from, to, "is set up again")
  );
}

function itemDifference(
  key: string,
  from: object | undefined,
  to: object | undefined,
  effect: string,
): Difference[] {
  if (from === undefined) return [{ kind: "added", key, effect: "is set up" }];
  if (to === undefined) return [{ kind: "removed", key, effect: "is closed" }];
  const keys = changedKeys(from, to);
  if (keys.length === 0) return [];
  return [{ kind: "changed", key, effect: `${effect} (${keys.join(", ")})` }];
}

/** The keys in which two parts of configurations differ. */
function changedKeys(from: object, to: object): string[] {
  const a = from as Record<string, unknown>;
  const b = to as Record<string, unknown>;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => !sameConfiguration(a[key], b[key]))
    .map((key) => key === "secrets" ? "secret" : key);
}

interface Named {
  readonly name: string;
}

/** Both lists' items side by side; what only one of them has stands alone. */
export function pairByName<T extends Named>(
  before: readonly T[],
  after: readonly T[],
): readonly (readonly [name: string, before: T | undefined, after: T | undefined])[] {
  const names = new Set([...before, ...after].map((item) => item.name));
  return [...names].map((name) => [
    name,
    before.find((item) => item.name === name),
    after.find((item) => item.name === name),
  ]);
}
