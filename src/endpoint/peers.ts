/**
 * Who may connect: the peers of the options as the policies that the core asks for when an SCCRQ
 * arrives.
 *
 * Read RFC 3931 §3.3 and §4.3 first. What an SCCRQ claims chooses the policies that may apply; the
 * core believes it only after a policy's secret has verified it.
 */

import type { PeerClaim, PeerPolicy } from "../core/lcce_config.ts";
import { canonicalIpAddress } from "../io/socket_address.ts";
import type { Encapsulation } from "../model/path.ts";
import { isAddressLiteral } from "./addresses.ts";
import type { PeerOptions } from "./options.ts";
import { resolveConnectionSettings } from "./resolve_options.ts";

interface KnownPeer {
  readonly policy: PeerPolicy;
  readonly encapsulation: Encapsulation;
  /** Canonical address literals; empty means from anywhere. */
  readonly remotes: readonly string[];
  readonly hostName: string | undefined;
}

/** The name of the policy for strangers, where they are admitted. */
export const UNKNOWN_PEER = "unknown";

const STRANGERS: PeerPolicy = { name: UNKNOWN_PEER, settings: resolveConnectionSettings({}) };

/** The peers that may connect to us; replaced as a whole on reload. */
export class Peers {
  #known: readonly KnownPeer[] = [];
  #acceptUnknown = false;

  /** @throws {TypeError | RangeError} for a mistake in any of them; then nothing has changed. */
  replace(peers: readonly PeerOptions[], acceptUnknown: boolean): void {
    const known = peers.map(knownPeer);
    const names = new Set<string>();
    for (const { policy } of known) {
      if (names.has(policy.name)) throw new TypeError(`peer ${policy.name} is there twice`);
      names.add(policy.name);
    }
    this.#known = known;
    this.#acceptUnknown = acceptUnknown;
  }

  /** The policies that may apply to a claim, the most particular first. */
  find(claim: PeerClaim): readonly PeerPolicy[] {
    const policies = this.#known
      .filter((peer) => admits(peer, claim))
      .sort((a, b) => particularity(b) - particularity(a))
      .map((peer) => peer.policy);
    // Somebody who is configured must prove it: no way in as a stranger (V3-AUTH-01).
    return policies.length === 0 && this.#acceptUnknown ? [STRANGERS] : policies;
  }
}

function knownPeer(options: PeerOptions): KnownPeer {
  const { remote = [], name } = options;
  const remotes = typeof remote === "string" ? [remote] : remote;
  for (const address of remotes) {
    if (!isAddressLiteral(address)) {
      throw new RangeError(`peer ${name}: remote "${address}" is no address literal`);
    }
  }
  const settings = resolveConnectionSettings(options);
  const isUnproven = remotes.length === 0 && settings.authentication === "none";
  if (isUnproven && options.anybody !== true) {
    throw new TypeError(`peer ${name}: without a remote address it needs a secret`);
  }
  return {
    policy: { name, settings },
    encapsulation: options.encapsulation ?? "udp",
    remotes: remotes.map(canonicalIpAddress),
    hostName: options.hostName,
  };
}

function admits(peer: KnownPeer, claim: PeerClaim): boolean {
  return peer.encapsulation === claim.path.encapsulation &&
    (peer.remotes.length === 0 || peer.remotes.includes(claim.path.remote.address)) &&
    (peer.hostName === undefined || peer.hostName === claim.hostName);
}

function particularity(peer: KnownPeer): number {
  return (peer.remotes.length > 0 ? 2 : 0) + (peer.hostName === undefined ? 0 : 1);
}
