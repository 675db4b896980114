/**
 * A peer whose every octet a test decides, and the program's `Lcce` at the other end, under a
 * virtual clock. The peer counts its own Ns and Nr and makes its own digests and challenge
 * responses (RFC 3931 §4.2, §4.3; RFC 2661 §5.1.1), so that a test only says what is unusual.
 */

import { assert, assertEquals, fail } from "@std/assert";
import { createHash } from "node:crypto";
import type { ConnectionHandle, Effect, SessionHandle } from "../../src/core/effect.ts";
import type {
  ConnectionSettings,
  LcceConfig,
  OutgoingSessionSettings,
  PeerClaim,
  PeerPolicy,
  SessionSettings,
} from "../../src/core/lcce_config.ts";
import { Lcce } from "../../src/core/lcce.ts";
import type { Path } from "../../src/model/path.ts";
import type { Cell } from "./cells.ts";
import { VirtualClock } from "./clock.ts";
import {
  ascii,
  avp,
  blankDigest,
  concat,
  digestOf,
  digestVerifies,
  encodeMessage,
  numberIn,
  type PeerAvp,
  type PeerMessage,
  readMessage,
  TYPE,
  type TypeName,
  u16,
  u32,
  valueOf,
} from "./peer_message.ts";
import { Prng } from "./prng.ts";
import { SECRET, settingsFor } from "./settings.ts";

/** What the peer is called. */
export const PEER_NAME = "peer.example";

/** What a test may have otherwise. */
export interface PeerOptions {
  /** The program's settings for this connection, whichever side begins it. */
  readonly settings?: Partial<ConnectionSettings>;
  readonly lcce?: Partial<LcceConfig>;
  /** The peer's own Router ID; ties over IP go by it (V3-CC-23). */
  readonly routerId?: number;
  /** The RWS AVP the peer sends; `null` sends none. Default 64. */
  readonly receiveWindow?: number | null;
  /** The PW types the peer says it supports. Default Ethernet and Ethernet-VLAN. */
  readonly capabilities?: readonly number[];
  /** Whether the application answers requests at once. Default true. */
  readonly accept?: boolean;
  readonly seed?: number;
}

/** How one message differs from what the peer would send by itself. */
export interface Unusual {
  readonly ns?: number;
  readonly nr?: number;
  readonly connectionId?: number;
  readonly sessionId?: number;
  readonly flags?: number;
  readonly length?: number;
  /** `"none"` leaves the digest out, `"wrong"` flips a bit of it. Default: what the cell has. */
  readonly digest?: "none" | "wrong";
  readonly secret?: Uint8Array;
  readonly path?: Path;
  /** Message Type AVP in place of the usual one. */
  readonly typeAvp?: PeerAvp;
}

/** A message with the instant at which it came. */
export interface Heard {
  readonly at: number;
  readonly message: PeerMessage;
}

const EMPTY = new Uint8Array(0);
const LISTENING_ADDRESS = "192.0.2.1";
const PEER_ADDRESS = "192.0.2.2";

/** A session as the peer knows it. */
export interface PeerSession {
  /** The ID that the peer gave. */
  readonly localId: number;
  /** The ID that the program gave. */
  readonly remoteId: number;
  readonly handle: SessionHandle;
}

/** What the program asks for in tests that do not care. */
export const SESSION_SETTINGS: OutgoingSessionSettings = {
  pseudowire: "ethernet",
  cookieLength: 8,
  sublayer: "default",
  sequencing: "none",
  circuitStatus: 1,
  remoteEndId: ascii("lan"),
};

export class ScriptedPeer {
  readonly cell: Cell;
  readonly clock = new VirtualClock();
  readonly lcce: Lcce;
  readonly settings: ConnectionSettings;
  readonly prng: Prng;
  /** Messages the program sent and no test has taken yet. */
  readonly inbox: Heard[] = [];
  /** Everything the program ever sent. */
  readonly heard: Heard[] = [];
  /** Where each of them was sent. */
  readonly paths: Path[] = [];
  /** Everything the program told its application. */
  readonly effects: Effect[] = [];
  /** The path as the program sees it; the peer may move to another port. */
  path: Path;
  /** Whether each new message from the program is acknowledged at once. */
  autoAck = false;
  /** The peer's Assigned CCID or Tunnel ID. */
  localId: number;
  /** The program's. */
  remoteId = 0;
  ns = 0;
  nr = 0;
  nonce: Uint8Array;
  remoteNonce: Uint8Array = EMPTY;
  sessionSettings: SessionSettings = SESSION_SETTINGS;
  readonly #options: PeerOptions;
  readonly #challenge: Uint8Array;
  #challenged: Uint8Array | undefined;

  constructor(cell: Cell, options: PeerOptions = {}) {
    this.cell = cell;
    this.#options = options;
    this.prng = new Prng(options.seed ?? 1);
    this.nonce = this.prng.octets(16);
    this.#challenge = this.prng.octets(16);
    this.localId = cell.version === 2 ? 0x5151 : 0x51515151;
    const port = cell.encapsulation === "udp" ? 1701 : 0;
    this.path = {
      encapsulation: cell.encapsulation,
      local: { address: LISTENING_ADDRESS, port },
      remote: { address: PEER_ADDRESS, port },
    };
    this.settings = settingsFor(cell, options.settings);
    this.lcce = new Lcce({
      hostName: "eut.example",
      routerId: 0xc0000201,
      pseudowireCapabilities: ["ethernet", "ethernet-vlan"],
      findPeers: (claim) => this.#policies(claim),
      ...options.lcce,
    }, new Prng((options.seed ?? 1) + 1000));
  }

  get now(): number {
    return this.clock.now;
  }

  #policies(claim: PeerClaim): readonly PeerPolicy[] {
    return claim.hostName === PEER_NAME ? [{ name: "peer", settings: this.settings }] : [];
  }

  // Sending

  /** Sends a message of the given type, numbered, sealed, and heard at once. Returns its Ns. */
  send(type: TypeName, avps: readonly PeerAvp[] = [], unusual: Unusual = {}): number {
    const octets = this.compose(type, avps, unusual);
    const ns = unusual.ns ?? this.ns;
    if (unusual.ns === undefined && type !== "ACK") this.ns = (this.ns + 1) & 0xffff;
    this.inject(octets, unusual.path);
    return ns;
  }

  /** The datagram that `send` would send; nothing is counted. */
  compose(type: TypeName, avps: readonly PeerAvp[] = [], unusual: Unusual = {}): Uint8Array {
    const head = [unusual.typeAvp ?? avp(0, u16(TYPE[type]))];
    const digest = unusual.digest === "none" ? undefined : this.#digestInput(type, unusual);
    if (digest) head.push(blankDigest(digest.digest));
    const octets = encodeMessage({
      version: this.cell.version,
      connectionId: unusual.connectionId ?? this.remoteId,
      sessionId: unusual.sessionId ?? 0,
      ns: unusual.ns ?? this.ns,
      nr: unusual.nr ?? this.nr,
      flags: unusual.flags,
      length: unusual.length,
    }, [...head, ...avps]);
    if (digest) {
      const at = 12 + 6 + head[0]!.value.length + 7;
      octets.set(digestOf(octets, digest), at);
      if (unusual.digest === "wrong") octets[at]! ^= 1;
    }
    return this.framed(octets);
  }

  /** A message from the T bit on, made ready for the encapsulation. */
  framed(octets: Uint8Array): Uint8Array {
    return this.cell.encapsulation === "ip" ? concat(u32(0), octets) : octets;
  }

  #digestInput(type: TypeName, { secret }: Unusual) {
    if (this.cell.version === 2) return undefined;
    const { authentication, encapsulation, digest } = this.cell;
    if (authentication === "digest") {
      const nonces = type === "SCCRQ" ? [] : [this.nonce, this.remoteNonce];
      return { digest, secret: secret ?? SECRET, nonces };
    }
    return encapsulation === "ip" ? { digest, secret: EMPTY, nonces: [] } : undefined;
  }

  /** Sends a pure acknowledgement in the form the cell has. */
  ack(unusual: Unusual = {}): void {
    const asZlb = this.cell.version === 2 ||
      (this.cell.authentication === "none" && this.cell.encapsulation === "udp");
    if (asZlb) this.sendZlb(unusual);
    else this.send("ACK", [], unusual);
  }

  /** Sends a message without any AVP. */
  sendZlb(unusual: Unusual = {}): void {
    const octets = encodeMessage({
      version: this.cell.version,
      connectionId: unusual.connectionId ?? this.remoteId,
      sessionId: unusual.sessionId ?? 0,
      ns: unusual.ns ?? this.ns,
      nr: unusual.nr ?? this.nr,
    }, []);
    this.inject(this.framed(octets), unusual.path);
  }

  /** Hands octets to the program as they are. */
  inject(octets: Uint8Array, path: Path = this.path): void {
    this.lcce.handleDatagram(path, octets, this.now);
    this.drain();
  }

  // Listening

  /** Applies everything the program wants done. */
  drain(): void {
    for (let effect = this.lcce.poll(); effect !== undefined; effect = this.lcce.poll()) {
      if (effect.kind === "transmit") this.#hear(effect.path, effect.octets);
      else {
        this.effects.push(effect);
        if (this.#options.accept ?? true) this.#acceptRequest(effect);
      }
    }
  }

  #acceptRequest(effect: Effect): void {
    if (effect.kind === "connectionRequested") {
      this.lcce.acceptConnection(effect.connection, this.now);
    } else if (effect.kind === "sessionRequested") {
      this.lcce.acceptSession(effect.session, this.sessionSettings, this.now);
    }
  }

  #hear(path: Path, octets: Uint8Array): void {
    assertEquals(path.encapsulation, this.cell.encapsulation, "sent in the other encapsulation");
    const message = this.plain(readMessage(octets, this.cell.encapsulation));
    const heard = { at: this.now, message };
    this.inbox.push(heard);
    this.heard.push(heard);
    this.paths.push(path);
    this.#learn(message);
    if (isAck(message)) return;
    if (message.ns === this.nr) this.nr = (this.nr + 1) & 0xffff;
    if (this.autoAck) this.ack();
  }

  /** A message as this peer understands it; one with the secret may reveal what is hidden. */
  protected plain(message: PeerMessage): PeerMessage {
    return message;
  }

  #learn(message: PeerMessage): void {
    if (message.type !== "SCCRQ" && message.type !== "SCCRP") return;
    this.remoteId = numberIn(message, 61) ?? numberIn(message, 9) ?? this.remoteId;
    this.remoteNonce = valueOf(message, 73) ?? this.remoteNonce;
    this.#challenged = valueOf(message, 11) ?? this.#challenged;
  }

  /** Moves the clock, stopping at every instant the program has asked for. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.lcce.nextTimeout();
      if (next === undefined || next > end) break;
      this.clock.moveTo(Math.max(next, this.now));
      this.lcce.handleTimeout(this.now);
      this.drain();
    }
    this.clock.moveTo(end);
  }

  /** The next message that is not a pure acknowledgement; it must be of this type. */
  expect(type: TypeName): PeerMessage {
    this.#settle((message) => !isAck(message));
    const found = this.inbox.findIndex(({ message }) => !isAck(message));
    if (found < 0) fail(`${type} expected, nothing came`);
    const { message } = this.inbox[found]!;
    this.inbox.splice(0, found + 1);
    assertEquals(message.type, type);
    return message;
  }

  /** The next message, which must be a pure acknowledgement in the form the cell asks for. */
  expectAck(): PeerMessage {
    this.#settle(() => true);
    const heard = this.inbox.shift();
    if (heard === undefined) fail("an acknowledgement expected, nothing came");
    assert(isAck(heard.message), `an acknowledgement expected, ${heard.message.type} came`);
    return heard.message;
  }

  /** That nothing, or nothing but acknowledgements, comes for a while. */
  expectSilence(ms = 500, what: "silence" | "only acknowledgements" = "silence"): void {
    this.advance(ms);
    const came = this.inbox.splice(0).filter(({ message }) =>
      what === "silence" || !isAck(message)
    );
    assertEquals(came.map(({ message }) => message.type), []);
  }

  /** Waits a little, as an acknowledgement may (V3-REL-04), but not for a retransmission. */
  #settle(wanted: (message: PeerMessage) => boolean): void {
    for (let waited = 0; waited < 500; waited += 50) {
      if (this.inbox.some(({ message }) => wanted(message))) return;
      this.advance(50);
    }
  }

  /** Forgets what came so far. */
  clear(): void {
    this.inbox.length = 0;
    this.effects.length = 0;
  }

  /** The effects of one kind since the last `clear`. */
  told<K extends Effect["kind"]>(kind: K): Extract<Effect, { kind: K }>[] {
    return this.effects.filter((effect): effect is Extract<Effect, { kind: K }> =>
      effect.kind === kind
    );
  }

  /** Whether the digest of a message from the program is right; `undefined` without one. */
  verifies(message: PeerMessage): boolean | undefined {
    const isKeyed = this.cell.authentication === "digest";
    const nonces = isKeyed && message.type !== "SCCRQ" ? [this.remoteNonce, this.nonce] : [];
    return digestVerifies(message, isKeyed ? SECRET : EMPTY, nonces);
  }

  // Control connection

  /** What the peer says of itself in SCCRQ and SCCRP. */
  setupAvps(type: "SCCRQ" | "SCCRP"): PeerAvp[] {
    return this.cell.version === 2 ? this.#setupAvpsV2(type) : this.#setupAvpsV3();
  }

  #window(): PeerAvp[] {
    const { receiveWindow = 64 } = this.#options;
    return receiveWindow === null ? [] : [avp(10, u16(receiveWindow))];
  }

  #setupAvpsV3(): PeerAvp[] {
    const capabilities = this.#options.capabilities ?? [5, 4];
    return [
      avp(7, ascii(PEER_NAME)),
      avp(60, u32(this.#options.routerId ?? 0xc0000202)),
      avp(61, u32(this.localId)),
      avp(62, concat(...capabilities.map(u16))),
      ...this.#window(),
      ...(this.cell.authentication === "digest" ? [avp(73, this.nonce)] : []),
    ];
  }

  #setupAvpsV2(type: "SCCRQ" | "SCCRP"): PeerAvp[] {
    return [
      avp(2, u16(0x0100)),
      avp(7, ascii(PEER_NAME)),
      avp(3, u32(3)),
      avp(9, u16(this.localId)),
      ...this.#window(),
      ...(this.cell.authentication === "challenge" ? [avp(11, this.#challenge)] : []),
      ...this.challengeResponse(type === "SCCRP" ? 2 : 0),
    ];
  }

  /** The AVPs of a StopCCN from the peer. */
  stopAvps(resultCode = 1, errorCode?: number): PeerAvp[] {
    const error = errorCode === undefined ? EMPTY : u16(errorCode);
    const id = this.cell.version === 2 ? avp(9, u16(this.localId)) : avp(61, u32(this.localId));
    return [avp(1, concat(u16(resultCode), error)), id];
  }

  /** The answer to the program's challenge; `id` is the type of the message it goes in. */
  challengeResponse(id: number): PeerAvp[] {
    if (this.#challenged === undefined || id === 0) return [];
    const hash = createHash("md5").update(concat(Uint8Array.of(id), SECRET, this.#challenged));
    return [avp(13, new Uint8Array(hash.digest()))];
  }

  /** The peer opens the connection and brings it up. */
  initiate(): ConnectionHandle {
    this.send("SCCRQ", this.setupAvps("SCCRQ"));
    this.expect("SCCRP");
    this.send("SCCCN", this.challengeResponse(3));
    this.advance(100);
    return this.#up();
  }

  /** The program opens the connection, the peer answers. */
  respond(): ConnectionHandle {
    const connection = this.connect();
    this.expect("SCCRQ");
    this.send("SCCRP", this.setupAvps("SCCRP"));
    this.expect("SCCCN");
    this.ack();
    assertEquals(this.#up(), connection);
    return connection;
  }

  /** The program opens the connection; the peer has not answered yet. */
  connect(): ConnectionHandle {
    const connection = this.lcce.connect(this.path, this.settings, this.now);
    this.drain();
    return connection;
  }

  #up(): ConnectionHandle {
    const up = this.told("connectionUp").at(-1);
    if (up === undefined) fail(`the connection did not come up: ${JSON.stringify(this.effects)}`);
    this.clear();
    return up.connection;
  }

  // Sessions

  /** The AVPs of an ICRQ from the peer. */
  icrqAvps(localId: number, remoteEndId = "lan", pseudowireType = 5): PeerAvp[] {
    return [
      avp(63, u32(localId)),
      avp(64, u32(0)),
      avp(15, u32(1)),
      avp(68, u16(pseudowireType)),
      avp(66, ascii(remoteEndId)),
      avp(71, u16(1)),
    ];
  }

  /** The AVPs of an ICRP from the peer. */
  icrpAvps(localId: number, remoteId: number): PeerAvp[] {
    return [...this.sessionAvps(localId, remoteId), avp(71, u16(1))];
  }

  /** Local and Remote Session ID, as in an ICCN, CDN, WEN or SLI. */
  sessionAvps(localId: number, remoteId: number): PeerAvp[] {
    return [avp(63, u32(localId)), avp(64, u32(remoteId))];
  }

  /** The peer asks for a session and brings it up. */
  callIn(localId = 0x7001, extra: readonly PeerAvp[] = [], remoteEndId = "lan"): PeerSession {
    this.send("ICRQ", [...this.icrqAvps(localId, remoteEndId), ...extra]);
    const remoteId = numberIn(this.expect("ICRP"), 63)!;
    this.send("ICCN", this.sessionAvps(localId, remoteId));
    this.advance(100);
    const up = this.told("sessionUp").at(-1);
    if (up === undefined) fail("the session did not come up");
    this.clear();
    return { localId, remoteId, handle: up.session };
  }

  /** The program asks for a session, the peer answers. */
  answerCall(
    connection: ConnectionHandle,
    settings: OutgoingSessionSettings = SESSION_SETTINGS,
    extra: readonly PeerAvp[] = [],
    localId = 0x7101,
  ): PeerSession {
    const handle = this.openSession(connection, settings);
    const remoteId = numberIn(this.expect("ICRQ"), 63)!;
    this.send("ICRP", [...this.icrpAvps(localId, remoteId), ...extra]);
    this.expect("ICCN");
    this.ack();
    assertEquals(this.told("sessionUp").map((up) => up.session), [handle]);
    this.clear();
    return { localId, remoteId, handle };
  }

  /** The program asks for a session; the peer has not answered yet. */
  openSession(
    connection: ConnectionHandle,
    settings: OutgoingSessionSettings = SESSION_SETTINGS,
  ): SessionHandle {
    const session = this.lcce.openSession(connection, settings, this.now);
    this.drain();
    return session;
  }

  /** That the connection is alive: a HELLO is acknowledged. */
  expectAlive(): void {
    this.inbox.length = 0;
    this.send("HELLO");
    const answer = this.expectAck();
    assertEquals(answer.nr, this.ns);
    assertEquals(answer.connectionId, this.localId);
    assertEquals(this.told("connectionDown"), []);
  }
}

/** Whether a message does nothing but acknowledge. */
export function isAck({ type }: PeerMessage): boolean {
  return type === "ACK" || type === "ZLB";
}

/** The same AVPs without those of one attribute. */
export function without(avps: readonly PeerAvp[], attribute: number): PeerAvp[] {
  return avps.filter((each) => each.vendor !== 0 || each.attribute !== attribute);
}

/** The same AVPs, the one of this attribute in another form. */
export function replaced(avps: readonly PeerAvp[], other: PeerAvp): PeerAvp[] {
  return avps.map((each) => each.attribute === other.attribute ? other : each);
}
