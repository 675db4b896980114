/**
 * A TAP as attachment circuit: made and configured from options, carrier as the session's state,
 * watched for what an operator does to it.
 *
 * Read RFC 4719 §2.3 first: administratively down is what Circuit Status tells the peer (ETH-11);
 * carrier is what the peer's side and the way to it look like from here.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import { openInterfaces } from "../io/network_interface.ts";
import { SystemError } from "../io/system_error.ts";
import { openTap, type Tap } from "../io/tap.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { LastingInterface } from "./attachment.ts";
import { type AttachmentCircuit, Tenancy } from "./attachment_circuit.ts";
import { withRemedy } from "./attachment_remedy.ts";
import { configureInterface } from "./interface_setup.ts";
import type { InterfaceWatch } from "./interface_watch.ts";
import { logger } from "./logger.ts";
import { attachmentMtu } from "./mtu.ts";
import type { TapAttachment } from "./attachment_options.ts";
import type { OffloadOptions } from "./options.ts";

/** What a circuit needs of the endpoint. */
export interface CircuitSurroundings {
  readonly interfaces: InterfaceWatch;
  /** How many workers there are, each of which reads a queue of an interface. */
  readonly workers: number;
  readonly offload: Pick<Required<OffloadOptions>, "tap" | "coalescing">;
}

/** A TAP interface with its operator's view of it. */
export class TapCircuit implements AttachmentCircuit, LastingInterface {
  readonly streams = undefined;
  readonly tenancy = new Tenancy({
    onClaimed: () => {
      if (this.#gone) throw new TypeError(`interface ${this.#tap.name} is closed`);
    },
    onVacated: () => {
      if (this.#gone) this.close();
    },
  });
  readonly #tap: Tap;
  readonly #automaticMtu: boolean;
  readonly #surroundings: CircuitSurroundings;
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
    const { tap: name, namespace } = options;
    const queues = surroundings.workers;
    const tap = withRemedy(options, () => openTap({ name, namespace, offloadHeader, queues }));
    tellQueues(tap, surroundings);
    try {
      if (tap.offloadHeader) tap.enableOffloads();
      tap.setCarrier(false);
      return new TapCircuit(tap, configureInterface(tap, options), options, surroundings);
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
    const { coalescing: coalesces } = this.#surroundings.offload;
    const { descriptor: { number: fd }, offloadHeader: offloads } = this.#tap;
    const queues = queuesOf(this.#tap);
    return { kind: "tap", fd, queues, offloads, coalesces, onGone: () => this.#lose() };
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

  circuit(): AttachmentCircuit {
    return this;
  }

  /** Has its session leave, then removes the interface. */
  async release(): Promise<void> {
    await this.tenancy.user?.leave();
    this.close();
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
    this.tenancy.user?.handleActive(up);
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
    const { user } = this.tenancy;
    if (user === undefined) return this.close();
    user.handleGone();
    this.#closed.resolve();
  }
}

/** What workers read of an interface that has a queue for each worker. */
export function queuesOf({ queues }: Tap): readonly number[] | undefined {
  return queues?.map((queue) => queue.number);
}

/** Says so where one worker reads what several were to share. */
export function tellQueues({ name, queues }: Tap, { workers }: CircuitSurroundings): void {
  if (workers === 1 || queues !== undefined) return;
  const text = "one worker reads all: the kernel gives the interface one queue";
  logger.warn("{interface}: {text}", { interface: name, text });
}
