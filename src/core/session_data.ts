/**
 * One session's data: what its two ends ask of each other and say of their circuits, and what the
 * data plane is told of it.
 *
 * Read RFC 3931 §4.1, §4.6, §5.4.4 and §5.4.5, and RFC 5641 §2 first.
 */

import type { CallInformation } from "../model/call_information.ts";
import {
  CIRCUIT_STANDBY,
  circuitCarriesTraffic,
  coherentCircuitStatus,
} from "../model/circuit_status.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Path } from "../model/path.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { CallTerms, SessionDialect, SessionIds } from "./dialect.ts";
import type { Effect, SessionHandle } from "./effect.ts";
import type { SessionSettings } from "./lcce_config.ts";
import type { SessionRole } from "./session_transitions.ts";

/** What carries the data, and who hears of it. */
export interface DataHost {
  readonly version: ProtocolVersion;
  readonly path: Path;
  readonly dialect: SessionDialect;
  /** The identifiers of the control connection. */
  readonly connectionIds: SessionIds;
  emit(effect: Effect): void;
}

const NO_COOKIE = new Uint8Array(0);

/** Octets of a Frame Relay address where nothing else is said (FR-15). */
const USUAL_ADDRESS = 2;

/** Before the peer has told, it asks for nothing, and its circuit is down. */
const NO_TERMS: CallTerms = {
  cookie: NO_COOKIE,
  sublayer: "none",
  sequencing: "none",
  circuitStatus: 0,
  information: {},
  perHopBehaviour: undefined,
};

/** What may pass, each way. */
interface Gates {
  readonly transmit: boolean;
  readonly receive: boolean;
}

/** The data of one session. */
export class SessionData {
  readonly #session: SessionHandle;
  readonly #role: SessionRole;
  #host: DataHost;
  #settings: SessionSettings | undefined;
  #cookie: Uint8Array = NO_COOKIE;
  /** What the data plane was last told, if it has the session at all. */
  #installed: CallTerms | undefined;
  #gates: Gates = { transmit: false, receive: false };
  #localStatus = 0;
  /** What the peer asks of us, and says of its circuit. */
  #terms = NO_TERMS;
  #remoteStatus: number | undefined;

  constructor(session: SessionHandle, role: SessionRole, host: DataHost) {
    this.#session = session;
    this.#role = role;
    this.#host = host;
  }

  /** `undefined` until this side's application has said what it wants. */
  get settings(): SessionSettings | undefined {
    return this.#settings;
  }

  /** What the peer has asked for so far. */
  get terms(): CallTerms {
    return this.#terms;
  }

  get localStatus(): number {
    return this.#localStatus;
  }

  /** `undefined` until the peer has told it. */
  get remoteStatus(): number | undefined {
    return this.#remoteStatus;
  }

  moveTo(host: DataHost): void {
    this.#host = host;
  }

  /** This side's application has said what it wants. */
  configure(settings: SessionSettings): void {
    this.#settings = settings;
    this.#localStatus = coherentCircuitStatus(settings.circuitStatus);
  }

  /** Gives what the peer must put into its packets to us. */
  assignCookie(randomOctets: (length: number) => Uint8Array): void {
    this.#cookie = randomOctets(this.#adapted.cookieLength);
  }

  /** What we ask of the peer, and tell it. */
  ask(perHopBehaviour: PerHopBehaviour | undefined): CallTerms {
    const { sublayer, sequencing, information = {} } = this.#adapted;
    return {
      cookie: this.#cookie,
      sublayer,
      sequencing,
      circuitStatus: this.#localStatus,
      frameRelayHeaderLength: this.#addressLength,
      information,
      perHopBehaviour,
    };
  }

  /** Tells the peer more of the call than the settings do. */
  addInformation(information: CallInformation): void {
    const settings = this.#settings!;
    this.#settings = { ...settings, information: { ...settings.information, ...information } };
  }

  /** What the peer asks of us. */
  learn(terms: CallTerms): void {
    this.#terms = terms;
    this.#remoteStatus = terms.circuitStatus;
  }

  /** FR-14: whether both ends mean frames with addresses of the same length. */
  agreesOnFrames({ frameRelayHeaderLength = USUAL_ADDRESS }: CallTerms): boolean {
    return this.#settings?.pseudowire !== "frame-relay" ||
      frameRelayHeaderLength === (this.#addressLength ?? USUAL_ADDRESS);
  }

  /** Has the data plane take data of the peer, but send none to it yet. */
  prepare(ids: SessionIds): void {
    this.#gates = { transmit: false, receive: this.#isInUse };
    this.#install(ids);
  }

  /** Has the data plane carry data. What the peer asks for may have changed since `prepare`. */
  open(ids: SessionIds): void {
    const before = this.#gates;
    this.#gates = this.#wantedGates;
    const { sublayer, sequencing } = this.#installed ?? {};
    if (this.#terms.sublayer !== sublayer || this.#terms.sequencing !== sequencing) {
      this.#install(ids);
    } else if (!sameGates(before, this.#gates)) this.#emitGates();
  }

  /** Our circuit's status; answers whether that is news. */
  setLocalStatus(bits: number): boolean {
    const status = coherentCircuitStatus(bits);
    if (status === this.#localStatus) return false;
    this.#localStatus = status;
    return true;
  }

  /** The peer's circuit's status; answers whether that is news. */
  setRemoteStatus(bits: number): boolean {
    if (bits === this.#remoteStatus) return false;
    this.#remoteStatus = bits;
    // A message that says nothing of the circuit leaves it as it is now (ETH-13).
    this.#terms = { ...this.#terms, circuitStatus: bits };
    return true;
  }

  /** Has the gates of an open session follow the circuits. */
  updateGates(): void {
    const wanted = this.#wantedGates;
    if (sameGates(wanted, this.#gates)) return;
    this.#gates = wanted;
    this.#emitGates();
  }

  /** Has the data plane forget the session, if it has it. */
  remove(): void {
    if (this.#installed === undefined) return;
    this.#host.emit({ kind: "removeSession", session: this.#session });
  }

  describe({ local, remote }: SessionIds): SessionDescriptor {
    const { pseudowire, payload, sublayer, sequencing: asked } = this.#adapted;
    const { version, path, dialect, connectionIds } = this.#host;
    const told = this.#terms.sequencing;
    return {
      version,
      path,
      pseudowire,
      localSessionId: local,
      remoteSessionId: remote,
      receiveCookie: this.#cookie,
      transmitCookie: this.#terms.cookie,
      receiveSublayer: sublayer,
      transmitSublayer: this.#terms.sublayer,
      ...payload,
      ...dialect.describeData({ role: this.#role, connectionIds, asked, told }),
    };
  }

  /** Nothing is said of the usual length: its absence says the same (FR-15). */
  get #addressLength(): number | undefined {
    const length = this.#adapted.payload?.frameRelay?.length;
    return length === USUAL_ADDRESS ? undefined : length;
  }

  /** The settings in so far as the version has words for them. */
  get #adapted(): SessionSettings {
    return this.#host.dialect.adapt(this.#settings!);
  }

  /** Not in standby, in which nothing is sent (ECS-09) and nothing is taken (ECS-10). */
  get #isInUse(): boolean {
    return (this.#localStatus & CIRCUIT_STANDBY) === 0;
  }

  /** V3-SLI-05: data goes out only to a circuit that is active. */
  get #wantedGates(): Gates {
    const receive = this.#isInUse;
    return { transmit: receive && circuitCarriesTraffic(this.#remoteStatus ?? 0), receive };
  }

  #install(ids: SessionIds): void {
    this.#installed = this.#terms;
    const descriptor = this.describe(ids);
    const session = this.#session;
    this.#host.emit({ kind: "installSession", session, descriptor, ...this.#gates });
  }

  #emitGates(): void {
    this.#host.emit({ kind: "updateSession", session: this.#session, ...this.#gates });
  }
}

function sameGates(a: Gates, b: Gates): boolean {
  return a.transmit === b.transmit && a.receive === b.receive;
}
