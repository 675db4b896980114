/**
 * What the data plane must know of a pseudowire type: which frames are whole, and which of them
 * carry IP. Everything else about a frame is the attachment circuit's business.
 *
 * Read RFC 3931 §3.2.2 and §5.4.4 (Data Sequencing) and DESIGN section 5 first.
 */

import type { PseudowireType } from "../model/pseudowire_type.ts";
import { ETHERNET_PSEUDOWIRE } from "./ethernet.ts";

/** The rules of one kind of native frame. A frame is (octets, start, length) of a larger buffer. */
export interface Pseudowire {
  /** Fewer octets than this are no frame. */
  readonly shortestFrame: number;
  /** Whether the frame is known to carry an IP packet (V3-DP-27, V3-DP-28). */
  carriesIp(octets: Uint8Array, start: number, length: number): boolean;
}

/**
 * The rules of a pseudowire type.
 *
 * @throws {RangeError} for a type that this data plane does not carry.
 */
export function pseudowireFor(type: PseudowireType): Pseudowire {
  if (type === "ethernet" || type === "ethernet-vlan") return ETHERNET_PSEUDOWIRE;
  throw new RangeError(
    `pseudowire ${type} cannot be carried: the data plane knows ethernet and ethernet-vlan`,
  );
}
