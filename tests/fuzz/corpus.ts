/**
 * The committed corpus: shapes that have broken L2TP programs, ours or others' (PEERS.md I9, I20), and
 * those at the edges of a field. Every test run gives each of them to what reads it.
 */

import { avp, concat, encodeMessage, TYPE, type TypeName, u16 } from "../harness/peer_message.ts";
import configurations from "./corpus/configurations.json" with { type: "json" };
import datagrams from "./corpus/datagrams.json" with { type: "json" };
import messages from "./corpus/messages.json" with { type: "json" };
import pppFrames from "./corpus/ppp_frames.json" with { type: "json" };

/** Whole datagrams of UDP. */
export const DATAGRAMS: readonly { readonly name: string; readonly octets: Uint8Array }[] =
  datagrams.map(({ name, octets }) => ({ name, octets: Uint8Array.fromHex(octets) }));

/** PPP frames, as L2TP carries them. */
export const PPP_FRAMES: readonly { readonly name: string; readonly octets: Uint8Array }[] =
  pppFrames.map(({ name, octets }) => ({ name, octets: Uint8Array.fromHex(octets) }));

/** What follows the Message Type (and the digest, where there is one) in a message. */
export interface CorpusMessage {
  readonly name: string;
  readonly version: number;
  readonly type: TypeName;
  readonly avps: Uint8Array;
}

/** Messages that a peer which knows the secret may send; hidden AVPs are hidden with it. */
export const SEALED_MESSAGES: readonly CorpusMessage[] = messages.map((message) => ({
  ...message,
  type: message.type as TypeName,
  avps: Uint8Array.fromHex(message.avps),
}));

/** Texts of configuration files. */
export const CONFIGURATIONS: readonly { readonly name: string; readonly text: string }[] =
  configurations;

/** The message without a digest, to nobody in particular. */
export function octetsOfMessage({ version, type, avps }: CorpusMessage): Uint8Array {
  const header = { version, connectionId: 1, sessionId: 0, ns: 0, nr: 0 };
  const octets = concat(encodeMessage(header, [avp(0, u16(TYPE[type]))]), avps);
  octets.set(u16(octets.length), 2);
  return octets;
}
