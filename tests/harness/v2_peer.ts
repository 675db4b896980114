/**
 * A scripted peer that makes and takes L2TPv2's calls, as LAC or as LNS, and the program that it has
 * them with. Messages are put together from RFC 2661 §6, without the program's codec.
 */

import { fail } from "@std/assert";
import type { ConnectionHandle, SessionHandle } from "../../src/core/effect.ts";
import type { OutgoingSessionSettings } from "../../src/core/lcce_config.ts";
import { type Cell, V2_UDP } from "./cells.ts";
import {
  ascii,
  avp,
  concat,
  numberIn,
  type PeerAvp,
  type PeerMessage,
  type TypeName,
  u16,
  u32,
} from "./peer_message.ts";
import { type PeerOptions, type PeerSession, ScriptedPeer } from "./scripted_peer.ts";

/** What the program asks for in tests that do not care. */
export const PPP_SETTINGS: OutgoingSessionSettings = {
  pseudowire: "ppp",
  cookieLength: 8,
  sublayer: "default",
  sequencing: "none",
  circuitStatus: 1,
  remoteEndId: new Uint8Array(0),
};

/** Call Errors without any (RFC 2661 §4.4.6). */
export const NO_ERRORS = concat(u16(0), new Uint8Array(24));

/** A session in which the program is the LAC. */
export interface LacSession extends PeerSession {
  /** Its ICCN or OCCN. */
  readonly connect: PeerMessage;
}

export class V2Peer extends ScriptedPeer {
  constructor(options: PeerOptions = {}, cell: Cell = V2_UDP) {
    super(cell, { ...options, lcce: { pseudowireCapabilities: ["ppp"], ...options.lcce } });
    this.sessionSettings = PPP_SETTINGS;
  }

  /** What a request must have: an ICRQ's two AVPs, an OCRQ's seven. */
  requestAvps(type: "ICRQ" | "OCRQ", localId: number): PeerAvp[] {
    const both = [avp(14, u16(localId)), avp(15, u32(77))];
    if (type === "ICRQ") return both;
    const rest = [[16, 300], [17, 64_000], [18, 1], [19, 1]] as const;
    return [...both, ...rest.map(([type, value]) => avp(type, u32(value))), avp(21, ascii("5551"))];
  }

  /** What an ICRP, OCRP or CDN names its sender's session by. */
  nameAvps(localId: number): PeerAvp[] {
    return [avp(14, u16(localId))];
  }

  /** What an ICCN or OCCN must have. */
  connectAvps(): PeerAvp[] {
    return [avp(24, u32(64_000)), avp(19, u32(1))];
  }

  /** A message about a session of the program's. */
  sendTo(sessionId: number, type: TypeName, avps: readonly PeerAvp[] = []): void {
    this.send(type, avps, { sessionId });
  }

  /** The peer, a LAC, has a call for the program, and brings it up. */
  dialIn(
    localId = 0x7001,
    more: { readonly icrq?: readonly PeerAvp[]; readonly iccn?: readonly PeerAvp[] } = {},
  ): PeerSession {
    this.send("ICRQ", [...this.requestAvps("ICRQ", localId), ...more.icrq ?? []]);
    const remoteId = numberIn(this.expect("ICRP"), 14)!;
    this.sendTo(remoteId, "ICCN", [...this.connectAvps(), ...more.iccn ?? []]);
    return { localId, remoteId, handle: this.#upSession() };
  }

  /** The peer, an LNS, has the program place a call. */
  dialOut(localId = 0x7003, more: readonly PeerAvp[] = []): LacSession {
    this.send("OCRQ", [...this.requestAvps("OCRQ", localId), ...more]);
    const remoteId = numberIn(this.expect("OCRP"), 14)!;
    return { localId, remoteId, handle: this.#upSession(), connect: this.expect("OCCN") };
  }

  /** The program, a LAC, has a call for the peer, which takes it. */
  takeCall(
    connection: ConnectionHandle,
    settings: Partial<OutgoingSessionSettings> = {},
    localId = 0x7101,
  ): LacSession {
    this.ask(connection, settings);
    const remoteId = numberIn(this.expect("ICRQ"), 14)!;
    this.sendTo(remoteId, "ICRP", this.nameAvps(localId));
    return { localId, remoteId, handle: this.#upSession(), connect: this.expect("ICCN") };
  }

  /** The program, an LNS, has the peer place a call. */
  placeCall(
    connection: ConnectionHandle,
    settings: Partial<OutgoingSessionSettings> = {},
    localId = 0x7103,
  ): PeerSession {
    const handle = this.ask(connection, { ...settings, call: "outgoing" });
    const remoteId = numberIn(this.expect("OCRQ"), 14)!;
    this.sendTo(remoteId, "OCRP", this.nameAvps(localId));
    this.sendTo(remoteId, "OCCN", this.connectAvps());
    this.#upSession();
    return { localId, remoteId, handle };
  }

  /** The program asks for a session; the peer has not answered yet. */
  ask(
    connection: ConnectionHandle,
    settings: Partial<OutgoingSessionSettings> = {},
  ): SessionHandle {
    return this.openSession(connection, { ...PPP_SETTINGS, ...settings });
  }

  #upSession(): SessionHandle {
    const up = this.told("sessionUp").at(-1);
    if (up === undefined) fail("the session did not come up");
    return up.session;
  }
}
