/**
 * One session over a control connection: its identifiers and its state machine, as caller and as
 * called, of incoming and of outgoing calls.
 *
 * Read RFC 3931 §3.4, §5.4.4, §7.3 and §7.4, RFC 2661 §7.4 and §7.5; the state tables are in
 * session_transitions.ts and session_transitions_v2.ts, what is said in session_speech.ts. The
 * data plane is told before the message leaves that invites the peer to send (V3-SES-31).
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallCauses, CallInformation, LinkInformation } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { CloseCause, CloseReason } from "../model/close_reason.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import { CDN_RESULTS } from "../wire/result_codes.ts";
import { CircuitErrorReport } from "./circuit_error_report.ts";
import type { CallRequest, CallTerms, SessionIds } from "./dialect.ts";
import type { ConnectionHandle, SessionHandle } from "./effect.ts";
import { callEnding, type Ending, isFault, type ProtocolFault, sessionFault } from "./fault.ts";
import type { OutgoingSessionSettings, SessionSettings } from "./lcce_config.ts";
import { type DataHost, SessionData } from "./session_data.ts";
import { SessionSpeech, type SpeechHost } from "./session_speech.ts";
import { type SessionInput, type SessionRole, type SessionState } from "./session_transitions.ts";

/** What a session needs of the control connection that it belongs to. */
export interface SessionHost extends DataHost, SpeechHost {
  readonly connection: ConnectionHandle;
  /** A Local Session ID that is unique in this process. */
  takeSessionId(session: Session): number;
  /** The session is over: its identifiers are free. */
  release(session: Session): void;
}

/** `requested`: a request came, and the application has not answered yet; `ended`: nothing more. */
export type SessionPhase = SessionState | "requested" | "ended";

/** A set-up message of either kind of call. */
type SetUpType = "ICRQ" | "ICRP" | "ICCN" | "OCRQ" | "OCRP" | "OCCN";

/** A moment's view of a session. */
export interface SessionSnapshot {
  readonly state: SessionPhase;
  readonly connection: ConnectionHandle;
  readonly localSessionId: number;
  readonly remoteSessionId: number;
  readonly localCircuitStatus: number;
  /** `undefined` until the peer has told it. */
  readonly remoteCircuitStatus: number | undefined;
}

const NOTHING_TO_SAY = callEnding("local", { result: CDN_RESULTS.administrative.code });

/** States in which the peer knows of the session, so that a change is to be told (ETH-13). */
const TOLD_STATES: ReadonlySet<SessionPhase> = new Set(
  [
    "wait-reply",
    "wait-connect",
    "wait-cs-answer",
    "established",
  ] as const,
);

/** Each set-up message as the state tables call it, and the kind of call that it belongs to. */
const SET_UP_INPUTS = {
  ICRQ: { call: "incoming", input: "icrq" },
  ICRP: { call: "incoming", input: "icrp" },
  ICCN: { call: "incoming", input: "iccn" },
  OCRQ: { call: "outgoing", input: "ocrq" },
  OCRP: { call: "outgoing", input: "ocrp" },
  OCCN: { call: "outgoing", input: "occn" },
} as const satisfies Record<SetUpType, { call: CallDirection; input: SessionInput }>;

/** One session; `SessionTable` makes it and finds it. */
export class Session {
  readonly handle: SessionHandle;
  readonly role: SessionRole;
  readonly call: CallDirection;
  /** AVP 66: what circuit is meant. */
  readonly remoteEndId: Uint8Array;
  readonly #data: SessionData;
  readonly #speech: SessionSpeech;
  #host: SessionHost;
  #state: SessionPhase = "idle";
  /** AVP 68 of the peer's request. */
  #requestedTypeNumber = 0;
  #hasWonTie = false;
  #errors: CircuitErrorReport | undefined;

  private constructor(
    handle: SessionHandle,
    host: SessionHost,
    role: SessionRole,
    remoteEndId: Uint8Array,
    serialNumber: number,
  ) {
    this.handle = handle;
    this.#host = host;
    this.role = role;
    this.call = role === "icrq-sender" || role === "icrq-recipient" ? "incoming" : "outgoing";
    this.remoteEndId = remoteEndId;
    this.#data = new SessionData(handle, role, host);
    const { call } = this;
    this.#speech = new SessionSpeech(host, { call, remoteEndId, serialNumber }, this.#data);
  }

  /** A session that this side asks for; it waits for its control connection (S3IS-01, S3OS-01). */
  static outgoing(
    handle: SessionHandle,
    host: SessionHost,
    settings: OutgoingSessionSettings,
    serialNumber: number,
  ): Session {
    const role = settings.call === "outgoing" ? "ocrq-sender" : "icrq-sender";
    const session = new Session(handle, host, role, settings.remoteEndId, serialNumber);
    session.#configure(settings);
    session.#step("local-open", NOTHING_TO_SAY);
    return session;
  }

  /** A session that the peer asks for; it waits for `accept` or `close`. */
  static incoming(
    handle: SessionHandle,
    host: SessionHost,
    remoteId: number,
    call: CallDirection,
    request: CallRequest,
  ): Session {
    const { remoteEndId, serialNumber } = request;
    const role = call === "outgoing" ? "ocrq-recipient" : "icrq-recipient";
    const session = new Session(handle, host, role, remoteEndId, serialNumber);
    session.#state = "requested";
    session.#requestedTypeNumber = request.pseudowireTypeNumber;
    session.#speech.ids.remote = remoteId;
    session.#data.learn(request);
    session.#speech.ids.local = host.takeSessionId(session);
    return session;
  }

  get connection(): ConnectionHandle {
    return this.#host.connection;
  }

  get state(): SessionPhase {
    return this.#state;
  }

  get localId(): number {
    return this.#speech.ids.local;
  }

  get remoteId(): number {
    return this.#speech.ids.remote;
  }

  /** What a lost tie's successor is accepted with. */
  get settings(): SessionSettings | undefined {
    return this.#data.settings;
  }

  /** What the peer has asked for so far. */
  get terms(): CallTerms {
    return this.#data.terms;
  }

  /** AVP 5 of the request that was sent. */
  get tieBreaker(): Uint8Array {
    return this.#speech.tieBreaker;
  }

  /** When the peer is to be told of circuit errors, if of any. */
  get errorsDueAt(): number | undefined {
    return this.#state === "established" ? this.#errors?.dueAt : undefined;
  }

  /** Another control connection takes this session over, before anything was sent for it. */
  moveTo(host: SessionHost): void {
    this.#host = host;
    this.#data.moveTo(host);
    this.#speech.moveTo(host);
  }

  /** The control connection is established (S3IS-04, S3OS-03). */
  handleConnectionOpen(): void {
    this.#step("connection-open", NOTHING_TO_SAY);
  }

  /** The application takes the peer's request. Without effect if the session ended meanwhile. */
  accept(settings: SessionSettings): void {
    if (this.#state !== "requested") return;
    const { pseudowire } = settings;
    if (PSEUDOWIRE_TYPE_NUMBERS[pseudowire] !== this.#requestedTypeNumber) {
      // The two ends of one circuit are configured differently: seen here where a tie was lost.
      const text =
        `type ${this.#requestedTypeNumber} was asked for, and the circuit is ${pseudowire}`;
      const { code } = this.#host.dialect.fault("wrong-type", text);
      return this.#refuse(callEnding("protocol", code));
    }
    this.#configure(settings);
    if (!this.#data.agreesOnFrames(this.#data.terms)) {
      return this.#refuse(callEnding("protocol", MISMATCHING_FRAMES.code));
    }
    this.#step(this.call === "incoming" ? "icrq" : "ocrq", NOTHING_TO_SAY);
  }

  /** The call that the peer asked for was placed, and answered (S3OR-05, S2LO-05). */
  handleCallPlaced(information: CallInformation): void {
    if (this.#state === "wait-cs-answer") this.#data.addInformation(information);
    this.#step("call-placed", NOTHING_TO_SAY);
  }

  /** The call that the peer asked for could not be placed (S3OR-06, S2LO-06). */
  handleCallFailed(code: ResultCode, causes: CallCauses): void {
    this.#step("call-failed", callEnding("local", code, causes));
  }

  /** This side wants an end of it, in whatever state. */
  close(code: ResultCode, causes: CallCauses): void {
    const ending = callEnding("local", code, causes);
    if (this.#state === "requested") this.#refuse(ending);
    else this.#step("local-close", ending);
  }

  /** The peer, or the call's other end, has not answered in time (S3OR-06, S2LO-06). */
  expire(): void {
    const text = `no answer in state ${this.#state}`;
    const { code } = this.#host.dialect.fault("no-answer", text);
    if (this.#state === "wait-cs-answer") this.#step("call-failed", callEnding("timeout", code));
    else this.fail(code, "timeout");
  }

  /** The peer broke the protocol in a message of this session. */
  fail(code: ResultCode, cause: CloseCause = "protocol"): void {
    if (this.#state === "ended") return;
    this.#endWithCdn(callEnding(cause, code));
  }

  /** Ends without a word to the peer, as when the control connection is gone (V3-CC-31). */
  end(reason: CloseReason): void {
    if (this.#state !== "ended") this.#end(reason);
  }

  /** An ICRP or OCRP. */
  handleReply(type: "ICRP" | "OCRP", ids: SessionIds, answer: CallTerms | ProtocolFault): void {
    const isAwaited = this.#state === "wait-reply" && SET_UP_INPUTS[type].call === this.call;
    if (isAwaited) this.#speech.ids.remote = ids.remote;
    if (isAwaited && !isFault(answer)) {
      if (!this.#speech.acceptsBehaviour(answer)) {
        return this.#handleSetUp(type, MISMATCHING_BEHAVIOUR);
      }
      if (!this.#data.agreesOnFrames(answer)) return this.#handleSetUp(type, MISMATCHING_FRAMES);
      this.#data.learn(answer);
    }
    this.#handleSetUp(type, answer);
  }

  /** An ICCN or OCCN. */
  handleConnect(type: "ICCN" | "OCCN", answer: CallTerms | ProtocolFault): void {
    const isAwaited = this.#state === "wait-connect" && SET_UP_INPUTS[type].call === this.call;
    if (isAwaited && !isFault(answer)) this.#data.learn(answer);
    this.#handleSetUp(type, answer);
  }

  /** An ICRQ or OCRQ that names a session which exists already. */
  handleRequest(type: "ICRQ" | "OCRQ"): void {
    if (this.#state === "requested") return this.fail(this.#wrongState(type, this.#state).code);
    this.#handleSetUp(type, this.#data.terms);
  }

  /** A peer may send result 13 as the loser, of its own request; the winner's lives on. */
  handleCdn(code: ResultCode, causes: CallCauses): void {
    const isTie = code.result === CDN_RESULTS.lostTieBreaker.code;
    if (isTie && this.#hasWonTie) return;
    this.#step("cdn", callEnding(isTie ? "tie" : "remote", code, causes));
  }

  /** V2-SLI-01: at any time of the call. */
  handleLinkInformation(information: LinkInformation): void {
    this.#host.emit({ kind: "linkInformation", session: this.handle, information });
  }

  handleSli(circuitStatus: number | undefined): void {
    if (circuitStatus === undefined || !this.#data.setRemoteStatus(circuitStatus)) return;
    this.#tellCircuitStatus();
    if (this.#state === "established") this.#data.updateGates();
  }

  handleWen(errors: CircuitErrors): void {
    this.#host.emit({ kind: "circuitErrors", session: this.handle, errors });
  }

  /** The tie breaker of the peer's request was compared with ours. */
  handleTie(outcome: "winning" | "losing"): void {
    this.#hasWonTie = outcome === "winning";
    this.#step(`request-${outcome}-tie`, NOTHING_TO_SAY);
  }

  /** The tie breakers were equal: the request starts again under a new one (V3-SES-23). */
  restart(): void {
    this.#sendRequest();
  }

  /** Our circuit changed: an SLI tells the peer once it has been asked for (ETH-11, V3-SLI-01). */
  setCircuitStatus(bits: number): void {
    if (!this.#data.setLocalStatus(bits) || !TOLD_STATES.has(this.#state)) return;
    this.#speech.sendCircuitStatus();
    if (this.#state === "established") this.#data.updateGates();
  }

  /** PPP has set the link up, or changed it: an LNS's SLI tells the LAC (V2-SLI-01, LCPX-02). */
  tellLinkInformation(information: LinkInformation): void {
    const isLns = this.role === "icrq-recipient" || this.role === "ocrq-sender";
    if (isLns && this.#state === "established") this.#speech.sendLinkInformation(information);
  }

  /** Our circuit has had so many errors since the session was established. */
  reportCircuitErrors(totals: CircuitErrors, now: number): void {
    this.#errors ??= new CircuitErrorReport();
    this.#errors.update(totals);
    this.tellCircuitErrors(now);
  }

  /** Sends the WEN that is due, if one is. */
  tellCircuitErrors(now: number): void {
    if (this.#state !== "established") return;
    const errors = this.#errors?.take(now);
    if (errors !== undefined) this.#speech.sendWen(errors);
  }

  snapshot(): SessionSnapshot {
    return {
      state: this.#state,
      connection: this.#host.connection,
      localSessionId: this.localId,
      remoteSessionId: this.remoteId,
      localCircuitStatus: this.#data.localStatus,
      remoteCircuitStatus: this.#data.remoteStatus,
    };
  }

  #refuse(ending: Ending): void {
    this.#step(this.call === "incoming" ? "icrq-unacceptable" : "ocrq-unacceptable", ending);
  }

  /** A set-up message, whose place the state table knows. */
  #handleSetUp(type: SetUpType, answer: CallTerms | ProtocolFault): void {
    const { call, input } = SET_UP_INPUTS[type];
    const state = this.#state;
    const wrongState = () => this.#wrongState(type, state);
    if (call !== this.call) this.#step("other-call", wrongState);
    else if (!isFault(answer)) this.#step(input, wrongState);
    else this.#step(`${input}-unacceptable`, callEnding("protocol", answer.code));
  }

  /** @param ending How it ends where it does; made only then, if it takes time to make. */
  #step(input: SessionInput, ending: Ending | (() => Ending)): void {
    if (this.#state === "ended") return;
    const state = this.#state === "requested" ? "idle" : this.#state;
    const transition = this.#host.dialect.tables[this.role].find(state, input);
    if (transition === undefined) return;
    this.#state = transition.next;
    switch (transition.action) {
      case "send-request":
        return this.#sendRequest();
      case "send-icrp":
        return this.#sendIcrp();
      case "send-ocrp-place-call":
        return this.#sendOcrp();
      case "send-iccn":
      case "send-occn":
        return this.#sendConnect();
      case "prepare-to-receive":
        return this.#data.prepare(this.#speech.ids);
      case "prepare-for-data":
        return this.#open();
      case "send-cdn":
        return this.#endWithCdn(made(ending));
      case "clean-up":
        return this.#end(made(ending).reason);
      case "become-recipient":
        return this.#release();
      case "wait-for-connection":
      case "reject-loser":
        return;
      default:
        transition.action satisfies never;
    }
  }

  #configure(settings: SessionSettings): void {
    this.#data.configure(settings);
    this.#speech.configure(settings);
  }

  #sendRequest(): void {
    this.#speech.ids.local = this.#host.takeSessionId(this);
    this.#speech.sendRequest();
  }

  #sendIcrp(): void {
    const terms = this.#speech.prepareReply();
    this.#data.prepare(this.#speech.ids);
    this.#speech.sendReply(terms);
  }

  /** V3-SES-28: there are facilities for the call; whether it is answered is seen when it is placed. */
  #sendOcrp(): void {
    this.#speech.sendReply(this.#speech.prepareReply());
    this.#host.emit({ kind: "placeCall", session: this.handle });
  }

  #sendConnect(): void {
    this.#data.open(this.#speech.ids);
    this.#speech.sendConnect();
    this.#announce();
  }

  #open(): void {
    this.#data.open(this.#speech.ids);
    this.#announce();
  }

  #announce(): void {
    this.#host.emit({
      kind: "sessionUp",
      session: this.handle,
      connection: this.#host.connection,
      descriptor: this.#data.describe(this.#speech.ids),
      information: this.#data.terms.information,
      perHopBehaviour: this.#speech.perHopBehaviour,
    });
    this.#tellCircuitStatus();
  }

  #tellCircuitStatus(): void {
    const remote = this.#data.remoteStatus ?? 0;
    this.#host.emit({ kind: "circuitStatus", session: this.handle, remote });
  }

  /** A message that has no place in the state the session is in. */
  #wrongState(message: string, state: SessionPhase): Ending {
    const text = `${message} in state ${state}`;
    return callEnding("protocol", this.#host.dialect.fault("wrong-state", text).code);
  }

  #endWithCdn({ code, reason }: Ending): void {
    this.#speech.sendCdn(code, reason);
    this.#end(reason);
  }

  #end(reason: CloseReason): void {
    this.#data.remove();
    this.#host.emit({ kind: "sessionDown", session: this.handle, reason });
    this.#release();
  }

  #release(): void {
    this.#state = "ended";
    this.#host.release(this);
  }
}

function made(ending: Ending | (() => Ending)): Ending {
  return typeof ending === "function" ? ending() : ending;
}

/** FR-14: the two ends' frames have addresses of different lengths. */
const MISMATCHING_FRAMES = sessionFault("frameRelayHeaderMismatch", "none", "");

/** DS-03: the peer would rather have a behaviour that we do not want. */
const MISMATCHING_BEHAVIOUR = sessionFault("mismatchingDiffServ", "none", "");
