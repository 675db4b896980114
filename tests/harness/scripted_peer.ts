/**
 * A peer whose every octet a test decides, and the program's `Lcce` at the other end, under a
 * virtual clock. The peer counts its own Ns and Nr; a test only says what is unusual, and what it
 * expects to hear.
 */

import { assert, assertEquals, fail } from "@std/assert";
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
  numberIn,
  type PeerAvp,
  type PeerMessage,
  readMessage,
  type TypeName,
  valueOf,
} from "./peer_message.ts";
import { PEER_NAME, PeerVoice, type Persona, type Unusual } from "./peer_voice.ts";
import { Prng } from "./prng.ts";
import { settingsFor } from "./settings.ts";

/** What a test may have otherwise. */
export interface PeerOptions extends Persona {
  /** The program's settings for this connection, whichever side begins it. */
  readonly settings?: Partial<ConnectionSettings>;
  readonly lcce?: Partial<LcceConfig>;
  /** Whether the application answers requests at once. Default true. */
  readonly accept?: boolean;
  /** Whether calls that the application is to place are answered at once. Default true. */
  readonly answersCalls?: boolean;
}

/** Where a message comes from, if not from the peer's path. */
interface Elsewhere {
  readonly path?: Path;
}

/** A message with the instant at which it came. */
export interface Heard {
  readonly at: number;
  readonly message: PeerMessage;
}

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

export class ScriptedPeer extends PeerVoice {
  readonly clock = new VirtualClock();
  readonly lcce: Lcce;
  readonly settings: ConnectionSettings;
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
  /** Whether the application answers requests for sessions at once. */
  acceptsSessions = true;
  /** What the program's application accepts sessions with. */
  sessionSettings: SessionSettings = SESSION_SETTINGS;
  readonly #accepts: boolean;
  readonly #answersCalls: boolean;

  constructor(cell: Cell, options: PeerOptions = {}) {
    super(cell, options);
    this.#accepts = options.accept ?? true;
    this.#answersCalls = options.answersCalls ?? true;
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
  send(type: TypeName, avps: readonly PeerAvp[] = [], unusual: Unusual & Elsewhere = {}): number {
    const octets = this.compose(type, avps, unusual);
    const ns = unusual.ns ?? this.ns;
    if (unusual.ns === undefined && type !== "ACK") this.ns = (this.ns + 1) & 0xffff;
    this.inject(octets, unusual.path);
    return ns;
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
    this.inject(this.composeZlb(unusual));
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
        if (this.#accepts) this.#acceptRequest(effect);
      }
    }
  }

  #acceptRequest(effect: Effect): void {
    if (effect.kind === "connectionRequested") {
      this.lcce.acceptConnection(effect.connection, this.now);
    } else if (effect.kind === "sessionRequested" && this.acceptsSessions) {
      this.lcce.acceptSession(effect.session, this.sessionSettings, this.now);
    } else if (effect.kind === "placeCall" && this.#answersCalls) {
      this.lcce.handleCallPlaced(effect.session, this.now);
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
    this.challenged = valueOf(message, 11) ?? this.challenged;
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

  // Control connection

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
