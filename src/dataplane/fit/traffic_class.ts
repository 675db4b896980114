/**
 * DSCP and ECN between the packets inside and those outside: what the outer packet says on the way,
 * and what of it the inner one learns at the end.
 *
 * Read RFC 9601 §4 and §6.1.1 (ECN-01, ECN-02: the two fields are never handled as one), RFC 6040
 * §4.1 and §4.2 (the tables), RFC 2983 §4 (the inner DSCP arrives as it was sent: the pipe model).
 */

import type { Marking } from "../../model/path_fit.ts";
import { DROP_CONGESTION, type DropCode, NOT_DROPPED } from "../drop_reason.ts";
import { complement } from "../offload/checksum.ts";
import { IPV4_CHECKSUM, isTag } from "../offload/inner_headers.ts";
import { isIpv6Header } from "./inner_ip.ts";

/** The ECN field, and its four values (RFC 3168 §5). */
const ECN_MASK = 0b11;
const NOT_ECN_CAPABLE = 0b00;
const ECN_CAPABLE_1 = 0b01;
const ECN_CAPABLE_0 = 0b10;
const CONGESTION_EXPERIENCED = 0b11;

/** Of an Ethernet frame: its outermost VLAN tag, and the priority in it (IEEE 802.1Q §9.6). */
const TAG = 12;
const TAG_OCTETS = 4;
const TAG_PRIORITY = 2;
const PRIORITY_BITS = 0xe0;

const DSCP_SHIFT = 2;
const DSCP_MASK = 0xfc;

/** The IPv4 field is the second octet; the IPv6 one lies across the first two. */
const IPV4_TYPE_OF_SERVICE = 1;
const IPV6_CLASS_SHIFT = 4;

/** DSCP and ECN of the packet whose IP header is at `ip`, as one octet. */
function innerClass(view: DataView, ip: number): number {
  return isIpv6Header(view, ip)
    ? view.getUint16(ip) >> IPV6_CLASS_SHIFT & 0xff
    : view.getUint8(ip + IPV4_TYPE_OF_SERVICE);
}

/** The class of outer packets whose frames have none that counts. */
export function fixedClass({ dscp }: Marking): number {
  return typeof dscp === "number" ? dscp << DSCP_SHIFT : 0;
}

/** The class by the priority in the VLAN tag of the Ethernet frame at `start` (ETH-26). */
export function priorityClass(view: DataView, start: number, length: number): number {
  if (length < TAG + TAG_OCTETS || !isTag(view.getUint16(start + TAG))) return 0;
  // The class selector of that number: its three bits are the upper ones of the field.
  return view.getUint8(start + TAG + TAG_PRIORITY) & PRIORITY_BITS;
}

/** The class of the outer packet around the packet whose IP header is at `ip`. */
export function outerClass(marking: Marking, view: DataView, ip: number): number {
  const inner = innerClass(view, ip);
  const dscp = marking.dscp === "copy" ? inner & DSCP_MASK : fixedClass(marking);
  return dscp | outerEcn(marking, inner);
}

/** RFC 6040 §4.1: normal mode copies the ECN field, compatibility mode clears it. */
function outerEcn({ ecn }: Marking, inner: number): number {
  return ecn ? inner & ECN_MASK : NOT_ECN_CAPABLE;
}

/**
 * Tells the inner packet whose IP header is at `ip` what its outer packet met on the way (RFC 6040
 * §4.2). Congestion that it has no way of knowing is a loss.
 */
export function propagateCongestion(view: DataView, ip: number, outer: number): DropCode {
  const outerEcn = outer & ECN_MASK;
  const innerEcn = innerClass(view, ip) & ECN_MASK;
  if (outerEcn === CONGESTION_EXPERIENCED) {
    if (innerEcn === NOT_ECN_CAPABLE) return DROP_CONGESTION;
    setEcn(view, ip, CONGESTION_EXPERIENCED);
  } else if (outerEcn === ECN_CAPABLE_1 && innerEcn === ECN_CAPABLE_0) {
    setEcn(view, ip, ECN_CAPABLE_1);
  }
  return NOT_DROPPED;
}

function setEcn(view: DataView, ip: number, ecn: number): void {
  const before = view.getUint16(ip);
  if (isIpv6Header(view, ip)) {
    const mask = ECN_MASK << IPV6_CLASS_SHIFT;
    return view.setUint16(ip, before & ~mask | ecn << IPV6_CLASS_SHIFT);
  }
  const after = before & ~ECN_MASK | ecn;
  view.setUint16(ip, after);
  const sum = (~view.getUint16(ip + IPV4_CHECKSUM) & 0xffff) + (~before & 0xffff) + after;
  view.setUint16(ip + IPV4_CHECKSUM, complement(sum));
}
