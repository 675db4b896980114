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

/** Two addresses with what lies between them: ports make no difference to the MTU. */
class WatchedPath {
  readonly followers = new Set<Follower>();
  readonly end: () => void;
  readonly #ask: () => number | undefined;
  #mtu: number | undefined;

  /** @param end is called when nobody follows it any more. */
  constructor(ask: () => number | undefined, end: () => void) {
    this.end = end;
    this.#ask = ask;
    this.#mtu = ask();
  }

  get mtu(): number | undefined {
    return this.#mtu;
  }

  update(): void {
    const mtu = this.#ask();
    if (mtu === undefined || mtu === this.#mtu) return;
    this.#mtu = mtu;
    for (const follower of this.followers) follower.onChange(mtu);
  }
}

/** One of those who follow a path. */
class Follower implements FollowedPath {
  readonly onChange: (mtu: number) => void;
  readonly #watched: WatchedPath;

  constructor(watched: WatchedPath, onChange: (mtu: number) => void) {
    this.onChange = onChange;
    this.#watched = watched;
    watched.followers.add(this);
  }

  get mtu(): number | undefined {
    return this.#watched.mtu;
  }

  check(): void {
    this.#watched.update();
  }

  leave(): void {
    const { followers } = this.#watched;
    if (followers.delete(this) && followers.size === 0) this.#watched.end();
  }
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
  follow(path: Path, onChange: (mtu: number) => void): FollowedPath {
    const name = `${path.local.address} ${path.remote.address}`;
    return new Follower(this.#paths.get(name) ?? this.#begin(name, path), onChange);
  }

  #begin(name: string, path: Path): WatchedPath {
    const watched = new WatchedPath(() => this.#ask(path), () => this.#end(name));
    this.#paths.set(name, watched);
    this.#callOff ??= this.#surroundings.after(INTERVAL_MS, () => this.#look());
    return watched;
  }

  #end(name: string): void {
    this.#paths.delete(name);
    if (this.#paths.size > 0) return;
    this.#callOff?.();
    this.#callOff = undefined;
  }

  #look(): void {
    this.#callOff = this.#surroundings.after(INTERVAL_MS, () => this.#look());
    for (const watched of this.#paths.values()) watched.update();
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
