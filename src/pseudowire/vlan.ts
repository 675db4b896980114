/**
 * Ethernet frames whose VLAN tag is not the same at the port and in the pseudowire: it is written
 * anew, put on or taken off. Only the outermost tag is meant; tags behind it pass, and with them
 * priority, and the kind of the outermost one where it is kept.
 *
 * Read RFC 4719 §3.1 (ETH-18, ETH-19) first.
 */

import { TYPE_CUSTOMER_TAG } from "../model/ethertype.ts";
import type { VlanTags } from "../model/session_descriptor.ts";
import {
  ETHERNET_HEADER_OCTETS,
  ethernetCarriesIp,
  ethernetIsTagged,
  TAG_OCTETS,
} from "./ethernet.ts";
import { BAD_ADDRESS, type Pseudowire } from "./pseudowire.ts";

const ADDRESSES_OCTETS = 12;
const CONTROL_OFFSET = 14;
const VLAN_BITS = 0x0fff;
const SHORTEST_TAGGED = ETHERNET_HEADER_OCTETS + TAG_OCTETS;

/** The VLAN of a frame's outermost tag, or -1 where it has none. */
function vlanOf(octets: Uint8Array, start: number, length: number): number {
  if (length < SHORTEST_TAGGED || !ethernetIsTagged(octets, start)) return -1;
  return (octets[start + CONTROL_OFFSET]! << 8 | octets[start + CONTROL_OFFSET + 1]!) & VLAN_BITS;
}

function rewrite(octets: Uint8Array, start: number, vlan: number): number {
  const priority = octets[start + CONTROL_OFFSET]! & 0xf0;
  octets[start + CONTROL_OFFSET] = priority | vlan >> 8;
  octets[start + CONTROL_OFFSET + 1] = vlan & 0xff;
  return start;
}

/** The tag behind it, if there is one, lends its priority. */
function add(octets: Uint8Array, start: number, length: number, vlan: number): number {
  const priority = vlanOf(octets, start, length) < 0 ? 0 : octets[start + CONTROL_OFFSET]! & 0xf0;
  const tagged = start - TAG_OCTETS;
  octets.copyWithin(tagged, start, start + ADDRESSES_OCTETS);
  octets[tagged + ADDRESSES_OCTETS] = TYPE_CUSTOMER_TAG >> 8;
  octets[tagged + ADDRESSES_OCTETS + 1] = TYPE_CUSTOMER_TAG & 0xff;
  octets[tagged + CONTROL_OFFSET] = priority | vlan >> 8;
  octets[tagged + CONTROL_OFFSET + 1] = vlan & 0xff;
  return tagged;
}

function remove(octets: Uint8Array, start: number): number {
  octets.copyWithin(start + TAG_OCTETS, start, start + ADDRESSES_OCTETS);
  return start + TAG_OCTETS;
}

/** From one side's tag to the other's; `undefined` is a side without one. */
function convert(
  octets: Uint8Array,
  start: number,
  length: number,
  from: number | undefined,
  to: number | undefined,
): number {
  if (from === undefined) return to === undefined ? start : add(octets, start, length, to);
  if (vlanOf(octets, start, length) !== from) return BAD_ADDRESS;
  return to === undefined ? remove(octets, start) : rewrite(octets, start, to);
}

/** Frames of one VLAN of the port, which has another number, or no tag, on the other side. */
export class RetaggedEthernet implements Pseudowire {
  readonly isTransparent = false;
  readonly shortestFrame: number = ETHERNET_HEADER_OCTETS;
  readonly shortestPayload: number = ETHERNET_HEADER_OCTETS;
  readonly carriesIp: typeof ethernetCarriesIp = ethernetCarriesIp;
  readonly #port: number | undefined;
  readonly #peer: number | undefined;

  constructor({ port, peer }: VlanTags) {
    this.#port = port;
    this.#peer = peer;
  }

  wrap(octets: Uint8Array, start: number, length: number): number {
    return convert(octets, start, length, this.#port, this.#peer);
  }

  trailerLength(): number {
    return 0;
  }

  unwrap(octets: Uint8Array, start: number, length: number): number {
    return convert(octets, start, length, this.#peer, this.#port);
  }
}
