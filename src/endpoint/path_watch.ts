/**
 * What paths hold, followed as it changes: the kernel learns a path's MTU from ICMP and from routes,
 * and is asked now and then, and at once when it refuses a packet as too long.
 *
 * Read RFC 1191 §6.3 and RFC 8201 §4: what was learnt is forgotten after some minutes, so a path can
 * become wider as well. ICMP errors are not read from the sockets (IP_RECVERR): one peer's error
 * would fail the next send to another, and an unconnected socket's route learns from them anyway.
 */

import { SystemError } from "../io/system_error.ts";
import type { Path } from "../model/path.ts";
import { logger } from "./logger.ts";

/** Between two looks at every path. What narrows a path is noticed sooner, by what it refuses. */
const INTERVAL_MS = 10_000;

/** What a watch needs of the endpoint. */
export interface PathWatchSurroundings {
  /** Asks the kernel. @throws {SystemError} without a route. */
  pathMtu(path: Path): number;
  /** Runs an action later; the answered function calls it off. */
  after(delayMs: number, action: () => void): () => void;
}

/** A path that somebody follows. */
export interface FollowedPath {
  /** The longest IP packet in octets; `undefined` while there is no route. */
  readonly mtu: number | undefined;
  /** Has the kernel asked now. */
  check(): void;
  /** Ends it. */
  leave(): void;
}

type Listener = (mtu: number) => void;

/** Two addresses with what lies between them: ports make no difference to the MTU. */
interface WatchedPath {
  readonly path: Path;
  readonly listeners: Set<Listener>;
  mtu: number | undefined;
}

/** The paths of an endpoint's sessions. */
export class PathWatch {
  readonly #surroundings: PathWatchSurroundings;
  readonly #paths = new Map<string, WatchedPath>();
  #callOff: (() => void) | undefined;

  constructor(surroundings: PathWatchSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Calls `onChange` whenever the path's MTU is another one, until it is left. */
  follow(path: Path, onChange: Listener): FollowedPath {
    const name = `${path.local.address} ${path.remote.address}`;
    const watched = this.#paths.get(name) ?? this.#begin(name, path);
    // Two sessions may have one function.
    const listener: Listener = (mtu) => onChange(mtu);
    watched.listeners.add(listener);
    return {
      get mtu() {
        return watched.mtu;
      },
      check: () => this.#update(watched),
      leave: () => {
        watched.listeners.delete(listener);
        if (watched.listeners.size === 0) this.#end(name, watched);
      },
    };
  }

  #begin(name: string, path: Path): WatchedPath {
    const watched: WatchedPath = { path, listeners: new Set(), mtu: this.#ask(path) };
    this.#paths.set(name, watched);
    this.#callOff ??= this.#surroundings.after(INTERVAL_MS, () => this.#look());
    return watched;
  }

  #end(name: string, watched: WatchedPath): void {
    if (this.#paths.get(name) === watched) this.#paths.delete(name);
    if (this.#paths.size > 0) return;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #look(): void {
    this.#callOff = this.#surroundings.after(INTERVAL_MS, () => this.#look());
    for (const watched of this.#paths.values()) this.#update(watched);
  }

  #update(watched: WatchedPath): void {
    const mtu = this.#ask(watched.path);
    if (mtu === undefined || mtu === watched.mtu) return;
    watched.mtu = mtu;
    for (const listener of watched.listeners) listener(mtu);
  }

  /** A route that is gone may come back: until then everything stays as it is. */
  #ask(path: Path): number | undefined {
    try {
      return this.#surroundings.pathMtu(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      logger.info("{peer}: {error}", { peer: path.remote.address, error: error.message });
      return undefined;
    }
  }
}
