/**
 * An attachment: a TAP that is there for itself, and lent to one session after the other.
 *
 * A bridge's port or an address on the interface then survives a peer that restarts: between two
 * sessions the interface has no carrier, as if a cable was pulled.
 */

import type { TapCircuit } from "./tap_circuit.ts";

const circuits = new WeakMap<Attachment, TapCircuit>();

/** The circuit behind an attachment. */
export function circuitOf(attachment: Attachment): TapCircuit {
  const circuit = circuits.get(attachment);
  if (circuit === undefined) throw new TypeError("this attachment was not made by an endpoint");
  return circuit;
}

/**
 * A TAP interface that outlives sessions. Made by `Endpoint.createAttachment`, used by giving it as
 * `attach` to any number of sessions, one at a time: a later session takes it from an earlier one.
 */
export class Attachment implements AsyncDisposable {
  readonly #circuit: TapCircuit;

  /** @ignore Attachments are made by `Endpoint.createAttachment`. */
  constructor(circuit: TapCircuit) {
    this.#circuit = circuit;
    circuits.set(this, circuit);
  }

  /** The interface's name. */
  get interfaceName(): string {
    return this.#circuit.interfaceName;
  }

  /** The interface's MTU in octets, as it is now. */
  get mtu(): number {
    return this.#circuit.mtu;
  }

  /** Whether the interface is administratively up. */
  get active(): boolean {
    return this.#circuit.active;
  }

  /** Resolves when the interface is gone: closed, or deleted by somebody (`ip link del`). */
  get closed(): Promise<void> {
    return this.#circuit.closed;
  }

  /** Closes the session that has it, then removes the interface. */
  async close(): Promise<void> {
    await this.#circuit.release();
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
