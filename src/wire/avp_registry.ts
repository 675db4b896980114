/**
 * THE table of AVPs with Vendor ID 0: what RFC 2661, RFC 3931 and their companions define.
 *
 * Read RFC 3931 §5.4, RFC 2661 §4.4 and REQUIREMENTS 13.2, 13.4 and 13.6 beside it. The types of
 * decoded and encoded messages are derived from the table: to add an AVP is to add a row.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import {
  atmAlarmStatus,
  connectSpeedUpdate,
  controlSequence,
  failoverCapability,
  identifierPair,
  pppDisconnectCause,
  vccvCapability,
} from "./avp_companion_formats.ts";
import {
  accm,
  atMost,
  type AvpFormat,
  circuitErrors,
  cookie,
  extendedVendor,
  flag,
  messageDigest,
  nonZero,
  octets,
  octetsOf,
  protocolRevision,
  q931Cause,
  resultCode,
  someOctets,
  someText,
  text,
  uint16,
  uint16List,
  uint32,
  uint32List,
  uint64,
} from "./avp_formats.ts";

/** One row of the table. */
export interface AvpDefinition<T> {
  readonly attribute: number;
  readonly format: AvpFormat<T>;
  /** The M bit that is sent, by version; `undefined` where the version does not have the AVP. */
  readonly mandatory: Readonly<Record<ProtocolVersion, boolean | undefined>>;
  readonly hideable: boolean;
  /** Whether one message may hold several, so that the value is a list. */
  readonly repeatable: boolean;
  /** Defined by a companion RFC: with M set it asks for a feature that we may not have. */
  readonly companion: boolean;
  /** Where it is defined. */
  readonly section: string;
}

interface RepeatableAvp<T> extends AvpDefinition<T> {
  readonly repeatable: true;
}

interface SingleAvp<T> extends AvpDefinition<T> {
  readonly repeatable: false;
}

/** Columns: M bit in v2 and in v3; whether it may be hidden. */
const M = true;
const o = false;
const none = undefined;
const HIDE = true;
const SHOW = false;

function avp<T>(
  attribute: number,
  format: AvpFormat<T>,
  v2: boolean | undefined,
  v3: boolean | undefined,
  hideable: boolean,
  section: string,
): SingleAvp<T> {
  const mandatory = { 2: v2, 3: v3 };
  return { attribute, format, mandatory, hideable, section, repeatable: false, companion: false };
}

/** An AVP of a companion RFC. */
function ext<T>(...row: Parameters<typeof avp<T>>): SingleAvp<T> {
  return { ...avp(...row), companion: true };
}

/** An AVP that may come several times. */
function many<T>(row: SingleAvp<T>): RepeatableAvp<T> {
  return { ...row, repeatable: true };
}

/** Every AVP by name. Rows that both versions have are cited from the later RFC. */
// deno-fmt-ignore
export const AVPS = {
  //                                    type format              v2    v3    hide  RFC section
  messageType:                      avp(  0, uint16,             M,    M,    SHOW, "3931 §5.4.1"),
  resultCode:                       avp(  1, resultCode,         M,    M,    SHOW, "3931 §5.4.2"),
  protocolVersion:                  avp(  2, protocolRevision,   M,    none, SHOW, "2661 §4.4.3"),
  framingCapabilities:              avp(  3, uint32,             M,    none, HIDE, "2661 §4.4.3"),
  bearerCapabilities:               avp(  4, uint32,             M,    none, HIDE, "2661 §4.4.3"),
  tieBreaker:                       avp(  5, octetsOf(8),        o,    M,    SHOW, "3931 §5.4.3"),
  firmwareRevision:                 avp(  6, uint16,             o,    none, HIDE, "2661 §4.4.3"),
  hostName:                         avp(  7, someText,           M,    M,    SHOW, "3931 §5.4.3"),
  vendorName:                       avp(  8, text,               o,    o,    HIDE, "3931 §5.4.3"),
  assignedTunnelId:                 avp(  9, nonZero(uint16),    M,    none, HIDE, "2661 §4.4.3"),
  receiveWindowSize:                avp( 10, nonZero(uint16),    M,    M,    SHOW, "3931 §5.4.3"),
  challenge:                        avp( 11, someOctets,         M,    none, HIDE, "2661 §4.4.3"),
  q931Cause:                        avp( 12, q931Cause,          M,    none, SHOW, "2661 §4.4.2"),
  challengeResponse:                avp( 13, octetsOf(16),       M,    none, HIDE, "2661 §4.4.3"),
  assignedSessionId:                avp( 14, nonZero(uint16),    M,    none, HIDE, "2661 §4.4.4"),
  serialNumber:                     avp( 15, uint32,             M,    o,    HIDE, "3931 §5.4.4"),
  minimumBps:                       avp( 16, uint32,             M,    none, HIDE, "2661 §4.4.4"),
  maximumBps:                       avp( 17, uint32,             M,    none, HIDE, "2661 §4.4.4"),
  bearerType:                       avp( 18, uint32,             M,    none, HIDE, "2661 §4.4.4"),
  framingType:                      avp( 19, uint32,             M,    none, HIDE, "2661 §4.4.4"),
  calledNumber:                     avp( 21, text,               M,    none, HIDE, "2661 §4.4.4"),
  callingNumber:                    avp( 22, text,               M,    none, HIDE, "2661 §4.4.4"),
  subAddress:                       avp( 23, text,               M,    none, HIDE, "2661 §4.4.4"),
  txConnectSpeed:                   avp( 24, uint32,             M,    none, HIDE, "2661 §4.4.4"),
  physicalChannelId:                avp( 25, uint32,             o,    o,    HIDE, "3931 §5.4.4"),
  initialReceivedLcpConfreq:        avp( 26, octets,             o,    none, HIDE, "2661 §4.4.5"),
  lastSentLcpConfreq:               avp( 27, octets,             o,    none, HIDE, "2661 §4.4.5"),
  lastReceivedLcpConfreq:           avp( 28, octets,             o,    none, HIDE, "2661 §4.4.5"),
  proxyAuthenType:                  avp( 29, uint16,             o,    none, HIDE, "2661 §4.4.5"),
  proxyAuthenName:                  avp( 30, octets,             o,    none, HIDE, "2661 §4.4.5"),
  proxyAuthenChallenge:             avp( 31, someOctets,         o,    none, HIDE, "2661 §4.4.5"),
  proxyAuthenId:                    avp( 32, uint16,             o,    none, HIDE, "2661 §4.4.5"),
  proxyAuthenResponse:              avp( 33, octets,             o,    none, HIDE, "2661 §4.4.5"),
  circuitErrors:                    avp( 34, circuitErrors,      M,    o,    HIDE, "3931 §5.4.5"),
  accm:                             avp( 35, accm,               M,    none, HIDE, "2661 §4.4.6"),
  randomVector:                many(avp( 36, octets,             M,    M,    SHOW, "3931 §5.4.1")),
  privateGroupId:                   avp( 37, octets,             o,    none, HIDE, "2661 §4.4.4"),
  rxConnectSpeed:                   avp( 38, uint32,             o,    none, HIDE, "2661 §4.4.4"),
  sequencingRequired:               avp( 39, flag,               M,    none, SHOW, "2661 §4.4.4"),
  extendedVendorId:            many(avp( 58, extendedVendor,     none, o,    HIDE, "3931 §5.1")),
  messageDigest:               many(avp( 59, messageDigest,      none, M,    SHOW, "3931 §5.4.1")),
  routerId:                         avp( 60, uint32,             none, M,    SHOW, "3931 §5.4.3"),
  assignedControlConnectionId:      avp( 61, nonZero(uint32),    none, M,    HIDE, "3931 §5.4.3"),
  pseudowireCapabilitiesList:       avp( 62, uint16List,         none, M,    HIDE, "3931 §5.4.3"),
  localSessionId:                   avp( 63, nonZero(uint32),    none, M,    HIDE, "3931 §5.4.4"),
  remoteSessionId:                  avp( 64, uint32,             none, M,    HIDE, "3931 §5.4.4"),
  assignedCookie:                   avp( 65, cookie,             none, M,    HIDE, "3931 §5.4.4"),
  remoteEndId:                      avp( 66, octets,             none, M,    HIDE, "3931 §5.4.4"),
  pseudowireType:                   avp( 68, uint16,             none, M,    HIDE, "3931 §5.4.4"),
  l2SpecificSublayer:               avp( 69, uint16,             none, M,    HIDE, "3931 §5.4.4"),
  dataSequencing:                   avp( 70, atMost(2, uint16),  none, M,    HIDE, "3931 §5.4.4"),
  circuitStatus:                    avp( 71, uint16,             none, M,    HIDE, "3931 §5.4.5"),
  preferredLanguage:                avp( 72, text,               none, o,    HIDE, "3931 §5.4.3"),
  nonce:                            avp( 73, octets,             none, M,    SHOW, "3931 §5.4.1"),
  txConnectSpeed64:                 avp( 74, uint64,             none, o,    HIDE, "3931 §5.4.4"),
  rxConnectSpeed64:                 avp( 75, uint64,             none, o,    HIDE, "3931 §5.4.4"),

  rxMinimumBps:                     ext( 40, uint32,             o,    none, HIDE, "3301 §4.1"),
  rxMaximumBps:                     ext( 41, uint32,             o,    none, HIDE, "3301 §4.1"),
  serviceCategory:                  ext( 42, uint16,             o,    none, HIDE, "3301 §4.1"),
  serviceName:                      ext( 43, someText,           o,    none, HIDE, "3301 §4.1"),
  callingSubAddress:                ext( 44, octetsOf(20),       o,    none, HIDE, "3301 §4.1"),
  vpiVciIdentifier:                 ext( 45, uint32,             o,    none, HIDE, "3301 §4.1"),
  pppDisconnectCause:               ext( 46, pppDisconnectCause, o,    none, HIDE, "3145 §2"),
  controlConnectionDiffServ:        ext( 47, uint16,             o,    o,    HIDE, "3308 §3"),
  sessionDiffServ:                  ext( 48, uint16,             o,    o,    HIDE, "3308 §4"),
  lcpWantOptions:                   ext( 49, octets,             o,    none, HIDE, "3437 §3"),
  lcpAllowOptions:                  ext( 50, octets,             o,    none, HIDE, "3437 §4"),
  lnsLastSentLcpConfreq:            ext( 51, octets,             o,    none, HIDE, "3437 §5"),
  lnsLastReceivedLcpConfreq:        ext( 52, octets,             o,    none, HIDE, "3437 §6"),
  modemOnHoldCapable:               ext( 53, flag,               o,    none, HIDE, "3573 §3.2"),
  modemOnHoldStatus:                ext( 54, uint16,             o,    none, HIDE, "3573 §3.3"),
  pppoeRelay:                       ext( 55, octets,             o,    none, HIDE, "3817 §2.4"),
  pppoeRelayResponseCapability:     ext( 56, flag,               o,    none, HIDE, "3817 §2.4"),
  pppoeRelayForwardCapability:      ext( 57, flag,               o,    none, HIDE, "3817 §2.4"),
  failoverCapability:               ext( 76, failoverCapability, o,    o,    HIDE, "4951 §5.1"),
  tunnelRecovery:                   ext( 77, identifierPair,     M,    M,    SHOW, "4951 §5.2"),
  suggestedControlSequence:         ext( 78, controlSequence,    o,    o,    HIDE, "4951 §5.3"),
  failoverSessionState:        many(ext( 79, identifierPair,     M,    M,    HIDE, "4951 §5.4")),
  multicastCapability:              ext( 80, flag,               o,    none, HIDE, "4045"),
  newOutgoingSessions:              ext( 81, uint16List,         M,    none, HIDE, "4045"),
  newOutgoingSessionsAck:           ext( 82, uint16List,         M,    none, HIDE, "4045"),
  withdrawOutgoingSessions:         ext( 83, uint16List,         M,    none, HIDE, "4045"),
  multicastPacketsPriority:         ext( 84, atMost(2, uint16),  o,    none, HIDE, "4045"),
  frameRelayHeaderLength:           ext( 85, uint16,             none, o,    HIDE, "4591 §3.5"),
  atmMaximumConcatenatedCells:      ext( 86, uint16,             none, o,    HIDE, "4454 §5.1"),
  oamEmulationRequired:             ext( 87, flag,               none, o,    HIDE, "4454 §5.2"),
  atmAlarmStatus:                   ext( 88, atmAlarmStatus,     none, o,    HIDE, "4454 §5.3"),
  attachmentGroupIdentifier:        ext( 89, octets,             none, o,    HIDE, "4667 §4.3"),
  localEndId:                       ext( 90, octets,             none, o,    HIDE, "4667 §4.3"),
  interfaceMtu:                     ext( 91, uint16,             none, o,    HIDE, "4667 §4.3"),
  fcsRetention:                     ext( 92, uint16,             none, o,    HIDE, "4720 §4"),
  mru:                              ext( 94, uint16,             o,    o,    HIDE, "4623 §5.3"),
  mrru:                             ext( 95, uint16,             o,    o,    HIDE, "4623 §5.4"),
  vccvCapability:                   ext( 96, vccvCapability,     none, o,    HIDE, "5085 §6.3"),
  connectSpeedUpdate:          many(ext( 97, connectSpeedUpdate, o,    o,    HIDE, "5515 §4")),
  connectSpeedUpdateEnable:         ext( 98, flag,               o,    o,    HIDE, "5515 §4")  ,
  tdmPseudowire:                    ext( 99, octetsOf(6),        none, o,    HIDE, "5611 §2.1"),
  rtp:                              ext(100, octetsOf(10),       none, o,    HIDE, "5611 §2.2"),
  pseudowireSwitchingPoint:         ext(101, octets,             none, o,    HIDE, "6073 §8.2"),
  sbfdTargetDiscriminators:         ext(102, uint32List,         none, o,    SHOW, "7886 §2"),
  ecnCapability:                    ext(103, flag,               o,    o,    HIDE, "9601 §6.1"),
} as const;

/** The name of an AVP: the RFC's, in camel case. */
export type AvpName = keyof typeof AVPS;

type ValueOf<Row> = Row extends RepeatableAvp<infer T> ? readonly T[]
  : Row extends SingleAvp<infer T> ? T
  : never;

/** The AVPs of a message by name; repeatable ones are lists. */
export type AvpValues = { readonly [Name in AvpName]?: ValueOf<(typeof AVPS)[Name]> | undefined };

const NAMES_BY_ATTRIBUTE: ReadonlyMap<number, AvpName> = new Map(
  Object.entries(AVPS).map(([name, row]) => [row.attribute, name as AvpName]),
);

/** The name of an attribute of Vendor ID 0, or `undefined` where no RFC that we know has it. */
export function avpNameOf(attribute: number): AvpName | undefined {
  return NAMES_BY_ATTRIBUTE.get(attribute);
}

/** The row of an AVP, for code that handles them all alike. */
export function avpDefinition(name: AvpName): AvpDefinition<unknown> {
  return AVPS[name];
}
