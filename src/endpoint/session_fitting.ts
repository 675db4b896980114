/**
 * One session's frames kept fitting while the path, the agreed MTU and the marking change.
 *
 * Read session_fit.ts and path_watch.ts first.
 */

import type { PathFit } from "../model/path_fit.ts";
import { dscpOf, type PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { AttachmentCircuit } from "./attachment_circuit.ts";
import type { DataPath } from "./data_path.ts";
import type { FollowedPath, PathWatch } from "./path_watch.ts";
import { fitFor, pathStatus, type ResolvedFit } from "./session_fit.ts";
import type { PathStatus } from "./status.ts";

/** What a fitting works with. */
export interface FittingParts {
  readonly fit: ResolvedFit;
  /** Whether both ends pass congestion on, by the ECN Capability AVP. */
  readonly passesEcn: () => boolean;
  readonly paths: PathWatch;
  readonly circuit: AttachmentCircuit;
  readonly dataPath: DataPath;
  /** The path holds more or less than `before`, and the circuit is fitted to it. */
  readonly onPathMtu: (pathMtu: number, before: number | undefined) => void;
}

/** How the frames of one session fit its path. */
export class SessionFitting {
  readonly #parts: FittingParts;
  /** As it was asked for, and agreed on since. */
  #options: ResolvedFit;
  #descriptor: SessionDescriptor | undefined;
  #path: FollowedPath | undefined;
  #fit: PathFit | undefined;
  /** The longest packet that a PPP link takes, once its ends have agreed. */
  #agreedMtu: number | undefined;

  constructor(parts: FittingParts) {
    this.#parts = parts;
    this.#options = parts.fit;
  }

  /** What the data plane is to do; `undefined` while there is no route. */
  get current(): PathFit | undefined {
    return this.#fit;
  }

  /** Follows the path of a session that is to be installed, in place of one before. */
  follow(descriptor: SessionDescriptor): void {
    this.#path?.leave();
    this.#path = this.#parts.paths.follow(descriptor.path, (mtu) => this.#handlePathMtu(mtu));
    this.#descriptor = descriptor;
    this.#update(this.#path.mtu);
  }

  /** Has the kernel asked for the path's MTU now. */
  check(): void {
    this.#path?.check();
  }

  /** Packets get the DSCP that is ours for what was agreed on (RFC 3308 §6, DS-04). */
  mark(descriptor: SessionDescriptor, perHopBehaviour: PerHopBehaviour | undefined): void {
    this.#descriptor = descriptor;
    const dscp = perHopBehaviour === undefined ? undefined : dscpOf(perHopBehaviour);
    if (dscp === undefined) return;
    this.#options = { ...this.#options, dscp };
    this.#refit(this.#path?.mtu);
  }

  /** The ends of a PPP link have agreed on their longest packet. */
  setAgreedMtu(mtu: number): void {
    this.#agreedMtu = mtu;
    this.#refit(this.#path?.mtu);
  }

  status(): PathStatus {
    return pathStatus(this.#options, this.#fit, this.#descriptor);
  }

  end(): void {
    this.#path?.leave();
  }

  #handlePathMtu(pathMtu: number): void {
    const before = this.#fit?.pathMtu;
    this.#refit(pathMtu);
    this.#parts.onPathMtu(pathMtu, before);
  }

  #refit(pathMtu: number | undefined): void {
    this.#update(pathMtu);
    // A data plane that has died has said so itself.
    if (this.#fit !== undefined) this.#parts.dataPath.setFit(this.#fit).catch(() => {});
  }

  #update(pathMtu: number | undefined): void {
    if (pathMtu === undefined || this.#descriptor === undefined) return;
    const { circuit, passesEcn } = this.#parts;
    if (passesEcn()) this.#options = { ...this.#options, ecn: true };
    circuit.fit(this.#descriptor, pathMtu);
    this.#fit = fitFor(this.#options, this.#descriptor, pathMtu, circuit.mtu, this.#agreedMtu);
  }
}
