/**
 * An attachment: an interface that is there for itself, and lent to one session after the other, or,
 * where it is a shared TUN, to many at a time.
 *
 * A bridge's port or an address on the interface then survives a peer that restarts: between two
 * sessions the interface has no carrier, as if a cable was pulled.
 */

import type { AttachmentCircuit } from "./attachment_circuit.ts";

/** An interface as an attachment has it. */
export interface LastingInterface {
  readonly interfaceName: string;
  readonly mtu: number;
  readonly active: boolean;
  /** Resolves when the interface is closed, or was deleted. */
  readonly closed: Promise<void>;
  /** What the next session is attached to. */
  circuit(): AttachmentCircuit;
  /** Has its sessions leave, then removes the interface. */
  release(): Promise<void>;
  /** Removes the interface; it has no session any more. */
  close(): void;
}

const interfaces = new WeakMap<Attachment, LastingInterface>();

/** The interface behind an attachment. */
export function interfaceOf(attachment: Attachment): LastingInterface {
  const lasting = interfaces.get(attachment);
  if (lasting === undefined) throw new TypeError("this attachment was not made by an endpoint");
  return lasting;
}

/**
 * An interface that outlives sessions. Made by `Endpoint.createAttachment`, used by giving it as
 * `attach` to any number of sessions, one at a time: a later session takes it from an earlier one.
 * A TUN that is `shared` has any number at the same time.
 */
export class Attachment implements AsyncDisposable {
  readonly #interface: LastingInterface;

  /** @ignore Attachments are made by `Endpoint.createAttachment`. */
  constructor(lasting: LastingInterface) {
    this.#interface = lasting;
    interfaces.set(this, lasting);
  }

  /** The interface's name. */
  get interfaceName(): string {
    return this.#interface.interfaceName;
  }

  /** The interface's MTU in octets, as it is now. */
  get mtu(): number {
    return this.#interface.mtu;
  }

  /** Whether the interface is administratively up. */
  get active(): boolean {
    return this.#interface.active;
  }

  /** Resolves when the interface is gone: closed, or deleted by somebody (`ip link del`). */
  get closed(): Promise<void> {
    return this.#interface.closed;
  }

  /** Closes the sessions that have it, then removes the interface. */
  async close(): Promise<void> {
    await this.#interface.release();
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
