/**
 * The network side of one PPP link: what its network protocols have agreed on, put on the interface,
 * into the routing table and into the data plane, and taken away again.
 *
 * Read RFC 1332 §3.3, RFC 5072 §5 and RFC 3518 §4.1 first. Changes take effect one after the other:
 * packets may pass only when the data plane knows whose they are.
 */

import type { PppProtocols } from "../model/ppp_protocols.ts";
import { NO_PPP_PROTOCOLS } from "../model/ppp_protocols.ts";
import { isWithin } from "./addresses.ts";
import type { DataPath } from "./data_path.ts";
import type { TunInterface } from "./tun_interface.ts";

/** The whole of IPv4, in two halves that come before a default route without replacing it. */
const ALL_OF_IPV4 = ["0.0.0.0/1", "128.0.0.0/1"] as const;
const UNSPECIFIED = "0.0.0.0";

/** What a network is made of. */
export interface PppNetworkParts {
  readonly dataPath: Pick<DataPath, "setPppProtocols" | "setRoutes">;
  /** `undefined` where the link bridges. */
  readonly tun: TunInterface | undefined;
  /** The peer of the tunnel, whose packets must not go into the tunnel. */
  readonly tunnelPeer: string;
  /** Something keeps it from carrying packets. */
  readonly onProblem: (text: string) => void;
}

/** The interface, routes and gates of one link. */
export class PppNetwork {
  readonly #parts: PppNetworkParts;
  /** Undoes what is held for each protocol. */
  readonly #held = new Map<"ipv4" | "ipv6", (() => void)[]>();
  readonly #routes = new Map<"ipv4" | "ipv6", readonly string[]>();
  #protocols: PppProtocols = NO_PPP_PROTOCOLS;
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: PppNetworkParts) {
    this.#parts = parts;
  }

  /** What may be left out of frames to the peer, as LCP has agreed. */
  setCompression(
    compression: Pick<PppProtocols, "compressProtocol" | "compressAddress">,
  ): void {
    this.#change({ ...this.#protocols, ...compression });
  }

  /** IPCP is opened; `behind` are networks that are reached through the peer. */
  openIpv4(local: string, remote: string | undefined, behind: readonly string[]): void {
    const { tun, tunnelPeer } = this.#parts;
    const host = remote === undefined || remote === UNSPECIFIED ? [] : [`${remote}/32`];
    const prefixes = [...host, ...behind.flatMap(expand)];
    this.#routes.set("ipv4", prefixes);
    this.#hold("ipv4", () => {
      if (tun === undefined) return [];
      const detour = prefixes.some((prefix) => isWithin(tunnelPeer, prefix))
        ? [tun.holdDetour(tunnelPeer)]
        : [];
      const address = tun.holdAddress(local, 32);
      return [...prefixes.map((prefix) => tun.holdRoute(prefix, local)), address, ...detour];
    });
    this.#change({ ...this.#protocols, ipv4: true });
  }

  /** IPV6CP is opened; both addresses are link-local. */
  openIpv6(local: string, remote: string | undefined, behind: readonly string[]): void {
    const { tun, tunnelPeer } = this.#parts;
    const host = remote === undefined ? [] : [`${remote}/128`];
    this.#routes.set("ipv6", [...host, ...behind]);
    this.#hold("ipv6", () => {
      if (tun === undefined) return [];
      const detour = behind.some((prefix) => isWithin(tunnelPeer, prefix))
        ? [tun.holdDetour(tunnelPeer)]
        : [];
      const address = tun.holdAddress(local, 64);
      return [...behind.map((prefix) => tun.holdRoute(prefix)), address, ...detour];
    });
    this.#change({ ...this.#protocols, ipv6: true });
  }

  /** BCP is opened. */
  openBridge(agreed: Pick<PppProtocols, "taggedFrames" | "managementInline">): void {
    const { taggedFrames, managementInline } = agreed;
    this.#change({ ...this.#protocols, bridged: true, taggedFrames, managementInline });
  }

  /** A network protocol is closed again. */
  close(protocol: "ipv4" | "ipv6" | "bridged"): void {
    if (protocol !== "bridged") {
      this.#routes.delete(protocol);
      this.#release(protocol);
    }
    this.#change({ ...this.#protocols, [protocol]: false });
  }

  /** Takes everything away; the session is about to go. */
  closeAll(): void {
    this.#release("ipv4");
    this.#release("ipv6");
    this.#routes.clear();
    this.#protocols = NO_PPP_PROTOCOLS;
  }

  #hold(protocol: "ipv4" | "ipv6", put: () => (() => void)[]): void {
    this.#release(protocol);
    this.#held.set(protocol, put());
  }

  /** The last comes off first: a route to the tunnel's peer as long as others depend on it. */
  #release(protocol: "ipv4" | "ipv6"): void {
    for (const release of this.#held.get(protocol) ?? []) release();
    this.#held.delete(protocol);
  }

  #change(protocols: PppProtocols): void {
    this.#protocols = protocols;
    const { dataPath, tun, onProblem } = this.#parts;
    const routes = [...this.#routes.values()].flat();
    this.#turn = this.#turn.then(async () => {
      try {
        if (tun?.options.shared === true) await dataPath.setRoutes(routes);
        await dataPath.setPppProtocols(protocols);
      } catch (error) {
        onProblem(error instanceof Error ? error.message : String(error));
      }
    });
  }
}

function expand(prefix: string): readonly string[] {
  return prefix === "default" ? ALL_OF_IPV4 : [prefix];
}
