/**
 * Inverse ARP over Frame Relay: a peer that knows the DLCI asks which IPv4 address is behind it.
 *
 * Read RFC 2390 §7 and RFC 2427 §6 first. Not the data path: requests come one by one, and each
 * answer is octets of its own.
 */

import { TYPE_ARP, TYPE_IPV4 } from "../model/ethertype.ts";
import type { FrameRelayAddress } from "../model/session_descriptor.ts";
import { CONTROL_UI, NLPID_SNAP } from "./frame_relay.ts";
import { isAddress, writeAddress } from "./frame_relay_address.ts";

const HARDWARE_FRAME_RELAY = 0x000f;
const REQUEST = 8;
const REPLY = 9;
const IPV4_OCTETS = 4;
/** Types, lengths and operation. */
const FIXED_OCTETS = 8;
/** Control, pad, NLPID, an organization of zero, EtherType. */
const HEADER = [CONTROL_UI, 0, NLPID_SNAP, 0, 0, 0, TYPE_ARP >> 8, TYPE_ARP & 0xff];

/** A question or an answer about the address behind a circuit. */
export interface InverseArp {
  readonly kind: "request" | "reply";
  /** The hardware address that its sender says it has: its side's Q.922 address, or zeros. */
  readonly senderHardware: Uint8Array;
  /** The sender's IPv4 address. */
  readonly sender: Uint8Array;
}

/** What an Inverse ARP payload says, or `undefined` where it is none for this circuit. */
export function decodeInverseArp(
  payload: Uint8Array,
  { length }: FrameRelayAddress,
): InverseArp | undefined {
  if (!isAddress(payload, 0, payload.length, length)) return undefined;
  const padded = payload[length + 1] === 0;
  const header = padded ? HEADER : HEADER.toSpliced(1, 1);
  if (header.some((octet, index) => payload[length + index] !== octet)) return undefined;
  const arp = payload.subarray(length + header.length);
  if (arp.length < FIXED_OCTETS) return undefined;
  const view = new DataView(arp.buffer, arp.byteOffset, arp.length);
  const hardwareLength = arp[4]!;
  const known = view.getUint16(0) === HARDWARE_FRAME_RELAY &&
    view.getUint16(2) === TYPE_IPV4 && arp[5] === IPV4_OCTETS &&
    arp.length >= FIXED_OCTETS + 2 * (hardwareLength + IPV4_OCTETS);
  const operation = view.getUint16(6);
  if (!known || (operation !== REQUEST && operation !== REPLY)) return undefined;
  const sender = FIXED_OCTETS + hardwareLength;
  return {
    kind: operation === REQUEST ? "request" : "reply",
    senderHardware: arp.slice(FIXED_OCTETS, sender),
    sender: arp.slice(sender, sender + IPV4_OCTETS),
  };
}

/** An Inverse ARP payload from `own`, an IPv4 address; `to` is whom it answers, absent: a request. */
export function encodeInverseArp(
  address: FrameRelayAddress,
  own: Uint8Array,
  to?: InverseArp,
): Uint8Array {
  const { length } = address;
  const payload = new Uint8Array(
    length + HEADER.length + FIXED_OCTETS + 2 * (length + IPV4_OCTETS),
  );
  writeAddress(payload, 0, address);
  payload.set(HEADER, length);
  const arp = payload.subarray(length + HEADER.length);
  const view = new DataView(arp.buffer, arp.byteOffset, arp.length);
  view.setUint16(0, HARDWARE_FRAME_RELAY);
  view.setUint16(2, TYPE_IPV4);
  arp[4] = length;
  arp[5] = IPV4_OCTETS;
  view.setUint16(6, to === undefined ? REQUEST : REPLY);
  writeAddress(arp, FIXED_OCTETS, address);
  arp.set(own, FIXED_OCTETS + length);
  const target = FIXED_OCTETS + length + IPV4_OCTETS;
  if (to === undefined) return payload;
  arp.set(to.senderHardware.subarray(0, length), target);
  arp.set(to.sender, target + length);
  return payload;
}

/** The answer to a request for this circuit's address; `undefined` for anything else. */
export function answerInverseArp(
  payload: Uint8Array,
  address: FrameRelayAddress,
  own: Uint8Array,
): Uint8Array | undefined {
  const asked = decodeInverseArp(payload, address);
  return asked?.kind === "request" ? encodeInverseArp(address, own, asked) : undefined;
}
