/**
 * What must be true of one endpoint after every step, whatever the network and the peer do: watched
 * from outside, through the effects it gives and the octets it sends.
 *
 * Read RFC 3931 §3.3.2, §4.2 and §5.4.4; `Pair` tells it everything that happens.
 */

import type { ConnectionHandle, Effect, SessionHandle } from "../../src/core/effect.ts";
import type { ProtocolVersion } from "../../src/model/identifiers.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import type { Path } from "../../src/model/path.ts";

/** What can be read at fixed offsets of a control message: enough to watch it. */
interface Glance {
  readonly version: number;
  readonly connectionId: number;
  readonly ns: number;
  readonly nr: number;
  /** The Message Type; 0 for a ZLB, which has none. */
  readonly type: number;
  /** From the T bit on. */
  readonly octets: Uint8Array;
}

const SCCRP = 2;
const STOPCCN = 4;
const ACK = 20;

/** A numbered message, as it was first sent. */
interface Numbered {
  readonly type: number;
  readonly length: number;
}

type Up = Extract<Effect, { kind: "connectionUp" }>;

/** One control connection's traffic, once both ids are known. */
interface Stream {
  readonly connection: ConnectionHandle;
  /** The peer's address. */
  readonly peer: string;
  readonly localId: number;
  readonly remoteId: number;
  readonly version: ProtocolVersion;
  readonly sent: Map<number, Numbered>;
  /** One more than the newest Ns that was sent, counted without wrapping. */
  newest: number;
  isDown: boolean;
}

interface KnownSession {
  /** The address of the peer it is up with. */
  peer?: string;
  descriptor: SessionDescriptor | undefined;
  phase: "asked" | "installed" | "up" | "down";
}

/** A session that is up. */
export type UpSession = readonly [SessionHandle, SessionDescriptor];

/** A connection that is up: handle, our id, the peer's id. */
export type UpConnection = readonly [ConnectionHandle, local: number, remote: number];

/** Reads what is at fixed offsets, or throws where the endpoint sent something misshapen. */
export function glance(octets: Uint8Array, path: Path): Glance {
  const message = path.encapsulation === "ip" ? octets.subarray(4) : octets;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const flags = view.getUint16(0);
  check((flags & 0xfff0) === 0xc800, `first word ${flags.toString(16)}`);
  check(view.getUint16(2) === message.length, "Length is not the datagram's");
  const version = flags & 0xf;
  return {
    version,
    connectionId: version === 2 ? view.getUint16(4) : view.getUint32(4),
    ns: view.getUint16(8),
    nr: view.getUint16(10),
    type: message.length > 12 ? view.getUint16(18) : 0,
    octets: message,
  };
}

function check(truth: boolean, text: string): asserts truth {
  if (!truth) throw new Error(`broken invariant: ${text}`);
}

/** Watches one endpoint. Every method throws where an invariant is broken. */
export class Invariants {
  readonly #window: number;
  readonly #connections = new Map<ConnectionHandle, "asked" | "up" | "down">();
  readonly #streams: Stream[] = [];
  /** The highest Nr that was received for each of our ids, counted without wrapping. */
  readonly #acknowledged = new Map<number, number>();
  readonly #sessions = new Map<SessionHandle, KnownSession>();

  /** `window` is the receive window that the other end advertises. */
  constructor(window: number) {
    this.#window = window;
  }

  /** Sessions that are up, by handle. */
  get sessions(): readonly UpSession[] {
    return this.sessionsWith();
  }

  /** Connections that are up: handle, our id, the peer's id. */
  get connections(): readonly UpConnection[] {
    return this.connectionsWith();
  }

  /** Sessions that are up with the peer of this address; with any, where none is given. */
  sessionsWith(address?: string): readonly UpSession[] {
    return [...this.#sessions].flatMap(([handle, { phase, peer, descriptor }]) =>
      phase === "up" && (address ?? peer) === peer ? [[handle, descriptor!] as const] : []
    );
  }

  /** Connections that are up with the peer of this address; with any, where none is given. */
  connectionsWith(address?: string): readonly UpConnection[] {
    return this.#streams.filter(({ isDown, peer }) => !isDown && (address ?? peer) === peer)
      .map(({ connection, localId, remoteId }) => [connection, localId, remoteId] as const);
  }

  /** What is spoken over a connection that is, or was, up. */
  versionOf(connection: ConnectionHandle): ProtocolVersion {
    return this.#streams.find((stream) => stream.connection === connection)!.version;
  }

  /** Connections and sessions that are neither up nor down: asked for, and not answered yet. */
  get unsettled(): number {
    const sessions = [...this.#sessions.values()];
    return [...this.#connections.values()].filter((phase) => phase === "asked").length +
      sessions.filter(({ phase }) => phase === "asked" || phase === "installed").length;
  }

  asksConnection(connection: ConnectionHandle): void {
    check(!this.#connections.has(connection), `connection handle ${connection} given twice`);
    this.#connections.set(connection, "asked");
  }

  asksSession(session: SessionHandle): void {
    check(!this.#sessions.has(session), `session handle ${session} given twice`);
    this.#sessions.set(session, { descriptor: undefined, phase: "asked" });
  }

  /** An effect, in order. */
  applies(effect: Effect): void {
    switch (effect.kind) {
      case "transmit":
        return this.#transmits(glance(effect.octets, effect.path), effect.path);
      case "connectionRequested":
        return this.asksConnection(effect.connection);
      case "sessionRequested":
        return this.asksSession(effect.session);
      case "connectionUp":
        return this.#connectionUp(effect);
      case "connectionDown":
        return this.#connectionDown(effect.connection);
      case "connectionReplaced":
        check(this.#connections.get(effect.lost) === "asked", "a tie lost by no request");
        this.#connections.set(effect.lost, "down");
        return this.asksConnection(effect.kept);
      case "sessionReplaced":
        this.#sessionEnds(effect.lost);
        return this.asksSession(effect.kept);
      case "installSession":
        return this.#installs(effect.session, effect.descriptor);
      case "removeSession":
        check(this.#known(effect.session).descriptor !== undefined, "removed, never installed");
        this.#known(effect.session).descriptor = undefined;
        return;
      case "sessionUp":
        return this.#sessionUp(effect.session, effect.connection);
      case "sessionDown":
        return this.#sessionEnds(effect.session);
      case "updateSession":
      case "circuitStatus":
      case "circuitErrors":
      case "linkInformation":
      case "placeCall":
        check(this.#known(effect.session).phase !== "down", `${effect.kind} after the end`);
        return;
      case "connectionRefused":
      case "dropped":
        return;
      default:
        effect satisfies never;
    }
  }

  /** An uncorrupted datagram reached this end. */
  receives(octets: Uint8Array, path: Path): void {
    const { connectionId, nr } = glance(octets, path);
    const before = this.#acknowledged.get(connectionId) ?? 0;
    const distance = (nr - before) & 0xffff;
    if (distance < 0x8000) this.#acknowledged.set(connectionId, before + distance);
  }

  /** After every call: no timer may lie in the past. */
  rests(nextTimeout: number | undefined, now: number): void {
    check(nextTimeout === undefined || nextTimeout >= now, `a timer at ${nextTimeout}, now ${now}`);
  }

  /** After `handleTimeout`: what was due is done, or time would stand still. */
  advances(nextTimeout: number | undefined, now: number): void {
    check(nextTimeout === undefined || nextTimeout > now, `a timer is still due at ${now}`);
  }

  #known(session: SessionHandle): KnownSession {
    const known = this.#sessions.get(session);
    check(known !== undefined, `an effect for unknown session ${session}`);
    return known;
  }

  #connectionUp({ connection, localId, peer, path }: Up): void {
    const remoteId = peer.controlConnectionId;
    check(this.#connections.get(connection) === "asked", "up, but nobody asked or up before");
    check(localId !== 0 && remoteId !== 0, "a connection id is zero");
    const live = this.#streams.filter(({ isDown }) => !isDown);
    check(live.every((stream) => stream.localId !== localId), `two connections have id ${localId}`);
    this.#connections.set(connection, "up");
    this.#streams.push({
      connection,
      peer: path.remote.address,
      localId,
      remoteId,
      version: peer.version,
      sent: new Map(),
      newest: 0,
      isDown: false,
    });
  }

  #connectionDown(connection: ConnectionHandle): void {
    const phase = this.#connections.get(connection);
    check(phase !== undefined && phase !== "down", "down twice, or never asked for");
    this.#connections.set(connection, "down");
    const stream = this.#streams.find((each) => each.connection === connection);
    if (stream) stream.isDown = true;
  }

  #installs(session: SessionHandle, descriptor: SessionDescriptor): void {
    const known = this.#known(session);
    check(known.phase !== "down", "installed after the end");
    check(descriptor.localSessionId !== 0, "a session id is zero");
    for (const [handle, other] of this.#sessions) {
      check(
        handle === session || other.descriptor?.localSessionId !== descriptor.localSessionId ||
          other.descriptor.localTunnelId !== descriptor.localTunnelId,
        `two sessions have id ${descriptor.localSessionId}`,
      );
    }
    known.descriptor = descriptor;
    if (known.phase === "asked") known.phase = "installed";
  }

  #sessionUp(session: SessionHandle, connection: ConnectionHandle): void {
    const known = this.#known(session);
    check(known.phase === "installed", `up while ${known.phase}`);
    check(this.#connections.get(connection) === "up", "a session up on a connection that is not");
    known.peer = this.#streams.find((each) => each.connection === connection)!.peer;
    known.phase = "up";
  }

  #sessionEnds(session: SessionHandle): void {
    const known = this.#known(session);
    check(known.phase !== "down", `session ${session} ended twice`);
    check(known.descriptor === undefined, "ended while it was still installed");
    known.phase = "down";
  }

  #transmits(message: Glance, path: Path): void {
    if (message.type === 0 || message.type === ACK) return;
    const stream = this.#streams.findLast(({ remoteId, peer }) =>
      remoteId === message.connectionId && peer === path.remote.address
    );
    if (stream === undefined) return;
    // A copy of an SCCRQ may outlive the connection that it began, and then begins another one.
    if (stream.isDown && message.type === SCCRP) return;
    const before = stream.sent.get(message.ns);
    if (before !== undefined) {
      // A late SCCRP of a connection that is forgotten is told to stop, with what Ns its Nr asks for.
      if (stream.isDown && message.type === STOPCCN) return;
      const same = before.type === message.type && before.length === message.octets.length;
      check(same, `Ns ${message.ns} was type ${before.type}, now ${message.type}`);
      return;
    }
    this.#sendsNew(stream, message);
  }

  #sendsNew(stream: Stream, { ns, type, octets }: Glance): void {
    if (stream.isDown) check(type === STOPCCN, `new message of type ${type} after the end`);
    // The stream is watched from the moment it came up; Ns is then wherever it is.
    if (stream.sent.size === 0) stream.newest = ns;
    check(ns === (stream.newest & 0xffff), `Ns ${ns} sent, ${stream.newest & 0xffff} was due`);
    stream.sent.set(ns, { type, length: octets.length });
    stream.newest++;
    const inFlight = stream.newest - (this.#acknowledged.get(stream.localId) ?? 0);
    check(inFlight <= this.#window, `${inFlight} in flight, the window is ${this.#window}`);
    if (stream.sent.size > 1024) stream.sent.delete((ns - 1024) & 0xffff);
  }
}

/**
 * That two ends of the same sessions agree on what goes over the wire. Ends with more than one peer
 * are told apart by their addresses.
 */
export function checkAgreement(
  a: Invariants,
  b: Invariants,
  [addressOfA, addressOfB]: readonly [a?: string, b?: string] = [],
): void {
  const ends = ([, local, remote]: UpConnection) => `${local}/${remote}`;
  const mirrored = ([, local, remote]: UpConnection) => `${remote}/${local}`;
  const mine = a.connectionsWith(addressOfB).map(ends).sort().join();
  const theirs = b.connectionsWith(addressOfA).map(mirrored).sort().join();
  check(mine === theirs, `connections ${mine} against ${theirs}`);
  const [here, there] = [a.sessionsWith(addressOfB), b.sessionsWith(addressOfA)];
  check(here.length === there.length, `${here.length}/${there.length} up`);
  for (const [, descriptor] of here) {
    const other = there.map(([, each]) => each)
      .find((each) =>
        each.localSessionId === descriptor.remoteSessionId &&
        each.localTunnelId === descriptor.remoteTunnelId
      );
    check(other !== undefined, `no other end of session ${descriptor.localSessionId}`);
    check(other.remoteSessionId === descriptor.localSessionId, "session ids do not match");
    checkDirection(descriptor, other);
    checkDirection(other, descriptor);
  }
}

/** What one end sends is what the other end asked for (RFC 3931 §5.4.4). */
function checkDirection(sender: SessionDescriptor, receiver: SessionDescriptor): void {
  check(
    sender.transmitCookie.toHex() === receiver.receiveCookie.toHex(),
    `cookie ${sender.transmitCookie.toHex()} sent, ${receiver.receiveCookie.toHex()} asked for`,
  );
  check(sender.transmitSublayer === receiver.receiveSublayer, "sublayers differ");
  const isFollowed = receiver.sequencingFollowsPeer === true; // V2-DP-03
  check(
    isFollowed || sender.transmitSequencing === receiver.receiveSequencing,
    "sequencing differs",
  );
  check(sender.remoteTunnelId === receiver.localTunnelId, "Tunnel IDs do not match");
  check(sender.pseudowire === receiver.pseudowire, "pseudowire types differ");
}
