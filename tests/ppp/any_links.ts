/**
 * Any two links that may meet, what must come of it, and what both must think of it where they come up:
 * for whoever puts a line between them.
 */

import { assertEquals } from "@std/assert";
import type { AuthenticationProtocol } from "../../src/ppp/evidence.ts";
import type { PppDownReason, PppEffect } from "../../src/ppp/ppp_effect.ts";
import type { Ipv4Settings, PppSettings } from "../../src/ppp/ppp_settings.ts";
import type { Prng } from "../harness/prng.ts";
import { type End, user } from "./two_links.ts";

const PROOFS: readonly AuthenticationProtocol[] = ["pap", "chap", "ms-chap-v2"];

function someOf<T>(prng: Prng, all: readonly T[]): T[] {
  const rest = [...all];
  const chosen: T[] = [];
  while (rest.length > 0 && prng.chance(0.7)) {
    chosen.push(...rest.splice(prng.below(rest.length), 1));
  }
  return chosen;
}

/** Who gives addresses, who takes them: every pair of these comes to terms. */
const IPV4_PAIRS: readonly (readonly [Ipv4Settings, Ipv4Settings])[] = [
  [{ local: "10.0.0.1", remote: "10.0.0.2", dns: ["10.0.0.53"] }, { requestDns: true }],
  [{ local: "10.0.0.1" }, { local: "10.0.0.2" }],
  [{ local: "10.0.0.1", remote: "10.0.0.2" }, { local: "10.0.0.2", remote: "10.0.0.1" }],
  [{ remote: "10.0.0.2" }, { local: "10.0.0.2", remote: "10.0.0.1" }],
];

function anySettings(prng: Prng, ipv4: Ipv4Settings, mayAsk: boolean): PppSettings {
  const protocols = someOf(prng, PROOFS);
  const authenticate = mayAsk ? someOf(prng, PROOFS) : [];
  return {
    ...(prng.chance(0.8) ? { ipv4 } : {}),
    ...(prng.chance(0.6) ? { ipv6: {} } : {}),
    ...(prng.chance(0.4) ? { bridge: { taggedFrames: prng.chance(0.5) } } : {}),
    ...(authenticate.length > 0 ? { authenticate } : {}),
    ...(protocols.length > 0 ? { credentials: { ...user("joe"), protocols } } : {}),
    ...(prng.chance(0.5) ? { mru: 576 + prng.below(1000) } : {}),
    // Without echoes, an end whose peer's Terminate-Requests are all lost would never know.
    echoIntervalMs: prng.pick([1_000, 2_000]),
    // A third of the frames may be lost: nobody is to give up for that.
    maxConfigure: 30,
    maxFailure: 30,
    echoLimit: 30,
  };
}

/** Settings of two links, each of which may be the one that gives addresses. */
export function anyTwo(prng: Prng): readonly [left: PppSettings, right: PppSettings] {
  const pair = prng.pick(IPV4_PAIRS);
  const [one, other] = prng.chance(0.5) ? pair : [pair[1], pair[0]];
  return [anySettings(prng, one, prng.chance(0.6)), anySettings(prng, other, prng.chance(0.3))];
}

/** Network protocols that both have, in the order of their names. */
export function sharedNetworks(left: PppSettings, right: PppSettings) {
  return (["bridge", "ipv4", "ipv6"] as const).filter((name) => left[name] && right[name]);
}

/** Why they must end; `undefined` where both come up. */
export function expectedReason(left: PppSettings, right: PppSettings): PppDownReason | undefined {
  for (const [asking, asked] of [[left, right], [right, left]] as const) {
    const ready = asked.credentials?.protocols ?? [];
    const { authenticate = [] } = asking;
    if (authenticate.length > 0 && !authenticate.some((proof) => ready.includes(proof))) {
      return "authentication-refused";
    }
  }
  const isAnything = (settings: PppSettings) =>
    settings.ipv4 !== undefined || settings.ipv6 !== undefined || settings.bridge !== undefined;
  const wantsNone = !isAnything(left) && !isAnything(right);
  return sharedNetworks(left, right).length > 0 || wantsNone ? undefined : "no-network-protocol";
}

function last<Kind extends PppEffect["kind"]>(end: End, kind: Kind) {
  return end.told(kind).at(-1);
}

/** That both links, which are up, have agreed on the same. */
export function assertAgreement(left: End, right: End): void {
  for (const [one, other] of [[left, right], [right, left]] as const) {
    assertEquals(last(one, "linkUp")?.local, last(other, "linkUp")?.remote);
    assertEquals(last(one, "linkUp")?.lastSent, last(other, "linkUp")?.lastReceived);
    assertEquals(last(one, "linkUp")?.peerProof, last(other, "linkUp")?.ownProof);
    assertEquals(last(one, "ipv4Up")?.local, last(other, "ipv4Up")?.remote);
    assertEquals(last(one, "ipv6Up")?.localInterfaceId, last(other, "ipv6Up")?.remoteInterfaceId);
  }
}
