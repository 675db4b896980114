/**
 * A TUN interface and what PPP puts on it: addresses of ours and routes to the peers, each for as
 * long as a session needs it.
 *
 * Many sessions may share one, and with it our address: that stays until the last of them is gone.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import { kernelEntropy } from "../io/entropy.ts";
import { openInterfaces } from "../io/network_interface.ts";
import { openRouteTable, type RouteEntry } from "../io/route_table.ts";
import { EEXIST, SystemError } from "../io/system_error.ts";
import { openTun, type Tun } from "../io/tun.ts";
import { parsePrefix } from "./addresses.ts";
import type { AttachmentCircuit } from "./attachment_circuit.ts";
import { withRemedy } from "./attachment_remedy.ts";
import type { LastingInterface } from "./attachment.ts";
import { configureInterface } from "./interface_setup.ts";
import { logger } from "./logger.ts";
import type { TunAttachment } from "./attachment_options.ts";
import { type CircuitSurroundings, queuesOf, tellQueues } from "./tap_circuit.ts";
import { TunCircuit } from "./tun_circuit.ts";

/** An address of ours on the interface, or a route through it. */
type Holding =
  | { readonly kind: "address"; readonly address: string; readonly prefixLength: number }
  | { readonly kind: "route"; readonly route: RouteEntry };

/** A TUN, and the sessions on it. */
export class TunInterface implements LastingInterface {
  readonly #tun: Tun;
  /** Behind fe80::/64 our link-local address, the same towards every peer (RFC 5072 §4.1). */
  readonly interfaceId: Uint8Array = randomInterfaceId();
  readonly #options: TunAttachment;
  readonly #surroundings: CircuitSurroundings;
  readonly #circuits = new Set<TunCircuit>();
  /** What was put on the interface, and by how many. */
  readonly #held = new Map<string, number>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #endWatch: () => void;
  /** The circuit of a TUN that is not shared. */
  readonly #single: TunCircuit | undefined;
  #mtu: number;
  #active = true;
  #gone = false;

  /** @throws {SystemError} where the kernel refuses any of it; nothing is left behind then. */
  static open(options: TunAttachment, surroundings: CircuitSurroundings): TunInterface {
    const offloadHeader = surroundings.offload.tap;
    const { tun: name, namespace } = options;
    const queues = surroundings.workers;
    const tun = withRemedy(options, () => openTun({ name, namespace, offloadHeader, queues }));
    tellQueues(tun, surroundings);
    try {
      if (tun.offloadHeader) tun.enableOffloads();
      forgoLinkLocalAddress(tun);
      return new TunInterface(tun, configureInterface(tun, options), options, surroundings);
    } catch (error) {
      tun.close();
      throw error;
    }
  }

  private constructor(
    tun: Tun,
    mtu: number,
    options: TunAttachment,
    surroundings: CircuitSurroundings,
  ) {
    this.#tun = tun;
    this.#mtu = mtu;
    this.#options = options;
    this.#surroundings = surroundings;
    this.#single = options.shared === true ? undefined : new TunCircuit(this);
    this.#endWatch = surroundings.interfaces.watch(tun.namespace, tun.index, (link) => {
      if (link === undefined) this.lose();
      else [this.#mtu, this.#active] = [link.mtu, link.up];
    });
  }

  get interfaceName(): string {
    return this.#tun.name;
  }

  get mtu(): number {
    return this.#mtu;
  }

  get active(): boolean {
    return this.#active && !this.#gone;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get options(): TunAttachment {
    return this.#options;
  }

  get surroundings(): CircuitSurroundings {
    return this.#surroundings;
  }

  /** How the data plane reaches it; of a shared one a session has nothing until it has routes. */
  get port(): SessionPort {
    const { coalescing: coalesces } = this.#surroundings.offload;
    const { descriptor: { number: fd }, offloadHeader: offloads } = this.#tun;
    const routes = this.#options.shared === true ? [] : undefined;
    const queues = queuesOf(this.#tun);
    return { kind: "tun", fd, queues, offloads, coalesces, routes, onGone: () => this.lose() };
  }

  circuit(): AttachmentCircuit {
    const circuit = this.#single ?? new TunCircuit(this);
    this.#circuits.add(circuit);
    return circuit;
  }

  /** Sets the MTU; one that somebody has set by hand is not touched. */
  setMtu(mtu: number): void {
    if (this.#gone || mtu === this.#mtu || typeof this.#options.mtu === "number") return;
    this.survive(() => {
      using interfaces = openInterfaces(this.#tun.namespace);
      interfaces.configure(this.#tun.index, { mtu });
      this.#mtu = mtu;
    });
  }

  /** Gives the interface an address of ours; the answered function takes it back. */
  holdAddress(address: string, prefixLength: number): () => void {
    return this.#hold({ kind: "address", address, prefixLength });
  }

  /** Leads a prefix through the interface; the answered function undoes it. */
  holdRoute(prefix: string, source?: string): () => void {
    const { host: destination, prefixLength } = parsePrefix(prefix);
    const { index } = this.#tun;
    const route = { destination, prefixLength, index, ...(source === undefined ? {} : { source }) };
    return this.#hold({ kind: "route", route });
  }

  /**
   * Leads packets to a host where they go now, whatever is routed through the interface later; for
   * the tunnel's own, which must not go into the tunnel. The answered function undoes it.
   */
  holdDetour(address: string): () => void {
    // In a namespace of its own the interface has no say over the tunnel's packets.
    if (this.#tun.namespace !== undefined) return () => {};
    return this.survive(() => {
      using routes = openRouteTable();
      const hop = routes.nextHop(address);
      if (hop.index === this.#tun.index) return undefined;
      const prefixLength = address.includes(":") ? 128 : 32;
      return this.#hold({ kind: "route", route: { destination: address, prefixLength, ...hop } });
    }) ?? (() => {});
  }

  /** A circuit has no session any more. */
  leave(circuit: TunCircuit): void {
    if (circuit !== this.#single) this.#circuits.delete(circuit);
    if (this.#gone && ![...this.#circuits].some((each) => each.isInUse)) this.close();
  }

  async release(): Promise<void> {
    await Promise.all([...this.#circuits].map((circuit) => circuit.dismiss()));
    this.close();
  }

  close(): void {
    this.#gone = true;
    this.#endWatch();
    this.#tun.close();
    this.#closed.resolve();
  }

  /** The descriptor stays until the data plane has let go of it. */
  lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    logger.warn("{interface} was deleted", { interface: this.#tun.name });
    const users = [...this.#circuits].filter((circuit) => circuit.isInUse);
    if (users.length === 0) return this.close();
    for (const circuit of users) circuit.handleGone();
    this.#closed.resolve();
  }

  /** The interface may just have gone, or a route be somebody else's: that is told, and no more. */
  survive<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      logger.warn("{interface}: {error}", { interface: this.#tun.name, error: error.message });
      return undefined;
    }
  }

  #hold(holding: Holding): () => void {
    const key = JSON.stringify(holding);
    const holders = this.#held.get(key) ?? 0;
    if (holders === 0 && !this.#gone) this.survive(() => this.#put(holding));
    this.#held.set(key, holders + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const left = (this.#held.get(key) ?? 1) - 1;
      if (left > 0) return void this.#held.set(key, left);
      this.#held.delete(key);
      if (!this.#gone) this.survive(() => this.#take(holding));
    };
  }

  #put(holding: Holding): void {
    if (holding.kind === "address") {
      using interfaces = openInterfaces(this.#tun.namespace);
      return interfaces.addAddress(this.#tun.index, holding.address, holding.prefixLength);
    }
    using routes = openRouteTable(this.#tun.namespace);
    try {
      routes.add(holding.route);
    } catch (error) {
      // An operator's own route of the same prefix is as good.
      if (!(error instanceof SystemError && error.errno === EEXIST)) throw error;
    }
  }

  #take(holding: Holding): void {
    if (holding.kind === "address") {
      using interfaces = openInterfaces(this.#tun.namespace);
      return interfaces.removeAddress(this.#tun.index, holding.address, holding.prefixLength);
    }
    using routes = openRouteTable(this.#tun.namespace);
    routes.remove(holding.route);
  }
}

/** IPV6CP decides on it (RFC 5072 §5). A system without IPv6 has none to forgo. */
function forgoLinkLocalAddress(tun: Tun): void {
  try {
    using interfaces = openInterfaces(tun.namespace);
    interfaces.configure(tun.index, { linkLocalAddress: "none" });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}

/** Not of a universally unique kind: bit "u" is zero (RFC 5072 §4.1). */
function randomInterfaceId(): Uint8Array {
  const octets = new Uint8Array(8);
  kernelEntropy.fill(octets);
  octets[0] = (octets[0] ?? 0) & ~0x02;
  return octets;
}
