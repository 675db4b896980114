/**
 * The identifiers that this side gave to one control connection: one per version that it may yet
 * be spoken in, so that the peer's answer finds it in either.
 *
 * Read RFC 3931 §5.4.3 (Assigned Control Connection ID) and §4.7.3 (fallback) first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { ControlConnection } from "./control_connection.ts";
import type { Services } from "./services.ts";

/** The identifiers of one control connection. */
export class ConnectionIds {
  readonly #services: Services;
  readonly #ids = new Map<ProtocolVersion, number>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** The identifier in this version; 0 where there is none. */
  of(version: ProtocolVersion): number {
    return this.#ids.get(version) ?? 0;
  }

  /** Takes an identifier by which datagrams of this version find the connection. */
  assign(version: ProtocolVersion, connection: ControlConnection): number {
    const id = this.#services.assignConnectionId(version, connection);
    this.#ids.set(version, id);
    return id;
  }

  /** Gives back every identifier but that of the version which the peer has chosen. */
  keepOnly(version: ProtocolVersion | undefined): void {
    for (const [each, id] of this.#ids) {
      if (each === version) continue;
      this.#ids.delete(each);
      this.#services.releaseConnectionId(each, id);
    }
  }
}
