/**
 * A session: one pseudowire between an attachment circuit here and one at the peer.
 *
 * Read RFC 3931 §3.4 and §3.5, and RFC 4719 §2.3 (ETH-11, ETH-14) first. The circuit is asked for
 * before the session, so that there is somewhere for the first frame to go.
 */

import type { CallInformation, LinkInformation } from "../model/call_information.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import { type Arrival, judgeArrival, type Mismatch } from "./arrivals.ts";
import type { CircuitUser } from "./attachment_circuit.ts";
import { CircuitEnds } from "./circuit_ends.ts";
import type { Gates } from "./data_path.ts";
import { SessionError } from "./errors.ts";
import { partnerOf } from "./joined_sessions.ts";
import { Lifetime } from "./lifetime.ts";
import { logger } from "./logger.ts";
import { SessionFitting } from "./session_fitting.ts";
import type { CloseOptions, SessionInputs, SessionParts } from "./session_parts.ts";
import type { LifeState, SessionCounters, SessionStatus } from "./status.ts";

/** CDN: the circuit is gone for good (FR-09, HDLC-05), or for administrative reasons. */
const DELETED: Readonly<Record<PseudowireType, number>> = {
  "ethernet": 3,
  "ethernet-vlan": 3,
  "frame-relay": 17,
  "hdlc": 20,
  "ppp": 3,
};

/**
 * A session. Made by `ControlConnection.openSession`, `SessionRequest.accept` or
 * `Endpoint.openStaticSession`.
 */
export class Session implements AsyncDisposable {
  /** A class and not a dozen functions: there may be thousands of sessions. */
  static readonly #Inputs = class implements SessionInputs {
    readonly #session: Session;

    constructor(session: Session) {
      this.#session = session;
    }

    get opened(): Promise<void> {
      return this.#session.#life.opened;
    }

    claimCircuit(): Promise<boolean> {
      return this.#session.#ends.claim(this.#session.#user);
    }

    handleInstall(descriptor: SessionDescriptor, gates: Gates): Promise<void> {
      return this.#session.#install(descriptor, gates);
    }

    handleGates(gates: Gates): Promise<void> {
      return this.#session.#parts.dataPath.setGates(gates);
    }

    handleRemove(): Promise<void> {
      return this.#session.#parts.dataPath.remove();
    }

    handleUp(
      descriptor: SessionDescriptor,
      information: CallInformation,
      perHopBehaviour: PerHopBehaviour | undefined,
    ): void {
      this.#session.#handleUp(descriptor, information, perHopBehaviour);
    }

    handleAgreedMtu(mtu: number): void {
      this.#session.#fitting.setAgreedMtu(mtu);
    }

    handleCircuitStatus(remote: number): void {
      this.#session.#ends.handleRemote(remote);
    }

    handleCircuitErrors(errors: CircuitErrors): void {
      const { name } = this.#session;
      logger.info("{session}: errors on the peer's circuit: {errors}", { session: name, errors });
    }

    handleLinkInformation({ accm }: LinkInformation): void {
      this.#session.#parts.circuit.handleAccm?.(accm?.send);
    }

    handleDown(reason: CloseReason): Promise<void> {
      return this.#session.#handleDown(reason);
    }
  };

  readonly #parts: SessionParts;
  readonly #life: Lifetime;
  readonly #user: CircuitUser;
  readonly #fitting: SessionFitting;
  readonly #ends: CircuitEnds;
  #descriptor: SessionDescriptor | undefined;
  #information: CallInformation = {};

  /** @ignore Sessions are opened, not made. */
  constructor(parts: SessionParts, reveal: (inputs: SessionInputs) => void) {
    this.#parts = parts;
    this.#fitting = new SessionFitting({
      ...parts,
      onPathMtu: (pathMtu, before) => this.#tellPath(pathMtu, before),
    });
    this.#life = new Lifetime(
      (reason) => new SessionError(parts.name, reason),
      (state, reason) => this.#tell(state, reason),
    );
    this.#ends = new CircuitEnds(parts, this.#life);
    this.#user = {
      handleActive: (active) => this.setCircuitActive(active),
      handleGone: () => this.#close({ resultCode: 1, text: "the attachment circuit is gone" }),
      leave: async () => void await this.close({ text: "its attachment circuit was given away" }),
      transmit: (frames) => parts.dataPath.transmit(frames),
    };
    reveal(new Session.#Inputs(this));
    this.#tell("connecting");
  }

  /** The name it was given; by default its Remote End ID. */
  get name(): string {
    return this.#parts.name;
  }

  /** `"connecting"`, `"established"`, `"closing"` or `"closed"`. */
  get state(): LifeState {
    return this.#life.state;
  }

  /** The name of its control connection; `undefined` where it has none. */
  get connectionName(): string | undefined {
    return this.#parts.connection;
  }

  /** The kind of frames it carries. */
  get pseudowire(): PseudowireType {
    return this.#parts.pseudowire;
  }

  /** The TAP's name; `undefined` for streams. */
  get interfaceName(): string | undefined {
    return this.#parts.circuit.interfaceName;
  }

  /** The TAP's MTU in octets; `undefined` for streams. */
  get mtu(): number | undefined {
    return this.#parts.circuit.mtu;
  }

  /** What the peer has told of the call in it; empty until the session is established. */
  get information(): CallInformation {
    return this.#information;
  }

  /** Resolves with the reason when the session has ended and nothing of it is left. */
  get closed(): Promise<CloseReason> {
    return this.#life.closed;
  }

  /**
   * Frames from the peer, each a whole frame.
   *
   * @throws {TypeError} when the attachment is not streams.
   */
  get readable(): ReadableStream<Uint8Array> {
    return this.#streams().readable;
  }

  /**
   * Frames to the peer, each a whole frame.
   *
   * @throws {TypeError} when the attachment is not streams.
   */
  get writable(): WritableStream<Uint8Array> {
    return this.#streams().writable;
  }

  /** @ignore See `joinSessions`: what comes in here goes out there, as far as one data plane has both. */
  passOn(other: Session): Promise<void> {
    return this.#parts.dataPath.passOn(other.#parts.dataPath);
  }

  /**
   * Tells the peer whether this side's circuit works (RFC 3931 §5.4.5). For a TAP this follows
   * `ip link set up` and `down` by itself.
   */
  setCircuitActive(active: boolean): void {
    this.#ends.setLocal(active);
  }

  /**
   * Stands by for another session, or steps in for it: in standby nothing is sent, and what comes is
   * dropped (RFC 5641 §2).
   */
  setStandby(standby: boolean): void {
    this.#ends.setStandby(standby);
  }

  /**
   * Tells the peer how many errors this side's circuit has had since the session was established, by
   * WEN, once a minute at most (RFC 3931 §6.13). A TAP has none; who puts frames of real lines
   * through streams may know of some.
   */
  reportCircuitErrors(totals: CircuitErrors): void {
    if (this.state === "established") this.#parts.control.reportCircuitErrors(totals);
  }

  /** What has been carried and dropped so far. */
  counters(): SessionCounters {
    return this.#parts.dataPath.counters();
  }

  /** A snapshot for `status`. */
  status(): SessionStatus {
    const { name, pseudowire, sublayer, sequencing, circuit, ppp } = this.#parts;
    const descriptor = this.#descriptor;
    const partner = partnerOf(this);
    return {
      name,
      state: this.#life.state,
      since: this.#life.since,
      pseudowire,
      interface: circuit.interfaceName ?? null,
      mtu: circuit.mtu ?? null,
      path: this.#fitting.status(),
      localSessionId: descriptor?.localSessionId ?? 0,
      remoteSessionId: descriptor?.remoteSessionId ?? 0,
      sublayer: descriptor?.receiveSublayer ?? sublayer,
      sequencing: descriptor?.receiveSequencing ?? sequencing,
      receiveCookieLength: descriptor?.receiveCookie.length ?? null,
      transmitCookieLength: descriptor?.transmitCookie.length ?? null,
      circuit: this.#ends.status(),
      lastError: this.#life.reason?.text ?? null,
      ...(ppp === undefined ? {} : { ppp: ppp.status() }),
      ...(partner === undefined ? {} : { joined: `${partner.connectionName}/${partner.name}` }),
      counters: this.counters(),
    };
  }

  /**
   * How a packet that arrives differs from what was agreed on; `undefined` where it does not.
   *
   * @ignore For `doctor`: the cookie stays in here.
   */
  judge(arrival: Arrival): Mismatch | undefined {
    const descriptor = this.#descriptor;
    // L2TPv2 has neither cookie nor sublayer.
    if (descriptor === undefined || descriptor.localTunnelId !== undefined) return undefined;
    const { path, localSessionId, receiveCookie: cookie, receiveSublayer: sublayer } = descriptor;
    return judgeArrival(arrival, {
      remote: path.remote.address,
      encapsulation: path.encapsulation,
      localPort: path.local.port,
      localSessionId,
      cookie,
      sublayer,
    });
  }

  /** Ends the session with a CDN, and resolves as `closed` does. */
  close(options: CloseOptions = {}): Promise<CloseReason> {
    this.#close(options);
    return this.closed;
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #close(options: CloseOptions): void {
    const { resultCode, text = "closed by its operator" } = options;
    const reason = { cause: "local", text } as const;
    const closing = resultCode === undefined ? reason : { ...reason, resultCode };
    if (!this.#life.beginClosing(closing)) return;
    this.#parts.ppp?.terminate();
    this.#parts.control.close({ resultCode: DELETED[this.pseudowire], ...options });
  }

  #streams() {
    const { streams } = this.#parts.circuit;
    if (streams !== undefined) return streams;
    throw new TypeError(
      `session ${this.name} is attached to ${this.interfaceName}: only a session opened with ` +
        `attach: { kind: "streams" } has streams`,
    );
  }

  async #install(agreed: SessionDescriptor, gates: Gates): Promise<void> {
    const descriptor = this.#parts.dataPath.framed(agreed);
    this.#descriptor = descriptor;
    try {
      const fitting = this.#fitting;
      fitting.follow(descriptor);
      await this.#parts.dataPath.install(descriptor, gates, fitting.current, () => fitting.check());
    } catch (error) {
      // The other sessions are as well as they were: only this one ends, and says why.
      const text = error instanceof Error ? error.message : String(error);
      this.#close({ resultCode: 2, text });
    }
  }

  #handleUp(
    agreed: SessionDescriptor,
    information: CallInformation,
    perHopBehaviour: PerHopBehaviour | undefined,
  ): void {
    const descriptor = this.#parts.dataPath.framed(agreed);
    this.#descriptor = descriptor;
    this.#information = information;
    this.#fitting.mark(descriptor, perHopBehaviour);
    this.#life.establish();
    this.#parts.ppp?.begin(descriptor, information);
    this.#parts.link?.begin(descriptor);
    this.#ends.showCarrier();
  }

  /** ETH-14: the pseudowire goes down with its session, before anything else is put away. */
  async #handleDown(told: CloseReason): Promise<void> {
    const { circuit, dataPath, ownsCircuit, onEnd, ppp, link } = this.#parts;
    const reason = ppp?.explain(told) ?? told;
    this.#life.beginClosing(reason);
    this.#life.fail(reason);
    this.#fitting.end();
    try {
      ppp?.end();
      link?.end();
      circuit.setCarrier(false);
      await dataPath.remove();
      circuit.tenancy.vacate(this.#user);
      if (ownsCircuit) circuit.close();
      await onEnd(this);
    } finally {
      this.#life.end(reason);
    }
  }

  #tell(state: LifeState, reason?: CloseReason): void {
    const { name, connection, observation, circuit } = this.#parts;
    const { interfaceName, mtu } = circuit;
    observation.tell({
      kind: "session",
      name,
      connection,
      state,
      ...(interfaceName === undefined ? {} : { interface: interfaceName }),
      ...(mtu === undefined ? {} : { mtu }),
      ...(reason === undefined ? {} : { reason }),
    });
  }

  #tellPath(pathMtu: number, before: number | undefined): void {
    const { name, connection, observation, circuit } = this.#parts;
    observation.tell({ kind: "path", name, connection, pathMtu, before, mtu: circuit.mtu });
  }
}
