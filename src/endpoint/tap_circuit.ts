/**
 * A TAP as attachment circuit: made and configured from options, carrier as the session's state,
 * watched for what an operator does to it.
 *
 * Read RFC 4719 §2.3 first: administratively down is what Circuit Status tells the peer (ETH-11);
 * carrier is what the peer's side and the way to it look like from here.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import {
  type LinkChange,
  type NetworkInterfaces,
  openInterfaces,
} from "../io/network_interface.ts";
import { requireIpAddress } from "../io/socket_address.ts";
import { SystemError } from "../io/system_error.ts";
import { openTap, type Tap } from "../io/tap.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import { type AttachmentCircuit, type CircuitUser, Tenancy } from "./attachment_circuit.ts";
import type { InterfaceWatch } from "./interface_watch.ts";
import { logger } from "./logger.ts";
import { attachmentMtu } from "./mtu.ts";
import type { OffloadOptions, TapAttachment } from "./options.ts";

/** What a circuit needs of the endpoint. */
export interface CircuitSurroundings {
  readonly interfaces: InterfaceWatch;
  readonly offload: Pick<Required<OffloadOptions>, "tap" | "coalescing">;
}

/**
 * Frames that may wait in a TAP: those of a tenth of a second at 40,000 a second, so that a worker
 * that must wait for a processor loses none. The kernel's default is 1,000.
 */
const QUEUE_FRAMES = 4096;

/** A TAP interface with its operator's view of it. */
export class TapCircuit implements AttachmentCircuit {
  readonly streams = undefined;
  readonly #tap: Tap;
  readonly #automaticMtu: boolean;
  readonly #surroundings: CircuitSurroundings;
  readonly #tenancy = new Tenancy();
  readonly #closed = Promise.withResolvers<void>();
  #endWatch: (() => void) | undefined;
  #mtu: number;
  #active = true;
  #gone = false;

  /**
   * Makes the TAP: down to up, carrier off.
   *
   * @throws {SystemError} where the kernel refuses any of it; nothing is left behind then.
   */
  static open(options: TapAttachment, surroundings: CircuitSurroundings): TapCircuit {
    const offloadHeader = surroundings.offload.tap;
    const tap = openTap({ name: options.tap, namespace: options.namespace, offloadHeader });
    try {
      if (offloadHeader) tap.enableOffloads();
      tap.setCarrier(false);
      return new TapCircuit(tap, configure(tap, options), options, surroundings);
    } catch (error) {
      tap.close();
      throw error;
    }
  }

  private constructor(
    tap: Tap,
    mtu: number,
    options: TapAttachment,
    surroundings: CircuitSurroundings,
  ) {
    this.#tap = tap;
    this.#mtu = mtu;
    this.#automaticMtu = (options.mtu ?? "auto") === "auto";
    this.#surroundings = surroundings;
    this.#endWatch = surroundings.interfaces.watch(tap.namespace, tap.index, (link) => {
      if (link === undefined) this.#lose();
      else this.#see(link.up, link.mtu);
    });
  }

  get port(): SessionPort {
    const { tap: offloads, coalescing: coalesces } = this.#surroundings.offload;
    const fd = this.#tap.descriptor.number;
    return { kind: "tap", fd, offloads, coalesces, onGone: () => this.#lose() };
  }

  get interfaceName(): string {
    return this.#tap.name;
  }

  get mtu(): number {
    return this.#mtu;
  }

  get active(): boolean {
    return this.#active && !this.#gone;
  }

  /** Resolves when the interface is closed, or was deleted. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Has its session leave, then removes the interface. */
  async release(): Promise<void> {
    await this.#tenancy.user?.leave();
    this.close();
  }

  async claim(user: CircuitUser): Promise<void> {
    await this.#tenancy.claim(user);
    if (this.#gone) throw new TypeError(`interface ${this.#tap.name} is closed`);
  }

  vacate(user: CircuitUser): void {
    this.#tenancy.vacate(user);
    if (this.#gone) this.close();
  }

  fit(descriptor: SessionDescriptor, pathMtu: number): void {
    if (!this.#automaticMtu || this.#gone) return;
    this.#survive(() => {
      const mtu = attachmentMtu(descriptor, pathMtu);
      if (mtu === this.#mtu) return;
      using interfaces = openInterfaces(this.#tap.namespace);
      interfaces.configure(this.#tap.index, { mtu });
      this.#mtu = mtu;
    });
  }

  setCarrier(up: boolean): void {
    if (!this.#gone) this.#survive(() => this.#tap.setCarrier(up));
  }

  close(): void {
    this.#gone = true;
    this.#endWatch?.();
    this.#tap.close();
    this.#closed.resolve();
  }

  #see(up: boolean, mtu: number): void {
    this.#mtu = mtu;
    if (up === this.#active) return;
    this.#active = up;
    this.#tenancy.user?.handleActive(up);
  }

  /** The route or the interface may just have gone: then that is news of its own, soon. */
  #survive(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      logger.warn("{interface}: {error}", { interface: this.#tap.name, error: error.message });
    }
  }

  /** The descriptor stays until the data plane has let go of it. */
  #lose(): void {
    if (this.#gone) return;
    this.#gone = true;
    logger.warn("{interface} was deleted", { interface: this.#tap.name });
    const { user } = this.#tenancy;
    if (user === undefined) return this.close();
    user.handleGone();
    this.#closed.resolve();
  }
}

/**
 * Applies the options and answers the MTU. Who may not do that cannot have made the interface
 * either: an administrator has, for this user, and it is used as it is.
 */
function configure(tap: Tap, options: TapAttachment): number {
  using interfaces = openInterfaces(tap.namespace);
  try {
    apply(tap, options, interfaces);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === "EPERM")) throw error;
    const values = { interface: tap.name, error: error.message };
    logger.info("{interface} is used as it was made beforehand ({error})", values);
  }
  return interfaces.link(tap.index)?.mtu ?? 0;
}

/** Address before up: what listens for interfaces then finds it complete. */
function apply(tap: Tap, options: TapAttachment, interfaces: NetworkInterfaces): void {
  const { mtu, mac, bridge, address = [] } = options;
  const change: { -readonly [Key in keyof LinkChange]: LinkChange[Key] } = {
    queueLength: QUEUE_FRAMES,
  };
  if (typeof mtu === "number") change.mtu = mtu;
  if (mac !== undefined) change.mac = mac;
  if (bridge !== undefined) change.master = bridgeIndex(bridge, interfaces);
  interfaces.configure(tap.index, change);
  for (const text of typeof address === "string" ? [address] : address) {
    const { host, prefixLength } = parsePrefix(text);
    interfaces.addAddress(tap.index, host, prefixLength);
  }
  interfaces.configure(tap.index, { up: true });
}

function bridgeIndex(bridge: string, interfaces: NetworkInterfaces): number {
  const link = interfaces.link(bridge);
  if (link === undefined) {
    throw new TypeError(`bridge ${bridge} does not exist: ip link add ${bridge} type bridge`);
  }
  return link.index;
}

/** `192.0.2.1/24`. @throws {RangeError | TypeError} for anything else. */
function parsePrefix(text: string): { host: string; prefixLength: number } {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  if (match === null) throw new RangeError(`"${text}" is no ADDRESS/PREFIX-LENGTH`);
  const [, host = "", digits] = match;
  const bits = requireIpAddress(host).octets.length * 8;
  const prefixLength = Number(digits);
  if (prefixLength > bits) throw new RangeError(`"${text}": at most /${bits} is possible`);
  return { host, prefixLength };
}
