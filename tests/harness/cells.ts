/**
 * The ways a control connection can be spoken, each a cell in which the conformance suites run:
 * protocol version, encapsulation, and how messages are authenticated.
 */

import type { Authentication } from "../../src/core/lcce_config.ts";
import type { Encapsulation } from "../../src/model/path.ts";

/** One way to speak. */
export interface Cell {
  readonly name: string;
  readonly version: 2 | 3;
  readonly encapsulation: Encapsulation;
  readonly authentication: Authentication;
  /** The digest that both sides send. */
  readonly digest: "md5" | "sha1";
}

/** The plainest cell; many rules do not depend on the cell, and are shown here. */
export const V3_UDP: Cell = {
  name: "v3/udp",
  version: 3,
  encapsulation: "udp",
  authentication: "none",
  digest: "sha1",
};

/** Over IP without a secret, where every message bears an integrity-only digest (V3-IP-07). */
export const V3_IP: Cell = { ...V3_UDP, name: "v3/ip", encapsulation: "ip", digest: "md5" };

/** Control Message Authentication (RFC 3931 §4.3). */
export const V3_DIGEST: Cell = { ...V3_UDP, name: "v3/udp/sha1", authentication: "digest" };

/** The other digest and the other encapsulation. */
export const V3_IP_DIGEST: Cell = { ...V3_IP, name: "v3/ip/md5", authentication: "digest" };

/** RFC 2661 without a secret. */
export const V2_UDP: Cell = { ...V3_UDP, name: "v2/udp", version: 2 };

/** RFC 2661 with tunnel authentication (§5.1.1). */
export const V2_CHALLENGE: Cell = {
  ...V2_UDP,
  name: "v2/udp/challenge",
  authentication: "challenge",
};

export const V3_CELLS: readonly Cell[] = [V3_UDP, V3_IP, V3_DIGEST, V3_IP_DIGEST];
export const V2_CELLS: readonly Cell[] = [V2_UDP, V2_CHALLENGE];
export const ALL_CELLS: readonly Cell[] = [...V3_CELLS, ...V2_CELLS];
export const DIGEST_CELLS: readonly Cell[] = [V3_DIGEST, V3_IP_DIGEST];

/** Registers one test per cell; the cell's name comes first, so that the IDs end the name. */
export function eachCell(cells: readonly Cell[], name: string, body: (cell: Cell) => void): void {
  for (const cell of cells) Deno.test(`${cell.name}: ${name}`, () => body(cell));
}
