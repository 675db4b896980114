/**
 * One line of text per L2TP packet, for logs, golden tests, `trace` and `decode`.
 *
 * Nothing secret is written (cookies, passwords, challenges), and nothing a peer sent can leave its
 * line or move a terminal's cursor: text is quoted and escaped. Works on any octets.
 *
 * This is the library's entry `./wire`, not stable yet: the codec of control messages goes with it.
 *
 * ```ts
 * import { decodeControlMessage, dissect } from "@longwire/longwire/wire";
 *
 * const hello = Uint8Array.fromHex("c80300140000000100070003" + "8008000000000006");
 * console.log(dissect(hello, "udp")); // v3 HELLO id=1 ns=7 nr=3
 * console.log(decodeControlMessage(hello, 0));
 * ```
 *
 * @module
 */

import {
  type Accm,
  BEARER_ANALOG,
  BEARER_DIGITAL,
  FRAMING_ASYNCHRONOUS,
  FRAMING_SYNCHRONOUS,
  type PppDisconnectCause,
} from "../model/call_information.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Encapsulation } from "../model/path.ts";
import { disconnectCodeText } from "../model/ppp_disconnect.ts";
import { describeProblem } from "./avp_problem.ts";
import type { AvpName, AvpValues } from "./avp_registry.ts";
import type { ControlHeader } from "./control_header.ts";
import { decodeControlMessage, type DecodedMessage } from "./control_message.ts";
import { isFailure } from "./decode_failure.ts";
import { firstLook } from "./first_look.ts";
import { messageTypeLabel } from "./message_rules.ts";
import { quotedText } from "./quoted_text.ts";
import { describeResultCode } from "./result_codes.ts";
import { COOKIE_OFFSET, SESSION_ID_OFFSET } from "./session_header.ts";
import { v2FrameEnd, v2FrameStart, v2Ns, v2SessionId, v2TunnelId } from "./v2_data_header.ts";

/** Octets of a value, and items of a list, that a line shows at most. */
const SHOWN_OCTETS = 32;
const SHOWN_ITEMS = 64;

/** What keeps blind attackers out (RFC 3931 §8.2) or proves who a user is: its length will do. */
const CONFIDENTIAL: ReadonlySet<AvpName> = new Set([
  "assignedCookie",
  "challenge",
  "challengeResponse",
  "proxyAuthenChallenge",
  "proxyAuthenResponse",
]);

/** AVPs that say nothing in a log: they are shown in other ways, or are noise. */
const UNSHOWN: ReadonlySet<string> = new Set<AvpName>(["messageType", "randomVector"]);

/** Values that read better as something else than a plain number. */
const RENDERINGS: { readonly [Name in AvpName]?: (value: never) => string } = {
  routerId: dottedQuad,
  circuitStatus: hex16,
  pseudowireType: hex16,
  pseudowireCapabilitiesList: (types: readonly number[]) => listText(types, hex16),
  framingCapabilities: framingText,
  framingType: framingText,
  bearerCapabilities: bearerText,
  bearerType: bearerText,
  accm: ({ send, receive }: Accm) => `{send=${hex(send, 8)} receive=${hex(receive, 8)}}`,
  pppDisconnectCause: disconnectText,
};

export {
  type ControlMessage,
  decodeControlMessage,
  type DecodedMessage,
  encodeControlMessage,
  messageTypeOf,
  type SendableAvps,
  type UnsealedMessage,
} from "./control_message.ts";

/**
 * One line about a datagram's payload.
 *
 * @param hidingKey Reveals hidden AVPs; see `decodeControlMessage`.
 */
export function dissect(
  octets: Uint8Array,
  encapsulation: Encapsulation,
  hidingKey?: Uint8Array,
): string {
  const look = firstLook(octets, encapsulation);
  switch (look.kind) {
    case "unusable":
      return `not L2TP (${look.reason}): ${octets.length} octets`;
    case "data":
      return DATA_LINES[look.version](octets, encapsulation);
    case "control": {
      const message = decodeControlMessage(octets, look.offset, hidingKey);
      return isFailure(message)
        ? `v${look.version} control, malformed header (${message.failure} at ${message.offset})`
        : controlLine(message);
    }
    default:
      return look satisfies never;
  }
}

function controlLine(message: DecodedMessage): string {
  const { header, type, typeNumber, avps, unknown, problems } = message;
  const name = type ?? messageTypeLabel(typeNumber);
  const parts = [
    `v${header.version} ${name} ${identifiers(header)} ns=${header.ns} nr=${header.nr}`,
  ];
  for (const [avp, value] of Object.entries(avps)) {
    if (!UNSHOWN.has(avp)) parts.push(`${avp}=${avpText(avp as AvpName, value, type)}`);
  }
  for (const { vendor, attribute, value } of unknown.slice(0, SHOWN_ITEMS)) {
    parts.push(`${vendor}/${attribute}=${octetsText(value)}`);
  }
  for (const problem of problems.slice(0, SHOWN_ITEMS)) {
    parts.push(`[${problem.mandatory ? "!" : ""}${describeProblem(problem)}]`);
  }
  return parts.join(" ");
}

const IDENTIFIERS: Readonly<Record<ProtocolVersion, (header: ControlHeader) => string>> = {
  2: ({ connectionId, sessionId }) => `tunnel=${connectionId} session=${sessionId}`,
  3: ({ connectionId }) => `id=${connectionId}`,
};

function identifiers(header: ControlHeader): string {
  return IDENTIFIERS[header.version](header);
}

const DATA_LINES: Readonly<Record<ProtocolVersion, typeof dissect>> = {
  2: (octets) => {
    const start = v2FrameStart(octets, 0, octets.length);
    const end = start < 0 ? -1 : v2FrameEnd(octets, 0, octets.length);
    if (end < start || start < 0) return `v2 data, malformed header: ${octets.length} octets`;
    const ns = v2Ns(octets, 0);
    return `v2 data tunnel=${v2TunnelId(octets, 0)} session=${v2SessionId(octets, 0)}` +
      `${ns < 0 ? "" : ` ns=${ns}`}: ${end - start} octets`;
  },
  3: (octets, encapsulation) => {
    const rest = octets.length - COOKIE_OFFSET[encapsulation];
    if (rest < 0) return `v3 data, no Session ID: ${octets.length} octets`;
    const view = new DataView(octets.buffer, octets.byteOffset);
    const sessionId = view.getUint32(SESSION_ID_OFFSET[encapsulation]);
    // How much of the rest is cookie and sublayer, only the session knows (V3-DP-01).
    return `v3 data session=${sessionId}: ${rest} octets after the Session ID`;
  },
};

function avpText(name: AvpName, value: unknown, type: DecodedMessage["type"]): string {
  if (CONFIDENTIAL.has(name)) return `(${(value as Uint8Array).length} octets)`;
  if (name === "resultCode" && (type === "StopCCN" || type === "CDN")) {
    return describeResultCode(type, value as NonNullable<AvpValues["resultCode"]>);
  }
  const rendering = RENDERINGS[name];
  return rendering === undefined ? plainText(value) : rendering(value as never);
}

function plainText(value: unknown): string {
  if (value instanceof Uint8Array) return octetsText(value);
  if (typeof value === "string") return quotedText(value);
  if (Array.isArray(value)) return listText(value, plainText);
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).map(([key, field]) => `${key}=${plainText(field)}`);
  return `{${fields.join(" ")}}`;
}

function listText<T>(items: readonly T[], itemText: (item: T) => string): string {
  const more = items.length > SHOWN_ITEMS ? `,… (${items.length} of them)` : "";
  return items.slice(0, SHOWN_ITEMS).map(itemText).join(",") + more;
}

/** Printable US-ASCII in quotes; anything else in hexadecimal, clipped. */
function octetsText(octets: Uint8Array): string {
  const shown = octets.subarray(0, SHOWN_OCTETS);
  const more = octets.length > SHOWN_OCTETS ? `… (${octets.length} octets)` : "";
  const isText = shown.length > 0 && shown.every((octet) => octet >= 0x20 && octet < 0x7f);
  return (isText ? JSON.stringify(String.fromCharCode(...shown)) : `0x${shown.toHex()}`) + more;
}

function dottedQuad(value: number): string {
  return [value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff].join(".");
}

function hex16(value: number): string {
  return hex(value, 4);
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}

function framingText(bits: number): string {
  return bitsText(bits, [
    [FRAMING_SYNCHRONOUS, "synchronous"],
    [FRAMING_ASYNCHRONOUS, "asynchronous"],
  ]);
}

function bearerText(bits: number): string {
  return bitsText(bits, [[BEARER_DIGITAL, "digital"], [BEARER_ANALOG, "analog"]]);
}

/** The names of the bits that are set, and what has no name as a number. */
function bitsText(bits: number, names: readonly (readonly [bit: number, name: string])[]): string {
  const set = names.filter(([bit]) => (bits & bit) !== 0);
  const rest = set.reduce((left, [bit]) => left & ~bit, bits);
  const words = set.map(([, name]) => name);
  return rest !== 0 || words.length === 0
    ? [...words, String(rest >>> 0)].join("+")
    : words.join("+");
}

function disconnectText({ code, controlProtocol, direction, text }: PppDisconnectCause): string {
  const protocol = controlProtocol === 0 ? "" : ` protocol=${hex16(controlProtocol)}`;
  const end = ["", " by the peer", " by the sender"][direction] ?? ` direction=${direction}`;
  const words = text === "" ? "" : ` ${quotedText(text)}`;
  return `{${disconnectCodeText(code)}${protocol}${end}${words}}`;
}
