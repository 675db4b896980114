/**
 * The network control protocols of a link: those that its settings want, all alike.
 *
 * Read RFC 1661 §3.6 first.
 */

import type { Random } from "../crypto/random.ts";
import { BcpNegotiation } from "./bcp.ts";
import { ControlProtocol, type NegotiationLimits } from "./control_protocol.ts";
import { IpcpNegotiation } from "./ipcp.ts";
import { Ipv6cpNegotiation } from "./ipv6cp.ts";
import type { OptionNegotiation } from "./option_negotiation.ts";
import type {
  BridgeUpEffect,
  Ipv4UpEffect,
  Ipv6UpEffect,
  NetworkDownEffect,
  PppDownReason,
  PppDropReason,
} from "./ppp_effect.ts";
import type { BridgeSettings, Ipv4Settings, Ipv6Settings } from "./ppp_settings.ts";
import { BCP, IPCP, IPV6CP } from "./protocol_numbers.ts";

/** Which protocols are wanted, and how. */
export interface NetworkSettings {
  readonly ipv4?: Ipv4Settings | undefined;
  readonly ipv6?: Ipv6Settings | undefined;
  readonly bridge?: BridgeSettings | undefined;
}

/** News of a network protocol. */
export type NetworkEffect = Ipv4UpEffect | Ipv6UpEffect | BridgeUpEffect | NetworkDownEffect;

/** What the phase tells the link. */
export interface NetworkPhaseLink {
  readonly remoteMru: number;
  transmit(protocol: number, packet: Uint8Array): void;
  drop(reason: PppDropReason, protocol: number): void;
  tell(effect: NetworkEffect): void;
  /** Nothing is open, and nothing is going to be. */
  finish(reason: PppDownReason, now: number): void;
}

/** What a network protocol carries. */
export type NetworkName = "ipv4" | "ipv6" | "bridge";

interface NetworkProtocol {
  readonly name: NetworkName;
  readonly negotiation: OptionNegotiation;
  /** What is to be told when it is opened; `undefined` where it is of no use so. */
  readonly up: () => NetworkEffect | undefined;
  readonly down: NetworkDownEffect;
}

function ipv4(settings: Ipv4Settings): NetworkProtocol {
  const negotiation = new IpcpNegotiation(settings);
  return {
    name: "ipv4",
    negotiation,
    up: () => {
      const { local, remote, dns } = negotiation;
      if (local === undefined) return undefined;
      return { kind: "ipv4Up", local, ...(remote === undefined ? {} : { remote }), dns };
    },
    down: { kind: "ipv4Down" },
  };
}

function ipv6(settings: Ipv6Settings, random: Random): NetworkProtocol {
  const negotiation = new Ipv6cpNegotiation(settings, random);
  return {
    name: "ipv6",
    negotiation,
    up: () => {
      const { local: localInterfaceId, remote } = negotiation;
      const remotely = remote === undefined ? {} : { remoteInterfaceId: remote };
      return { kind: "ipv6Up", localInterfaceId, ...remotely };
    },
    down: { kind: "ipv6Down" },
  };
}

function bridge(settings: BridgeSettings): NetworkProtocol {
  const negotiation = new BcpNegotiation(settings);
  return {
    name: "bridge",
    negotiation,
    up: () => {
      const { taggedFrames, managementInline } = negotiation;
      return { kind: "bridgeUp", taggedFrames, managementInline };
    },
    down: { kind: "bridgeDown" },
  };
}

/** All network control protocols of a link, from one end of authentication to LCP's next Down. */
export class NetworkPhase {
  readonly #link: NetworkPhaseLink;
  readonly #protocols = new Map<number, ControlProtocol>();
  readonly #open = new Set<NetworkName>();

  constructor(
    link: NetworkPhaseLink,
    settings: NetworkSettings,
    limits: NegotiationLimits,
    random: Random,
  ) {
    this.#link = link;
    if (settings.ipv4) this.#add(IPCP, ipv4(settings.ipv4), limits);
    if (settings.ipv6) this.#add(IPV6CP, ipv6(settings.ipv6, random), limits);
    if (settings.bridge) this.#add(BCP, bridge(settings.bridge), limits);
  }

  /** What is open. */
  get open(): NetworkName[] {
    return [...this.#open];
  }

  get nextTimeout(): number | undefined {
    const instants = [...this.#protocols.values()]
      .map((protocol) => protocol.nextTimeout)
      .filter((instant) => instant !== undefined);
    return instants.length === 0 ? undefined : Math.min(...instants);
  }

  start(now: number): void {
    for (const protocol of this.#protocols.values()) {
      protocol.open(now);
      protocol.lowerUp(now);
    }
  }

  stop(now: number): void {
    for (const protocol of this.#protocols.values()) protocol.lowerDown(now);
  }

  handleTimeout(now: number): void {
    for (const protocol of this.#protocols.values()) protocol.handleTimeout(now);
  }

  /** Answers whether there is such a protocol. */
  handlePacket(number: number, information: Uint8Array, now: number): boolean {
    const protocol = this.#protocols.get(number);
    if (protocol === undefined) return false;
    protocol.handlePacket(information, now);
    return true;
  }

  /** The peer does not speak it: nothing of it is sent any more (PPP-06). */
  handleProtocolReject(number: number, now: number): void {
    this.#protocols.get(number)?.handleProtocolReject(now);
  }

  #add(
    number: number,
    { name, negotiation, up, down }: NetworkProtocol,
    limits: NegotiationLimits,
  ): void {
    const link = this.#link;
    const protocol = new ControlProtocol(
      {
        get remoteMru() {
          return link.remoteMru;
        },
        transmit: (packet) => link.transmit(number, packet),
        drop: (reason) => link.drop(reason, number),
        layerUp: (now) => {
          const effect = up();
          if (effect === undefined) return protocol.close("no-network-protocol", now);
          this.#open.add(name);
          link.tell(effect);
        },
        layerDown: () => {
          if (this.#open.delete(name)) link.tell(down);
        },
        layerFinished: (_reason, now) => this.#finish(now),
      },
      negotiation,
      limits,
    );
    this.#protocols.set(number, protocol);
  }

  /** One of several is no reason to end the link; the last one is (RFC 1661 §3.7). */
  #finish(now: number): void {
    const states = [...this.#protocols.values()].map(({ state }) => state);
    const isAnyLeft = states.some((state) => state !== "closed" && state !== "stopped");
    if (!isAnyLeft) this.#link.finish("no-network-protocol", now);
  }
}
