/**
 * The two ends of a session's circuit: whether ours works, whether the peer's does, and who is told of
 * a change: the peer, whoever looks at our interface, whoever watches.
 *
 * Read RFC 3931 §5.4.5, RFC 4719 §2.3 (ETH-11) and RFC 5641 §2 first.
 */

import { CIRCUIT_ACTIVE, CIRCUIT_STANDBY, circuitCarriesTraffic } from "../model/circuit_status.ts";
import type { CircuitUser } from "./attachment_circuit.ts";
import type { Lifetime } from "./lifetime.ts";
import type { SessionParts } from "./session_parts.ts";
import type { SessionStatus } from "./status.ts";

/** What the ends are the ends of. */
export type EndsParts = Pick<
  SessionParts,
  "name" | "connection" | "observation" | "circuit" | "control"
>;

/** Both ends of one circuit. */
export class CircuitEnds {
  readonly #parts: EndsParts;
  readonly #life: Lifetime;
  #localActive: boolean;
  #standby = false;
  /** AVP 71 of the peer; its circuit is down until it says otherwise. */
  #remoteStatus = 0;

  constructor(parts: EndsParts, life: Lifetime) {
    this.#parts = parts;
    this.#life = life;
    this.#localActive = parts.circuit.active;
  }

  /** Resolves with whether our end works, when it is `user`'s. */
  async claim(user: CircuitUser): Promise<boolean> {
    const { circuit } = this.#parts;
    await circuit.tenancy.claim(user);
    this.#localActive = circuit.active;
    return this.#localActive;
  }

  /** Our end works, or does not. */
  setLocal(active: boolean): void {
    if (active === this.#localActive) return;
    this.#localActive = active;
    if (this.#isOver) return;
    this.#tell("local", active);
    this.#sendStatus();
  }

  /** Stands by for another session's circuit, or steps in for it. */
  setStandby(standby: boolean): void {
    if (standby === this.#standby) return;
    this.#standby = standby;
    if (!this.#isOver) this.#sendStatus();
  }

  /** The peer says how its end is, by AVP 71. */
  handleRemote(status: number): void {
    const active = circuitCarriesTraffic(status);
    if (active !== circuitCarriesTraffic(this.#remoteStatus)) this.#tell("remote", active);
    this.#remoteStatus = status;
    this.showCarrier();
  }

  /** The peer's circuit and the way to it are one cable to whoever looks from this side. */
  showCarrier(): void {
    if (this.#life.state !== "established") return;
    this.#parts.circuit.setCarrier(circuitCarriesTraffic(this.#remoteStatus));
  }

  status(): SessionStatus["circuit"] {
    return {
      local: this.#localActive ? "up" : "down",
      remote: circuitCarriesTraffic(this.#remoteStatus) ? "up" : "down",
    };
  }

  get #isOver(): boolean {
    return this.#life.state === "closing" || this.#life.state === "closed";
  }

  /** ETH-11: one SLI for each change, and none where nothing has changed. */
  #sendStatus(): void {
    const active = this.#localActive ? CIRCUIT_ACTIVE : 0;
    this.#parts.control.setCircuitStatus(active | (this.#standby ? CIRCUIT_STANDBY : 0));
  }

  #tell(end: "local" | "remote", active: boolean): void {
    const { name, connection, observation } = this.#parts;
    const state = active ? "up" : "down";
    observation.tell({ kind: "circuit", name, connection, end, state });
  }
}
