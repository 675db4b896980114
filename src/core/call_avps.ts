/**
 * What L2TPv2 tells of a call, as the AVPs of each of its messages, and back.
 *
 * Read RFC 2661 §4.4.4, §4.4.5 and §6.6 to §6.11, and RFC 3437 §2 first; REQUIREMENTS 13.5 lists
 * which message has which.
 */

import type {
  CallInformation,
  LinkInformation,
  ProxyAuthentication,
  ProxyAuthenticationType,
  ProxyLcp,
} from "../model/call_information.ts";
import { FRAMING_ASYNCHRONOUS, FRAMING_SYNCHRONOUS } from "../model/call_information.ts";
import type { DecodedMessage, SendableAvps } from "../wire/control_message.ts";

type Avps = DecodedMessage["avps"];

/** What a peer can do for a call, as AVPs 3 and 4 say; `undefined` is an AVP that it did not send. */
export interface PeerFacilities {
  readonly framing: number;
  readonly bearer: number | undefined;
}

/** The speed that is told of a call that has no line, as over the Internet; it has to be told. */
const NO_LINE_BPS = 10_000_000n;

/** The most that 32 bits can tell of a speed. */
const MOST_BPS = 0xffff_ffffn;

const NOTHING = new Uint8Array(0);

/** What an ICRQ tells of the call (RFC 2661 §6.6). */
export function icrqAvps(information: CallInformation): SendableAvps {
  const { bearerType, physicalChannelId, callingNumber, calledNumber, subAddress } = information;
  return { bearerType, physicalChannelId, callingNumber, calledNumber, subAddress };
}

/** What an OCRQ asks for (RFC 2661 §6.9): of what the LAC can do, all that was not chosen from. */
export function ocrqAvps(information: CallInformation, peer: PeerFacilities): SendableAvps {
  return {
    minimumBps: information.minimumBps ?? 0,
    maximumBps: information.maximumBps ?? Number(MOST_BPS),
    bearerType: information.bearerType ?? peer.bearer ?? 0, // V2-SES-08
    framingType: information.framingType ?? peer.framing, // V2-SES-09
    calledNumber: information.calledNumber ?? "",
    subAddress: information.subAddress,
  };
}

/** What an OCCN tells of the line that was had (RFC 2661 §6.11), and an ICCN among other things. */
export function lineAvps(information: CallInformation, peer: PeerFacilities): SendableAvps {
  const { txConnectSpeed = NO_LINE_BPS, rxConnectSpeed } = information;
  return {
    txConnectSpeed: speedOf(txConnectSpeed),
    framingType: information.framingType ?? framingFor(peer),
    rxConnectSpeed: rxConnectSpeed === undefined ? undefined : speedOf(rxConnectSpeed),
    lcpWantOptions: information.lcpWantOptions,
    lcpAllowOptions: information.lcpAllowOptions,
  };
}

/** What an ICCN tells (RFC 2661 §6.8). */
export function iccnAvps(information: CallInformation, peer: PeerFacilities): SendableAvps {
  const { proxyLcp = {}, proxyAuthentication, privateGroupId } = information;
  return {
    ...lineAvps(information, peer),
    initialReceivedLcpConfreq: proxyLcp.initialReceived,
    lastSentLcpConfreq: proxyLcp.lastSent,
    lastReceivedLcpConfreq: proxyLcp.lastReceived,
    ...(proxyAuthentication === undefined ? {} : proxyAuthenticationAvps(proxyAuthentication)),
    privateGroupId,
  };
}

/** What a message of the peer tells beside what was told before. */
export function readCallInformation(avps: Avps, before: CallInformation): CallInformation {
  const { txConnectSpeed, rxConnectSpeed } = avps;
  return {
    ...before,
    ...present({
      calledNumber: avps.calledNumber,
      callingNumber: avps.callingNumber,
      subAddress: avps.subAddress,
      bearerType: avps.bearerType,
      framingType: avps.framingType,
      physicalChannelId: avps.physicalChannelId,
      minimumBps: avps.minimumBps,
      maximumBps: avps.maximumBps,
      txConnectSpeed: txConnectSpeed === undefined ? undefined : BigInt(txConnectSpeed),
      rxConnectSpeed: rxConnectSpeed === undefined ? undefined : BigInt(rxConnectSpeed),
      privateGroupId: avps.privateGroupId,
      proxyLcp: readProxyLcp(avps),
      proxyAuthentication: readProxyAuthentication(avps),
      lcpWantOptions: avps.lcpWantOptions,
      lcpAllowOptions: avps.lcpAllowOptions,
    }),
  };
}

/** An SLI's AVPs (RFC 2661 §6.14, RFC 3437 §2.3). */
export function linkInformationAvps(information: LinkInformation): SendableAvps {
  return {
    accm: information.accm ?? { send: EVERY_CHARACTER, receive: EVERY_CHARACTER },
    lnsLastSentLcpConfreq: information.lastSent,
    lnsLastReceivedLcpConfreq: information.lastReceived,
  };
}

/** What an SLI tells of PPP. */
export function readLinkAvps(avps: Avps): LinkInformation {
  return present({
    accm: avps.accm,
    lastSent: avps.lnsLastSentLcpConfreq,
    lastReceived: avps.lnsLastReceivedLcpConfreq,
  });
}

/** V2-SLI-02. */
const EVERY_CHARACTER = 0xffff_ffff;

/** Which AVPs go with which type, beside Proxy Authen Type itself (V2-PXY-02..05). */
const PROXY_TYPES: Readonly<
  Record<
    ProxyAuthenticationType,
    { readonly number: number; readonly hasChallenge: boolean; readonly hasId: boolean }
  >
> = {
  "text": { number: 1, hasChallenge: false, hasId: false },
  "chap": { number: 2, hasChallenge: true, hasId: true },
  "pap": { number: 3, hasChallenge: false, hasId: true },
  "none": { number: 4, hasChallenge: false, hasId: false },
  "ms-chap": { number: 5, hasChallenge: true, hasId: true },
};

function proxyAuthenticationAvps(proxy: ProxyAuthentication): SendableAvps {
  const { number, hasChallenge, hasId } = PROXY_TYPES[proxy.type];
  if (proxy.type === "none") return { proxyAuthenType: number };
  return {
    proxyAuthenType: number,
    proxyAuthenName: proxy.name,
    proxyAuthenChallenge: hasChallenge ? proxy.challenge : undefined,
    proxyAuthenId: hasId ? proxy.id & 0xff : undefined,
    proxyAuthenResponse: proxy.response,
  };
}

/**
 * How the LAC has authenticated its client; without all that its type takes, or of a type that is not
 * known, it counts as not at all, and the LNS asks the client itself (V2-PXY-01).
 */
function readProxyAuthentication(avps: Avps): ProxyAuthentication | undefined {
  for (const [type, { number, hasChallenge, hasId }] of Object.entries(PROXY_TYPES)) {
    if (avps.proxyAuthenType !== number) continue;
    const proxy = {
      type: type as ProxyAuthenticationType,
      name: avps.proxyAuthenName ?? NOTHING,
      challenge: avps.proxyAuthenChallenge ?? NOTHING,
      id: (avps.proxyAuthenId ?? 0) & 0xff,
      response: avps.proxyAuthenResponse ?? NOTHING,
    };
    if (type === "none") return proxy;
    const isWhole = avps.proxyAuthenName !== undefined && avps.proxyAuthenResponse !== undefined &&
      (!hasChallenge || avps.proxyAuthenChallenge !== undefined) &&
      (!hasId || avps.proxyAuthenId !== undefined);
    return isWhole ? proxy : undefined;
  }
  return undefined;
}

function readProxyLcp(avps: Avps): ProxyLcp | undefined {
  const lcp = present({
    initialReceived: avps.initialReceivedLcpConfreq,
    lastSent: avps.lastSentLcpConfreq,
    lastReceived: avps.lastReceivedLcpConfreq,
  });
  return Object.keys(lcp).length === 0 ? undefined : lcp;
}

/** V2-SES-06: the kind that the peer has listed; synchronous where it can have either. */
function framingFor({ framing }: PeerFacilities): number {
  const isAsynchronousOnly = (framing & FRAMING_SYNCHRONOUS) === 0 && framing !== 0;
  return isAsynchronousOnly ? FRAMING_ASYNCHRONOUS : FRAMING_SYNCHRONOUS;
}

function speedOf(bps: bigint): number {
  return Number(bps > MOST_BPS ? MOST_BPS : bps);
}

/** The fields that are there. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
