/**
 * What a session needs of an attachment circuit, whether it is a TAP or a pair of streams.
 *
 * Read RFC 3931 §1.2 (attachment circuit) and RFC 4719 §2.3. A circuit has at most one session at a
 * time; a later one takes it from an earlier one, because the later one is what the peer has now.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";

/** Frames as streams, each chunk one whole frame. */
export interface FrameStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** What a circuit tells the session that has it. */
export interface CircuitUser {
  /** The operator has set the circuit up or down. */
  handleActive(active: boolean): void;
  /** The circuit was taken away from outside, and can never be used again. */
  handleGone(): void;
  /** Another session wants the circuit: resolves when this one has vacated it. */
  leave(): Promise<void>;
  /** Sends frames to the peer, where they do not come from an interface. */
  transmit(frames: readonly Uint8Array[]): Promise<void>;
}

/** One attachment circuit. */
export interface AttachmentCircuit {
  /** How the data plane reaches it. */
  readonly port: SessionPort;
  /** `undefined` where there is no interface. */
  readonly interfaceName: string | undefined;
  readonly mtu: number | undefined;
  /** Whether this side's circuit works, as far as is known. */
  readonly active: boolean;
  /** `undefined` where the circuit is an interface. */
  readonly streams: FrameStreams | undefined;
  /** Whose it is. */
  readonly tenancy: Tenancy;
  /** Fits the circuit to a session and its path: the MTU, where it is to be worked out. */
  fit(descriptor: SessionDescriptor, pathMtu: number): void;
  /** Shows whether frames get through to the peer's circuit. */
  setCarrier(up: boolean): void;
  /**
   * Control characters that must be escaped towards whoever is on it, by their bits; `undefined`:
   * all of them. Only where there is an asynchronous line (RFC 2661 §4.4.6).
   */
  handleAccm?(map: number | undefined): void;
  /** Removes the circuit; it has no user any more. */
  close(): void;
}

/** What a circuit that may vanish under its user has to do when the user changes. */
export interface TenancyListener {
  /** It belongs to somebody: throws where it is of no more use. */
  readonly onClaimed: () => void;
  /** Somebody has no more to do with it. */
  readonly onVacated: () => void;
}

/** Whose a circuit is at the moment. */
export class Tenancy {
  readonly #listener: TenancyListener | undefined;
  #user: CircuitUser | undefined;

  constructor(listener?: TenancyListener) {
    this.#listener = listener;
  }

  get user(): CircuitUser | undefined {
    return this.#user;
  }

  /**
   * Resolves when the circuit belongs to `user`: has whoever is there leave first.
   *
   * @throws {TypeError} when the circuit has gone.
   */
  async claim(user: CircuitUser): Promise<void> {
    while (this.#user !== undefined && this.#user !== user) await this.#user.leave();
    this.#user = user;
    this.#listener?.onClaimed();
  }

  /** `user` has no more to do with it. */
  vacate(user: CircuitUser): void {
    if (this.#user === user) this.#user = undefined;
    this.#listener?.onVacated();
  }
}
