/**
 * The 12-octet header of a control message: the same in both versions but for the identifiers.
 *
 *     flags and version (2) | Length (2) | identifiers (4) | Ns (2) | Nr (2)
 *
 * Read RFC 3931 §3.2.1 and RFC 2661 §3.1 first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { DecodeFailure } from "./decode_failure.ts";

/** Octets of a control header. */
export const CONTROL_HEADER_LENGTH = 12;

/** Offsets of fields from the start of the header. */
const LENGTH_OFFSET = 2;
const IDENTIFIERS_OFFSET = 4;
const NS_OFFSET = 8;
const NR_OFFSET = 10;

/** T, L and S, which are 1 in every control message; O, which has a meaning in L2TPv2 only. */
const T_L_S = 0xc800;
const O_BIT = 0x0200;

/** A control header as values. Identifiers are those of the recipient (V3-HDR-08, V2-HDR-12). */
export interface ControlHeader {
  readonly version: ProtocolVersion;
  /** Octets of the whole message, this header included (V3-HDR-07). */
  readonly length: number;
  /** Control Connection ID, or Tunnel ID in L2TPv2; 0 while the sender does not know it. */
  readonly connectionId: number;
  /** Session ID in L2TPv2; always 0 in L2TPv3, where AVPs 63 and 64 name the session. */
  readonly sessionId: number;
  readonly ns: number;
  readonly nr: number;
}

/** What the versions differ in. */
interface HeaderLayout {
  /** Flag bits that must be 1, and all that are looked at (V3-HDR-05, V2-HDR-04, V2-HDR-07). */
  readonly flags: number;
  readonly examined: number;
  /** Bits of the connection's and the session's identifier, which share 32. */
  readonly sessionIdBits: 0 | 16;
}

const LAYOUTS: Readonly<Record<number, HeaderLayout | undefined>> = {
  2: { flags: T_L_S, examined: T_L_S | O_BIT, sessionIdBits: 16 },
  3: { flags: T_L_S, examined: T_L_S, sessionIdBits: 0 },
};

/** Reads the control header at `offset`; octets beyond its Length are not part of the message. */
export function decodeControlHeader(
  octets: Uint8Array,
  offset: number,
): ControlHeader | DecodeFailure {
  if (octets.length < offset + CONTROL_HEADER_LENGTH) return { failure: "short", offset };
  const flags = uint16At(octets, offset);
  const version = flags & 0x000f;
  const layout = LAYOUTS[version];
  if (layout === undefined) return { failure: "version", offset };
  if ((flags & layout.examined) !== layout.flags) return { failure: "flags", offset };
  const length = uint16At(octets, offset + LENGTH_OFFSET);
  if (length < CONTROL_HEADER_LENGTH || offset + length > octets.length) {
    return { failure: "length", offset: offset + LENGTH_OFFSET };
  }
  const identifiers = uint16At(octets, offset + IDENTIFIERS_OFFSET) * 2 ** 16 +
    uint16At(octets, offset + IDENTIFIERS_OFFSET + 2);
  const sessionIdSpan = 2 ** layout.sessionIdBits;
  return {
    version: version as ProtocolVersion,
    length,
    connectionId: Math.floor(identifiers / sessionIdSpan),
    sessionId: identifiers % sessionIdSpan,
    ns: uint16At(octets, offset + NS_OFFSET),
    nr: uint16At(octets, offset + NR_OFFSET),
  };
}

/** Without a view, which would be garbage of every message of a flood. */
function uint16At(octets: Uint8Array, at: number): number {
  return octets[at]! << 8 | octets[at + 1]!;
}

/**
 * Writes a control header over the first 12 octets; reserved bits are 0 (V3-HDR-04, V2-HDR-06).
 *
 * @throws {RangeError} The message is too long, or an identifier does not fit: our own mistake.
 */
export function encodeControlHeader(octets: Uint8Array, header: ControlHeader): void {
  const layout = LAYOUTS[header.version]!;
  const sessionIdSpan = 2 ** layout.sessionIdBits;
  if (header.length > 0xffff) throw new RangeError(`a message of ${header.length} octets`);
  if (header.sessionId >= sessionIdSpan || header.connectionId >= 2 ** 32 / sessionIdSpan) {
    throw new RangeError(`identifiers ${header.connectionId}, ${header.sessionId} do not fit`);
  }
  const view = new DataView(octets.buffer, octets.byteOffset, CONTROL_HEADER_LENGTH);
  view.setUint16(0, layout.flags | header.version);
  view.setUint16(LENGTH_OFFSET, header.length);
  view.setUint32(IDENTIFIERS_OFFSET, header.connectionId * sessionIdSpan + header.sessionId);
  view.setUint16(NS_OFFSET, header.ns);
  view.setUint16(NR_OFFSET, header.nr);
}
