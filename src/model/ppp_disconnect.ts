/**
 * Why PPP ended, in the words and codes of the PPP Disconnect Cause Code AVP.
 *
 * Read RFC 3145 §2 and §3 first (PDC-02..PDC-04); REQUIREMENTS 13.8 lists the codes.
 */

import type { PppDisconnectCause } from "./call_information.ts";

/** The protocol number of LCP, whose codes are 5 to 12. */
const LCP = 0xc021;

/** Whom a code concerns: PPP as a whole, LCP, or the protocol of the moment. */
type Concern = "global" | "lcp" | "own";

interface DisconnectCode {
  readonly code: number;
  readonly concern: Concern;
  /** Whether the code says which end's doing it was. */
  readonly hasDirection: boolean;
}

function code(number: number, concern: Concern, hasDirection = false): DisconnectCode {
  return { code: number, concern, hasDirection };
}

/** Every code, by what it says. */
export const DISCONNECT_CODES = {
  noInformation: code(0, "global"),
  administrative: code(1, "global"),
  renegotiationDisabled: code(2, "global"),
  normal: code(3, "global", true),
  encryptionRefused: code(4, "global", true),
  lcpTimeout: code(5, "lcp"),
  noLcpPackets: code(6, "lcp"),
  loopDetected: code(7, "lcp"),
  echoTimeout: code(8, "lcp"),
  endpointDiscriminator: code(9, "lcp"),
  mrruMismatch: code(10, "lcp"),
  shortSequence: code(11, "lcp"),
  callbackRefused: code(12, "lcp", true),
  authenticationTimeout: code(13, "own"),
  multilinkName: code(14, "own"),
  authenticationUnacceptable: code(15, "own", true),
  authenticationFailed: code(16, "own", true),
  networkTimeout: code(17, "own"),
  noNetworkProtocol: code(18, "own"),
  addressUnacceptable: code(19, "own", true),
  addressNotPermitted: code(20, "own", true),
} as const satisfies Readonly<Record<string, DisconnectCode>>;

/** Whose doing it was, seen from who sends the AVP. */
const DIRECTIONS = { unsaid: 0, peer: 1, local: 2 } as const;

/** What goes with a code. */
export interface DisconnectDetails {
  /** The PPP protocol number of the authentication or network protocol; for codes 13 to 20. */
  readonly protocol?: number;
  /** Default "unsaid"; left out where the code does not ask. */
  readonly direction?: keyof typeof DIRECTIONS;
  /** For people. */
  readonly text?: string;
}

/** The cause as the AVP has it: its protocol and direction are what the code asks for (PDC-03, PDC-04). */
export function disconnectCause(
  why: keyof typeof DISCONNECT_CODES,
  { protocol = 0, direction = "unsaid", text = "" }: DisconnectDetails = {},
): PppDisconnectCause {
  const { code, concern, hasDirection } = DISCONNECT_CODES[why];
  const controlProtocol = { global: 0, lcp: LCP, own: protocol }[concern];
  return { code, controlProtocol, direction: hasDirection ? DIRECTIONS[direction] : 0, text };
}

/** What a code says, in words. */
export function disconnectCodeText(number: number): string {
  const known = Object.entries(DISCONNECT_CODES).find(([, { code }]) => code === number);
  return known === undefined ? `code ${number}` : `${spaced(known[0])} (code ${number})`;
}

function spaced(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
