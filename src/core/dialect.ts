/**
 * How one control connection speaks: everything in which L2TPv2 and L2TPv3 differ.
 *
 * One dialect object belongs to one connection and keeps what its security needs: keys, nonces or
 * challenges. Read REQUIREMENTS section 13.11 first, then RFC 3931 §4.3 and RFC 2661 §5.1.1.
 */

import type { CallCauses, CallInformation, LinkInformation } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import type {
  DataSequencing,
  L2SpecificSublayer,
  SessionDescriptor,
} from "../model/session_descriptor.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import type { DecodedMessage, UnsealedMessage } from "../wire/control_message.ts";
import type { DecodeFailure } from "../wire/decode_failure.ts";
import type { CallDirection } from "../model/call_direction.ts";
import type { PeerDescription } from "./effect.ts";
import type { ProtocolFault } from "./fault.ts";
import type { SessionSettings } from "./lcce_config.ts";
import type { SessionRole, SessionTables } from "./session_transitions.ts";
import type {
  ConnectionAction,
  ConnectionInput,
  ConnectionState,
} from "./connection_transitions.ts";
import type { TransitionTable } from "./transition_table.ts";

/** What a dialect composes: a message that the reliable channel numbers and the dialect seals. */
export type Composition = UnsealedMessage;

/** What this side says of itself in an SCCRQ or SCCRP. */
export interface OwnOpening {
  readonly hostName: string;
  readonly vendorName: string;
  readonly routerId: number;
  readonly pseudowireCapabilities: readonly number[];
  readonly receiveWindow: number;
  readonly localId: number;
  /** AVP 4 of L2TPv2. */
  readonly bearerCapabilities: number | undefined;
  /** AVP 47, proposed or answered. */
  readonly perHopBehaviour: PerHopBehaviour | undefined;
  /** AVP 103. */
  readonly ecnCapability: boolean;
  /** In an SCCRQ only. */
  readonly tieBreaker?: Uint8Array;
}

/** What the peer said in its SCCRQ or SCCRP. */
export interface PeerOpening {
  readonly peer: PeerDescription;
  readonly receiveWindow: number | undefined;
  readonly tieBreaker: Uint8Array | undefined;
  /** AVP 47. */
  readonly perHopBehaviour: PerHopBehaviour | undefined;
  /** AVP 103. */
  readonly ecnCapability: boolean;
}

/** Whether a message may be believed (V3-AUTH-16). */
export type Authenticity = "authentic" | "bad-digest" | "missing-digest";

/** The identifiers of a session: ours, and the peer's; 0 is one that is not known. */
export interface SessionIds {
  readonly local: number;
  readonly remote: number;
}

/** What one side asks of the other for a session, and says of its circuit and of the call. */
export interface CallTerms {
  readonly cookie: Uint8Array;
  readonly sublayer: L2SpecificSublayer;
  readonly sequencing: DataSequencing;
  readonly circuitStatus: number;
  /** AVP 85: octets of the address of Frame Relay frames, where they are not 2 (FR-13, FR-15). */
  readonly frameRelayHeaderLength?: number | undefined;
  /** Of the peer: all that it has told so far. */
  readonly information: CallInformation;
  /** AVP 48, proposed or answered. */
  readonly perHopBehaviour: PerHopBehaviour | undefined;
}

/** An ICRQ's or OCRQ's contents. */
export interface CallRequest extends CallTerms {
  readonly pseudowireTypeNumber: number;
  readonly remoteEndId: Uint8Array;
  readonly serialNumber: number;
  readonly tieBreaker: Uint8Array | undefined;
}

/** What in a session's descriptor the two versions decide differently. */
export type DescribedData = Pick<
  SessionDescriptor,
  | "localTunnelId"
  | "remoteTunnelId"
  | "receiveSequencing"
  | "transmitSequencing"
  | "sequencingFollowsPeer"
>;

/** What is known of a session whose data is to be described. */
export interface DataFacts {
  readonly role: SessionRole;
  /** The identifiers of the control connection. */
  readonly connectionIds: SessionIds;
  /** What this side wants sequenced, and what the peer does. */
  readonly asked: DataSequencing;
  readonly told: DataSequencing;
}

/** Faults of a session for which the versions have different codes. */
export type SessionFaultKind =
  /** A message that has no place in the state the session is in. */
  | "wrong-state"
  /** A pseudowire of this type is not to be had. */
  | "wrong-type"
  /** Nobody has answered in time. */
  | "no-answer";

/** How a dialect speaks of sessions. */
export interface SessionDialect {
  readonly tables: SessionTables;
  /** Whether requests of both sides for one circuit are a tie (V3-SES-19). */
  readonly hasTies: boolean;
  /** Where no two sessions have the same identifier (V3-SES-08, V2-SES-02). */
  readonly sessionIdScope: "process" | "connection";
  /** Settings without what this version has no words for. */
  adapt(settings: SessionSettings): SessionSettings;
  /** Why the peer cannot be asked for such a session, if it cannot. */
  whyNotAsked(call: CallDirection, settings: SessionSettings): string | undefined;
  describeData(facts: DataFacts): DescribedData;
  fault(kind: SessionFaultKind, text: string): ProtocolFault;

  /** Which session a message is about, as its sender names it. */
  identify(message: DecodedMessage): SessionIds;
  /** A CDN that uses these identifiers (V3-SES-10..13, V2-SES-03..05). */
  composeCdn(ids: SessionIds, code: ResultCode, causes: CallCauses): Composition;
  /** An ICRQ or OCRQ. */
  composeRequest(call: CallDirection, ids: SessionIds, request: CallRequest): Composition;
  /** An ICRP or OCRP. */
  composeReply(call: CallDirection, ids: SessionIds, terms: CallTerms): Composition;
  /** An ICCN or OCCN; the circuit may have come up as the call was placed. */
  composeConnect(call: CallDirection, ids: SessionIds, terms: CallTerms): Composition;
  /** An SLI about our circuit; `undefined` where the version has no word for it. */
  composeCircuitStatus(ids: SessionIds, circuitStatus: number): Composition | undefined;
  /** An SLI about what PPP has led to; `undefined` where the version has no word for it. */
  composeLinkInformation(ids: SessionIds, information: LinkInformation): Composition | undefined;
  composeWen(ids: SessionIds, errors: CircuitErrors): Composition;
  /** Reads an ICRQ or OCRQ. */
  readRequest(message: DecodedMessage): CallRequest | ProtocolFault;
  /** Reads an ICRP or OCRP. */
  readReply(message: DecodedMessage): CallTerms | ProtocolFault;
  /** Reads an ICCN or OCCN, which changes only what it mentions. */
  readConnect(message: DecodedMessage, terms: CallTerms): CallTerms | ProtocolFault;
  /** Reads what an SLI says of PPP, if anything. */
  readLinkInformation(message: DecodedMessage): LinkInformation | undefined;
}

/** How one control connection speaks. */
export interface Dialect {
  readonly version: ProtocolVersion;
  readonly table: TransitionTable<ConnectionState, ConnectionInput, ConnectionAction>;
  readonly sessions: SessionDialect;
  /** Set once the peer has told its identifier; every later message carries it (V3-CC-10). */
  remoteId: number;

  composeSccrq(own: OwnOpening): Composition;
  composeSccrp(own: OwnOpening): Composition;
  composeScccn(): Composition;
  composeHello(): Composition;
  composeStopCcn(localId: number, code: ResultCode): Composition;
  /** Numbers and authenticates a message; the octets are ready for the wire. */
  seal(message: Composition, ns: number, nr: number): Uint8Array;
  /** A pure acknowledgement. */
  sealAcknowledgement(ns: number, nr: number): Uint8Array;

  /** Judges a message before anything in it is used (V3-AUTH-16). */
  verify(octets: Uint8Array, offset: number): Authenticity;
  decode(octets: Uint8Array, offset: number): DecodedMessage | DecodeFailure;
  /** Reads an SCCRQ or SCCRP, and answers a fault where the peer cannot be accepted. */
  readOpening(message: DecodedMessage): PeerOpening | ProtocolFault;
  /** Reads an SCCCN; a fault refuses it. */
  readScccn(message: DecodedMessage): ProtocolFault | undefined;
}
