/**
 * The AVPs of a received control message: recognised, revealed, decoded, and judged.
 *
 * Read RFC 3931 §5.1 to §5.4.1 and §7.1, and RFC 2661 §4.1 to §4.4.1 first. Only what cannot be
 * understood looks at the M bit (V3-AVP-05); nothing here throws.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import { AvpCursor, type RawAvp } from "./avp.ts";
import { revealValue } from "./avp_hiding.ts";
import { type AvpProblem, avpProblem, type AvpProblemKind } from "./avp_problem.ts";
import {
  type AvpDefinition,
  avpDefinition,
  type AvpName,
  avpNameOf,
  AVPS,
  type AvpValues,
} from "./avp_registry.ts";
import { decodeAvpValue } from "./avp_value.ts";
import { isCiscoDraftAvp, nameOfCiscoDraftAvp } from "./cisco_draft.ts";
import { CONTROL_HEADER_LENGTH } from "./control_header.ts";
import {
  mayHold,
  MESSAGE_RULES,
  type MessageTypeName,
  messageTypeOf,
  missingAvps,
} from "./message_rules.ts";

/** What a message holds after its header. */
export interface MessageBody {
  /** `undefined` where the type is unknown to this version, or cannot be told. */
  readonly type: MessageTypeName | undefined;
  /** The number in the Message Type AVP; 0 where it cannot be told. */
  readonly typeNumber: number;
  /** M of the Message Type AVP: an unknown type with it clears the connection (V3-AVP-19). */
  readonly typeMandatory: boolean;
  readonly avps: AvpValues;
  /** AVPs that are not in our table, as views of the message's octets. */
  readonly unknown: readonly RawAvp[];
  /** What is wrong, in the message's order; what is missing comes last. */
  readonly problems: readonly AvpProblem[];
  /** Whether the sender speaks the AVPs that Cisco had before the RFC, with or without the RFC's. */
  readonly hasCiscoDraft: boolean;
}

/** Whether an AVP with reserved bits set is unrecognised (V2-AVP-02) or as good as any (V3-AVP-02). */
const RESERVED_BITS_MATTER: Readonly<Record<ProtocolVersion, boolean>> = { 2: true, 3: false };

/**
 * Hidden AVPs that are revealed in one message: more than the RFCs' messages can hold. Each costs
 * two hashes or more, and in L2TPv2 a stranger may send them.
 */
const MAX_REVEALED = 128;

/**
 * Decodes the AVPs of a message that has at least one octet after its header.
 *
 * @param hidingKey Reveals hidden AVPs: `hidingKey(secret)` in v3, the secret itself in v2.
 */
export function decodeBody(
  message: Uint8Array,
  version: ProtocolVersion,
  hidingKey: Uint8Array | undefined,
): MessageBody {
  const cursor = new AvpCursor(message, CONTROL_HEADER_LENGTH);
  const first = cursor.next();
  const decoding = new BodyDecoding(version, hidingKey);
  if (first !== undefined) {
    decoding.takeMessageType(first);
    // Without a Message Type there is no telling what the rest means.
    if (!decoding.hasType) return decoding;
    for (let avp = cursor.next(); avp !== undefined; avp = cursor.next()) decoding.take(avp);
  }
  if (cursor.broken) decoding.breakOff(cursor.offset);
  else decoding.checkContents(message.length);
  return decoding;
}

/** A body as far as it has been decoded. */
class BodyDecoding implements MessageBody {
  type: MessageTypeName | undefined;
  typeNumber = 0;
  typeMandatory = false;
  hasType = false;
  readonly unknown: RawAvp[] = [];
  readonly problems: AvpProblem[] = [];
  readonly #drafts: { readonly name: AvpName; readonly avp: RawAvp }[] = [];
  readonly #values: Partial<Record<AvpName, unknown>> = {};
  readonly #version: ProtocolVersion;
  readonly #hidingKey: Uint8Array | undefined;
  #randomVector: Uint8Array | undefined;
  #revealed = 0;

  constructor(version: ProtocolVersion, hidingKey: Uint8Array | undefined) {
    this.#version = version;
    this.#hidingKey = hidingKey;
  }

  get avps(): AvpValues {
    return this.#values as AvpValues;
  }

  get hasCiscoDraft(): boolean {
    return this.#drafts.length > 0;
  }

  /**
   * The first AVP, which is Message Type also when its vendor is not ours (V3-AVP-17, V2-AVP-11);
   * such a vendor's message is of a type we do not know.
   */
  takeMessageType(avp: RawAvp): void {
    if (avp.attribute !== AVPS.messageType.attribute) {
      this.problems.push(avpProblem("not-first", { ...avp, mandatory: true }));
      return;
    }
    this.hasType = true;
    this.typeMandatory = avp.mandatory;
    this.take(avp);
    this.typeNumber = this.avps.messageType ?? 0;
    this.type = messageTypeOf(this.#version, this.typeNumber);
  }

  /** Any AVP. */
  take(avp: RawAvp): void {
    const name = avp.vendor === 0 ? avpNameOf(avp.attribute) : undefined;
    if (name === undefined || (avp.reserved && RESERVED_BITS_MATTER[this.#version])) {
      return this.#takeUnknown(avp);
    }
    const row = avpDefinition(name);
    if (avp.mandatory && row.companion && !this.#expects(name)) this.#report("unrecognised", avp);
    if (!row.repeatable && name in this.#values) {
      this.#report("repeated", { ...avp, mandatory: false });
      return;
    }
    const value = avp.hidden ? this.#reveal(avp, row) : avp.value;
    if (value !== undefined) this.#decode(avp, name, row, value);
  }

  /** Not of our table; a draft's may yet be all there is to say what the RFC's would. */
  #takeUnknown(avp: RawAvp): void {
    const draft = this.#version === 3 ? nameOfCiscoDraftAvp(avp) : undefined;
    if (draft !== undefined) this.#drafts.push({ name: draft, avp });
    this.unknown.push(avp);
    this.#report("unrecognised", isCiscoDraftAvp(avp) ? { ...avp, mandatory: false } : avp);
  }

  /** The walk came to an AVP that does not say where the next one is. */
  breakOff(offset: number): void {
    this.#report("unbounded", { vendor: 0, attribute: 0, mandatory: true, offset });
  }

  /** What the message as a whole must hold (V3-MSG-01..14, V2-MSG-01..14, A-06). */
  checkContents(end: number): void {
    if (this.type === undefined) return;
    for (const { name, avp } of this.#drafts) {
      if (name in this.#values) continue;
      const result = decodeAvpValue(avpDefinition(name), avp.value, this.#version);
      if (result.kind === "value") this.#values[name] = result.value;
    }
    for (const name of missingAvps(this.#version, this.type, this.avps)) {
      const { attribute } = AVPS[name];
      this.#report("missing", { vendor: 0, attribute, mandatory: true, offset: end });
    }
    for (const name of MESSAGE_RULES[this.#version][this.type]?.known ?? []) {
      if (this.#values[name] !== 0) continue;
      const { attribute } = AVPS[name];
      this.#report("out-of-range", { vendor: 0, attribute, mandatory: true, offset: end });
    }
  }

  /** Whether a companion's AVP belongs to a feature that this program has in such a message. */
  #expects(name: AvpName): boolean {
    return this.type !== undefined && mayHold(this.#version, this.type, name);
  }

  /** The hidden value in clear (V3-HID-07), or `undefined` with the problem reported. */
  #reveal(avp: RawAvp, row: AvpDefinition<unknown>): Uint8Array | undefined {
    const problem = this.#whyNotRevealed(row);
    if (problem !== undefined) {
      this.#report(problem, avp);
      return undefined;
    }
    this.#revealed++;
    const value = revealValue(avp.attribute, avp.value, this.#hidingKey!, this.#randomVector!);
    if (value === undefined) this.#report("wrong-length", avp);
    return value;
  }

  #whyNotRevealed(row: AvpDefinition<unknown>): AvpProblemKind | undefined {
    if (!row.hideable) return "hidden-not-allowed";
    if (this.#randomVector === undefined) return "no-random-vector";
    if (this.#hidingKey === undefined) return "no-secret";
    return this.#revealed < MAX_REVEALED ? undefined : "hidden-too-often";
  }

  #decode(avp: RawAvp, name: AvpName, row: AvpDefinition<unknown>, octets: Uint8Array): void {
    const result = decodeAvpValue(row, octets, this.#version);
    if (result.kind !== "value") return this.#report(result.kind, avp);
    if (name === "randomVector") this.#randomVector = octets;
    if (!row.repeatable) this.#values[name] = result.value;
    else ((this.#values[name] ??= []) as unknown[]).push(result.value);
  }

  #report(kind: AvpProblemKind, avp: Omit<AvpProblem, "kind" | "errorCode">): void {
    this.problems.push(avpProblem(kind, avp));
  }
}
