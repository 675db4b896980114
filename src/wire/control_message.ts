/**
 * Whole control messages: octets to a message type with typed AVPs, and back.
 *
 * Read RFC 3931 §5 and §6, and RFC 2661 §4 and §6 first. Decoding never throws, and costs no more
 * than the octets given; whether a message is authentic is for `verifyDigest` to say, before.
 */

import type { DigestAlgorithm } from "../crypto/digest.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import { AVP_HEADER_LENGTH, writeAvp } from "./avp.ts";
import { hideValue, type Hiding } from "./avp_hiding.ts";
import { avpDefinition, type AvpName, type AvpValues } from "./avp_registry.ts";
import { encodeAvpValue } from "./avp_value.ts";
import { ByteWriter } from "./byte_writer.ts";
import { CISCO_DRAFT_ATTRIBUTES, CISCO_VENDOR_ID } from "./cisco_draft.ts";
import {
  CONTROL_HEADER_LENGTH,
  type ControlHeader,
  decodeControlHeader,
  encodeControlHeader,
} from "./control_header.ts";
import { type DecodeFailure, isFailure } from "./decode_failure.ts";
import { decodeBody, type MessageBody } from "./message_body.ts";
import { DIGEST_OFFSET, emptyDigest } from "./message_digest.ts";
import { MESSAGE_TYPES, type MessageTypeName } from "./message_rules.ts";

/** A received control message. */
export interface DecodedMessage extends Omit<MessageBody, "type"> {
  readonly header: ControlHeader;
  /** `"ZLB"`: no AVPs at all. `undefined`: unknown to this version, or not to be told. */
  readonly type: MessageTypeName | "ZLB" | undefined;
  /** The message, header included, as a view of the octets given. */
  readonly octets: Uint8Array;
}

/**
 * Decodes the control message at `offset` (`firstLook` tells it).
 *
 * @param hidingKey Reveals hidden AVPs: `hidingKey(secret)` in v3, the secret itself in v2; without
 * one they are problems.
 */
export function decodeControlMessage(
  octets: Uint8Array,
  offset: number,
  hidingKey?: Uint8Array,
): DecodedMessage | DecodeFailure {
  const header = decodeControlHeader(octets, offset);
  if (isFailure(header)) return header;
  const message = octets.subarray(offset, offset + header.length);
  if (header.length === CONTROL_HEADER_LENGTH) {
    return { ...EMPTY_BODY, header, type: "ZLB", octets: message };
  }
  const body = decodeBody(message, header.version, hidingKey);
  const { type, typeNumber, typeMandatory, avps, unknown, problems, hasCiscoDraft } = body;
  return {
    header,
    type,
    typeNumber,
    typeMandatory,
    avps,
    unknown,
    problems,
    hasCiscoDraft,
    octets: message,
  };
}

const EMPTY_BODY = {
  typeNumber: 0,
  typeMandatory: false,
  avps: {},
  unknown: [],
  problems: [],
  hasCiscoDraft: false,
};

/** AVPs that a sender chooses; the encoder itself places the others. */
export type SendableAvps = Omit<AvpValues, "messageType" | "messageDigest" | "randomVector">;

/** A control message to be sent. */
export interface ControlMessage {
  readonly version: ProtocolVersion;
  readonly type: MessageTypeName;
  /** The peer's Control Connection ID or Tunnel ID; 0 while unknown. */
  readonly connectionId: number;
  /** The peer's Session ID, in L2TPv2 only. */
  readonly sessionId?: number;
  /** Sent in the order of the object's keys. */
  readonly avps: SendableAvps;
  /** Hide every AVP that may be hidden (V3-HID-01: only where there is a secret). */
  readonly hiding?: Hiding;
  /** Leave room for a Message Digest AVP of this kind. */
  readonly digest?: DigestAlgorithm;
  /** Say again what Cisco's drafts have AVPs for; nothing that is hidden. Default: false. */
  readonly ciscoDraft?: boolean;
}

/** A message without Ns, Nr and digest, which each transmission gets afresh (V3-REL-12). */
export interface UnsealedMessage {
  readonly header: ControlHeader;
  /** From the header on; Ns, Nr and digest are zero. */
  readonly octets: Uint8Array;
  /** Where the digest goes, and how it is made. */
  readonly digest: { readonly algorithm: DigestAlgorithm; readonly offset: number } | undefined;
}

/** Every message is written here, and copied out when its length is known. */
const scratch = new ByteWriter(1024);

/**
 * Encodes a message up to what `sealControlMessage` adds.
 *
 * M bits are those of the registry; an AVP that the header's version does not have goes out with
 * M = 0, which is what makes an SCCRQ fit for fallback (V3-CO-03, A-27).
 *
 * @throws {RangeError} A value does not fit its field, an AVP or the message: our own mistake.
 */
export function encodeControlMessage(message: ControlMessage): UnsealedMessage {
  const { version, connectionId, sessionId = 0, hiding } = message;
  const writer = scratch;
  writer.clear();
  writer.zeros(CONTROL_HEADER_LENGTH);
  writeKnownAvp(writer, version, "messageType", MESSAGE_TYPES[message.type]);
  const digest = message.digest === undefined
    ? undefined
    : writeDigestRoom(writer, version, message.digest);
  if (hiding !== undefined) writeKnownAvp(writer, version, "randomVector", hiding.randomVector);
  for (const [name, value] of Object.entries(message.avps) as [AvpName, unknown][]) {
    if (value === undefined) continue;
    if (!avpDefinition(name).repeatable) writeKnownAvp(writer, version, name, value, hiding);
    // One random vector may not hide two values of one type (V3-HID-09), so these stay clear.
    else for (const one of value as unknown[]) writeKnownAvp(writer, version, name, one);
  }
  if (message.ciscoDraft && hiding === undefined) writeCiscoDraft(writer, message);
  const octets = writer.finish();
  const header = { version, length: octets.length, connectionId, sessionId, ns: 0, nr: 0 };
  encodeControlHeader(octets, header);
  return { header, octets, digest };
}

/** The type number of a message that was encoded here: that of its first AVP. */
export function messageTypeOf({ octets }: UnsealedMessage): number {
  const at = CONTROL_HEADER_LENGTH + AVP_HEADER_LENGTH;
  return octets[at]! << 8 | octets[at + 1]!;
}

/** Directly after Message Type (V3-AUTH-07): the type, and zeros for the digest. */
function writeDigestRoom(
  writer: ByteWriter,
  version: ProtocolVersion,
  algorithm: DigestAlgorithm,
): UnsealedMessage["digest"] {
  const offset = writer.length + AVP_HEADER_LENGTH + DIGEST_OFFSET;
  writeKnownAvp(writer, version, "messageDigest", emptyDigest(algorithm));
  return { algorithm, offset };
}

function writeCiscoDraft(writer: ByteWriter, { version, avps }: ControlMessage): void {
  for (const [key, attribute] of Object.entries(CISCO_DRAFT_ATTRIBUTES)) {
    const name = key as keyof typeof CISCO_DRAFT_ATTRIBUTES;
    if (avps[name] === undefined) continue;
    const value = encodeAvpValue(avpDefinition(name), avps[name], version);
    const vendor = CISCO_VENDOR_ID;
    writeAvp(writer, { mandatory: false, hidden: false, vendor, attribute, value });
  }
}

function writeKnownAvp(
  writer: ByteWriter,
  version: ProtocolVersion,
  name: AvpName,
  value: unknown,
  hiding?: Hiding,
): void {
  const row = avpDefinition(name);
  const clear = encodeAvpValue(row, value, version);
  const hides = row.hideable && hiding !== undefined;
  writeAvp(writer, {
    mandatory: row.mandatory[version] ?? false,
    hidden: hides,
    vendor: 0,
    attribute: row.attribute,
    value: hides ? hideValue(row.attribute, clear, hiding) : clear,
  });
}
