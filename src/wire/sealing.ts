/**
 * The last step before a control message leaves: Ns, Nr and the digest, afresh for each
 * transmission, for a retransmission carries the current Nr (V3-REL-12) and its digest covers it
 * (V3-AUTH-12).
 *
 * Read RFC 3931 §4.2, §4.3 and §4.1.1.2 first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Encapsulation } from "../model/path.ts";
import { CONTROL_HEADER_LENGTH, encodeControlHeader } from "./control_header.ts";
import type { UnsealedMessage } from "./control_message.ts";
import { type DigestContext, writeDigest } from "./message_digest.ts";

/** Zero octets in front of a control message: the Session ID 0 over IP (V3-IP-06). */
const PREFIX: Readonly<Record<Encapsulation, number>> = { udp: 0, ip: 4 };

/** What is known only when a message is transmitted. */
export interface Seal {
  readonly encapsulation: Encapsulation;
  readonly ns: number;
  readonly nr: number;
  /** The peer's identifier, where it has become known since the message was encoded. */
  readonly connectionId?: number;
  /** For a message with room for a digest. */
  readonly digest?: DigestContext;
}

/** The octets to transmit: a copy, with Ns, Nr and digest in place. */
export function sealControlMessage(unsealed: UnsealedMessage, seal: Seal): Uint8Array {
  const { ns, nr, connectionId = unsealed.header.connectionId } = seal;
  const prefix = PREFIX[seal.encapsulation];
  const datagram = new Uint8Array(prefix + unsealed.octets.length);
  datagram.set(unsealed.octets, prefix);
  const message = datagram.subarray(prefix);
  encodeControlHeader(message, { ...unsealed.header, connectionId, ns, nr });
  if (unsealed.digest !== undefined) {
    if (seal.digest === undefined) throw new TypeError("a message with a digest needs its keys");
    writeDigest(message, unsealed.digest.offset, unsealed.digest.algorithm, seal.digest);
  }
  return datagram;
}

/** A Zero-Length Body message: a header that only acknowledges (RFC 2661 §5.8, V3-MSG-16). */
export function encodeZlb(zlb: {
  readonly version: ProtocolVersion;
  readonly connectionId: number;
  readonly encapsulation: Encapsulation;
  readonly ns: number;
  readonly nr: number;
}): Uint8Array {
  const { version, connectionId, ns, nr } = zlb;
  const prefix = PREFIX[zlb.encapsulation];
  const datagram = new Uint8Array(prefix + CONTROL_HEADER_LENGTH);
  const header = { version, length: CONTROL_HEADER_LENGTH, connectionId, sessionId: 0, ns, nr };
  encodeControlHeader(datagram.subarray(prefix), header);
  return datagram;
}
