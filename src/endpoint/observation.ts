/**
 * What an endpoint shows to whoever watches it: every change of state with its reason, and control
 * messages as they pass. Where nobody watches nothing is made.
 *
 * Read status.ts first: a snapshot there is where these changes have led to.
 */

import type { CloseReason } from "../model/close_reason.ts";
import type { Path } from "../model/path.ts";
import type { CircuitState, LifeState, PppStatus } from "./status.ts";

/** A change of state, told when it has happened. */
export type EndpointChange =
  | {
    readonly kind: "connection";
    /** The connection's name. */
    readonly name: string;
    readonly state: LifeState;
    readonly path: Path;
    /** The peer's Host Name AVP, once it has come. */
    readonly hostName?: string;
    /** Why it ends, in states `closing` and `closed`. */
    readonly reason?: CloseReason;
  }
  | {
    readonly kind: "session";
    /** The session's name. */
    readonly name: string;
    /** Its connection's; `undefined` for a static session. */
    readonly connection: string | undefined;
    readonly state: LifeState;
    /** Its interface, where it has one. */
    readonly interface?: string;
    /** The interface's MTU. */
    readonly mtu?: number;
    /** Why it ends, in states `closing` and `closed`. */
    readonly reason?: CloseReason;
  }
  | {
    readonly kind: "path";
    /** The session's name. */
    readonly name: string;
    /** Its connection's; `undefined` for a static session. */
    readonly connection: string | undefined;
    /** The longest IP packet that its path holds now, and before; `undefined`: nobody knew. */
    readonly pathMtu: number;
    readonly before: number | undefined;
    /** The interface's MTU after it. */
    readonly mtu: number | undefined;
  }
  | {
    readonly kind: "circuit";
    /** The session's name. */
    readonly name: string;
    /** Its connection's; `undefined` for a static session. */
    readonly connection: string | undefined;
    /** Whose circuit it is. */
    readonly end: "local" | "remote";
    readonly state: CircuitState;
  }
  | {
    readonly kind: "ppp";
    /** The session's name. */
    readonly name: string;
    /** Its connection's; `undefined` for a static session. */
    readonly connection: string | undefined;
    /** What it has come to. */
    readonly status: PppStatus;
  };

/** One control message, or what became of one. */
export type ControlSight =
  | {
    readonly kind: "sent" | "received";
    readonly path: Path;
    /** Borrowed for the call; a copy is the watcher's to make. */
    readonly octets: Uint8Array;
  }
  /** What was received last over this path had no effect. */
  | { readonly kind: "dropped"; readonly path: Path; readonly reason: string };

/** Somebody asked for a connection and got none, or spoke for one and was not believed. */
export type Refusal =
  | {
    /** Nobody of that name and address is known, or the message fits no secret of his. */
    readonly reason: "unknown-peer" | "bad-digest" | "missing-digest" | "other-version";
    readonly path: Path;
  }
  | {
    /** Who it is, is known; what he asks for cannot be. */
    readonly reason: "unacceptable";
    readonly path: Path;
    /** The StopCCN's result code that he was told (RFC 3931 §5.4.2), and all its codes in words. */
    readonly resultCode: number;
    readonly text: string;
  };

/** Somebody who watches; called at once, and not to throw. */
export interface EndpointWatcher {
  /** A state has changed. */
  readonly handleChange?: (change: EndpointChange) => void;
  /** A control message passes. */
  readonly handleControl?: (sight: ControlSight) => void;
  /**
   * Somebody speaks, from the remote end of the path, of a control connection or a session that is
   * not here: as a rule a peer of a former run of this program. Nothing of it has been verified, and
   * of many such packets only some are told of.
   */
  readonly handleStray?: (path: Path) => void;
  /** Somebody is refused; nothing of an unknown or unbelieved peer's message has been verified. */
  readonly handleRefusal?: (refusal: Refusal) => void;
}

/** The watchers of one endpoint. */
export class Observation {
  readonly #changes = new Set<NonNullable<EndpointWatcher["handleChange"]>>();
  readonly #control = new Set<NonNullable<EndpointWatcher["handleControl"]>>();
  readonly #strays = new Set<NonNullable<EndpointWatcher["handleStray"]>>();
  readonly #refusals = new Set<NonNullable<EndpointWatcher["handleRefusal"]>>();

  /** Whether a control message is worth a `ControlSight`. */
  get watchesControl(): boolean {
    return this.#control.size > 0;
  }

  /** Watches from now on; the answered function ends it. */
  watch(watcher: EndpointWatcher): () => void {
    const { handleChange, handleControl, handleStray, handleRefusal } = watcher;
    if (handleChange !== undefined) this.#changes.add(handleChange);
    if (handleControl !== undefined) this.#control.add(handleControl);
    if (handleStray !== undefined) this.#strays.add(handleStray);
    if (handleRefusal !== undefined) this.#refusals.add(handleRefusal);
    return () => {
      if (handleRefusal !== undefined) this.#refusals.delete(handleRefusal);
      if (handleStray !== undefined) this.#strays.delete(handleStray);
      if (handleChange !== undefined) this.#changes.delete(handleChange);
      if (handleControl !== undefined) this.#control.delete(handleControl);
    };
  }

  /** Tells of a change. */
  tell(change: EndpointChange): void {
    for (const handle of this.#changes) handle(change);
  }

  /** Tells of a packet about something that is not here. */
  tellStray(path: Path): void {
    for (const handle of this.#strays) handle(path);
  }

  /** Tells of somebody who was refused. */
  tellRefusal(refusal: Refusal): void {
    for (const handle of this.#refusals) handle(refusal);
  }

  /** Shows a control message. */
  show(sight: ControlSight): void {
    for (const handle of this.#control) handle(sight);
  }
}
