/**
 * THE table of control messages: their numbers, and which AVPs each must and may hold.
 *
 * Read RFC 3931 §6 and RFC 2661 §6; REQUIREMENTS 13.1, 13.3 and 13.5 are the same lists. Message
 * Type, Random Vector and Message Digest are left out: every message may hold them.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { AvpName, AvpValues } from "./avp_registry.ts";

/** Message Type numbers (13.1). Companion RFCs' messages are named for logs only. */
export const MESSAGE_TYPES = {
  SCCRQ: 1,
  SCCRP: 2,
  SCCCN: 3,
  StopCCN: 4,
  HELLO: 6,
  OCRQ: 7,
  OCRP: 8,
  OCCN: 9,
  ICRQ: 10,
  ICRP: 11,
  ICCN: 12,
  CDN: 14,
  WEN: 15,
  SLI: 16,
  ACK: 20,
} as const;

/** A message of RFC 3931 or RFC 2661. */
export type MessageTypeName = keyof typeof MESSAGE_TYPES;

/** Messages of companion RFCs (13.1), which this program does not take part in. */
const COMPANION_MESSAGES: Readonly<Record<number, string>> = {
  17: "MDMST",
  18: "SRRQ",
  19: "SRRP",
  21: "FSQ",
  22: "FSR",
  23: "MSRQ",
  24: "MSRP",
  25: "MSE",
  26: "MSI",
  27: "MSEN",
  28: "CSUN",
  29: "CSURQ",
};

/** What a message must and may hold. */
export interface MessageRule {
  readonly required: readonly AvpName[];
  readonly optional: readonly AvpName[];
  /** Required identifiers that may be 0 in other messages but not in this one. */
  readonly known?: readonly AvpName[];
}

type MessageRules = Readonly<Partial<Record<MessageTypeName, MessageRule>>>;

const SESSION_IDS = ["localSessionId", "remoteSessionId"] as const;
const CALL_REQUEST = [
  ...SESSION_IDS,
  "serialNumber",
  "pseudowireType",
  "remoteEndId",
  "circuitStatus",
] as const;
const LAYER_2 = ["l2SpecificSublayer", "dataSequencing"] as const;
const SPEEDS = ["txConnectSpeed64", "rxConnectSpeed64"] as const;
const CONNECTION_V3 = [
  "hostName",
  "routerId",
  "assignedControlConnectionId",
  "pseudowireCapabilitiesList",
] as const;
const CONNECTION_V3_OPTIONS = [
  "nonce",
  "vendorName",
  "receiveWindowSize",
  "preferredLanguage",
  "controlConnectionDiffServ",
  "ecnCapability",
] as const;

/** RFC 3931 §6 (V3-MSG-01..14, V3-SLI-02, V3-SLI-03). */
const V3_RULES: MessageRules = {
  SCCRQ: { required: CONNECTION_V3, optional: [...CONNECTION_V3_OPTIONS, "tieBreaker"] },
  SCCRP: { required: CONNECTION_V3, optional: CONNECTION_V3_OPTIONS },
  SCCCN: { required: [], optional: [] },
  StopCCN: { required: ["resultCode"], optional: ["assignedControlConnectionId"] },
  HELLO: { required: [], optional: [] },
  ICRQ: {
    required: CALL_REQUEST,
    optional: [
      "assignedCookie",
      "tieBreaker",
      ...LAYER_2,
      ...SPEEDS,
      "physicalChannelId",
      "sessionDiffServ",
      "frameRelayHeaderLength", // FR-13
    ],
  },
  ICRP: {
    required: [...SESSION_IDS, "circuitStatus"],
    optional: [
      "assignedCookie",
      ...LAYER_2,
      ...SPEEDS,
      "physicalChannelId",
      "sessionDiffServ",
      "frameRelayHeaderLength",
    ],
    known: ["remoteSessionId"],
  },
  ICCN: {
    required: SESSION_IDS,
    optional: [...LAYER_2, ...SPEEDS, "circuitStatus"],
    known: ["remoteSessionId"],
  },
  OCRQ: {
    required: CALL_REQUEST,
    optional: ["assignedCookie", ...SPEEDS, "tieBreaker", ...LAYER_2, "sessionDiffServ"],
  },
  OCRP: {
    required: [...SESSION_IDS, "circuitStatus"],
    optional: ["assignedCookie", ...LAYER_2, ...SPEEDS, "physicalChannelId", "sessionDiffServ"],
    known: ["remoteSessionId"],
  },
  OCCN: {
    required: SESSION_IDS,
    optional: [...LAYER_2, ...SPEEDS, "circuitStatus"],
    known: ["remoteSessionId"],
  },
  CDN: { required: ["resultCode", ...SESSION_IDS], optional: [] },
  WEN: { required: [...SESSION_IDS, "circuitErrors"], optional: [] },
  SLI: { required: SESSION_IDS, optional: ["circuitStatus"] },
  ACK: { required: [], optional: [] },
};

const CONNECTION_V2 = [
  "protocolVersion",
  "hostName",
  "framingCapabilities",
  "assignedTunnelId",
] as const;
const CONNECTION_V2_OPTIONS = [
  "bearerCapabilities",
  "receiveWindowSize",
  "challenge",
  "firmwareRevision",
  "vendorName",
  "controlConnectionDiffServ",
  "ecnCapability",
] as const;
const LCP_OPTIONS = ["lcpWantOptions", "lcpAllowOptions"] as const;

/** RFC 2661 §6 (V2-MSG-01..14). There is no ACK: a ZLB acknowledges. */
const V2_RULES: MessageRules = {
  SCCRQ: { required: CONNECTION_V2, optional: [...CONNECTION_V2_OPTIONS, "tieBreaker"] },
  SCCRP: { required: CONNECTION_V2, optional: [...CONNECTION_V2_OPTIONS, "challengeResponse"] },
  SCCCN: { required: [], optional: ["challengeResponse"] },
  StopCCN: { required: ["assignedTunnelId", "resultCode"], optional: [] },
  HELLO: { required: [], optional: [] },
  ICRQ: {
    required: ["assignedSessionId", "serialNumber"],
    optional: [
      "bearerType",
      "physicalChannelId",
      "callingNumber",
      "calledNumber",
      "subAddress",
      "sessionDiffServ",
    ],
  },
  ICRP: { required: ["assignedSessionId"], optional: ["sessionDiffServ"] },
  ICCN: {
    required: ["txConnectSpeed", "framingType"],
    optional: [
      "initialReceivedLcpConfreq",
      "lastSentLcpConfreq",
      "lastReceivedLcpConfreq",
      "proxyAuthenType",
      "proxyAuthenName",
      "proxyAuthenChallenge",
      "proxyAuthenId",
      "proxyAuthenResponse",
      "privateGroupId",
      "rxConnectSpeed",
      "sequencingRequired",
      ...LCP_OPTIONS,
    ],
  },
  OCRQ: {
    required: [
      "assignedSessionId",
      "serialNumber",
      "minimumBps",
      "maximumBps",
      "bearerType",
      "framingType",
      "calledNumber",
    ],
    optional: ["subAddress", "sessionDiffServ"],
  },
  OCRP: {
    required: ["assignedSessionId"],
    optional: ["physicalChannelId", "sessionDiffServ"],
  },
  OCCN: {
    required: ["txConnectSpeed", "framingType"],
    optional: ["rxConnectSpeed", "sequencingRequired", ...LCP_OPTIONS],
  },
  CDN: {
    required: ["resultCode", "assignedSessionId"],
    optional: ["q931Cause", "pppDisconnectCause"],
  },
  WEN: { required: ["circuitErrors"], optional: [] },
  SLI: { required: ["accm"], optional: ["lnsLastSentLcpConfreq", "lnsLastReceivedLcpConfreq"] },
};

/** The rules of each version, by message. */
export const MESSAGE_RULES: Readonly<Record<ProtocolVersion, MessageRules>> = {
  2: V2_RULES,
  3: V3_RULES,
};

const NAMES: ReadonlyMap<number, MessageTypeName> = new Map(
  Object.entries(MESSAGE_TYPES).map(([name, number]) => [number, name as MessageTypeName]),
);

/** The message of a number, or `undefined` where this version has none that we take part in. */
export function messageTypeOf(
  version: ProtocolVersion,
  number: number,
): MessageTypeName | undefined {
  const name = NAMES.get(number);
  return name !== undefined && name in MESSAGE_RULES[version] ? name : undefined;
}

/** What to call a message type in a log, known or not. */
export function messageTypeLabel(number: number): string {
  return NAMES.get(number) ?? COMPANION_MESSAGES[number] ?? `type-${number}`;
}

/** Whether a message may hold an AVP by the RFCs' lists. */
export function mayHold(version: ProtocolVersion, type: MessageTypeName, name: AvpName): boolean {
  const rule = MESSAGE_RULES[version][type];
  return rule !== undefined && (rule.required.includes(name) || rule.optional.includes(name));
}

/** The AVPs that a message must hold and does not. */
export function missingAvps(
  version: ProtocolVersion,
  type: MessageTypeName,
  avps: AvpValues,
): AvpName[] {
  const required = MESSAGE_RULES[version][type]?.required ?? [];
  return required.filter((name) => avps[name] === undefined);
}
