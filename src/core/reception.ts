/**
 * Who comes to one endpoint without being expected: SCCRQs of strangers, ties with our own, and what
 * is left over of connections that are forgotten. Looking into their messages is paid for by their
 * senders' budget.
 *
 * Read RFC 3931 §3.3, §4.3 (V3-AUTH-28) and §5.4.3 (Tie Breaker), A-11, A-24 and A-28 first.
 */

import type { Path } from "../model/path.ts";
import type { ControlHeader } from "../wire/control_header.ts";
import { decodeControlMessage } from "../wire/control_message.ts";
import { isFailure } from "../wire/decode_failure.ts";
import { describeResultCode } from "../wire/result_codes.ts";
import type { ConnectionRegister } from "./connection_register.ts";
import { ControlConnection } from "./control_connection.ts";
import type { ControlDropReason } from "./effect.ts";
import { connectionFault, isFault, type ProtocolFault } from "./fault.ts";
import type { PeerClaim, PeerPolicy } from "./lcce_config.ts";
import { meetStranger, type Stranger } from "./negotiation.ts";
import { PastRequests } from "./past_requests.ts";
import { serialAfter } from "./serial_number.ts";
import type { Services } from "./services.ts";
import { StrangerBudget } from "./stranger_budget.ts";
import { compareTieBreakers } from "./tie_breaker.ts";

/** Where those are received who belong to no connection. */
export class Reception {
  readonly #services: Services;
  readonly #connections: ConnectionRegister;
  /** To be called after anything that happened to a connection. */
  readonly #settle: (connection: ControlConnection) => void;
  readonly #strangers: StrangerBudget;
  readonly #pastRequests = new PastRequests();

  constructor(
    services: Services,
    connections: ConnectionRegister,
    settle: (connection: ControlConnection) => void,
  ) {
    this.#services = services;
    this.#connections = connections;
    this.#settle = settle;
    this.#strangers = new StrangerBudget(services.limits.strangersPerSecond);
  }

  /** Time passes for strangers too. */
  sweep(now: number): void {
    this.#strangers.sweep(now);
  }

  /** A peer's connection has ended by our StopCCN: its SCCRQ may yet come again. */
  rememberRequest(path: Path, octets: Uint8Array, now: number): void {
    this.#pastRequests.add(path, octets, now);
  }

  /** A control message whose header names no connection of ours. */
  handleDatagram(
    { connectionId }: ControlHeader,
    path: Path,
    octets: Uint8Array,
    offset: number,
    now: number,
  ): void {
    if (!this.#strangers.take(path.remote.address, now)) return this.#drop("rate-limited", path);
    if (connectionId !== 0) return this.#handleStray(path, octets, offset);
    const begun = this.#beganBySender(octets, offset, path);
    if (begun === undefined) return this.#handleStranger(path, octets, offset, now);
    // An SCCRQ that may fall back says 2 however often it comes, also where 3 was agreed on.
    begun.handleDatagram(begun.version, path, octets, offset, now);
    this.#settle(begun);
  }

  /** A message for nobody: its sender does not know our identifier, but may have told its own. */
  #beganBySender(octets: Uint8Array, offset: number, path: Path): ControlConnection | undefined {
    const message = decodeControlMessage(octets, offset);
    if (isFailure(message)) return undefined;
    const { assignedControlConnectionId, assignedTunnelId } = message.avps;
    const { version } = message.header;
    return this.#connections.byBeginner(3, path, assignedControlConnectionId) ??
      this.#connections.byBeginner(version, path, assignedTunnelId);
  }

  #handleStranger(path: Path, octets: Uint8Array, offset: number, now: number): void {
    const stranger = this.#meet("SCCRQ", path, octets, offset);
    if (typeof stranger === "string") return this.#drop(stranger, path);
    const { dialect, message, opening } = stranger;
    if (dialect.remoteId === 0) return this.#drop("malformed", path);
    const known = this.#connections.byBeginner(dialect.version, path, dialect.remoteId);
    if (known !== undefined) {
      known.handleDatagram(dialect.version, path, octets, offset, now);
      return this.#settle(known);
    }
    // A conversation begins with Ns 0, and there is nothing yet that Nr could acknowledge.
    const { ns, nr } = message.header;
    if (ns !== 0 || nr !== 0) return this.#drop("out-of-window", path);
    if (this.#pastRequests.has(path, message.octets, now)) return this.#drop("duplicate", path);
    const { name } = stranger.policy;
    const rival = this.#connections.rivalOf(name, path, message.avps.routerId);
    if (rival !== undefined) return this.#handleTie(rival, stranger, path, now);
    if (this.#connections.halfOpenCount >= this.#services.limits.halfOpen) {
      return this.#drop("too-many-connections", path);
    }
    if (this.#connections.countBegunBy(name) >= this.#services.limits.connectionsPerPeer) {
      return this.#refuse(stranger, TOO_MANY, path, now);
    }
    if (isFault(opening)) return this.#refuse(stranger, opening, path, now);
    const connection = this.#admit(stranger, path, now);
    connection.announce();
    this.#services.emit({
      kind: "connectionRequested",
      connection: connection.handle,
      peerName: connection.peerName,
      peer: opening.peer,
      path,
    });
  }

  /**
   * A message for a connection that is not, or no longer. Who answers an SCCRQ of ours that is
   * forgotten is told to stop (S3CC-04, S2CC-04): once for each such answer, for no state is kept.
   */
  #handleStray(path: Path, octets: Uint8Array, offset: number): void {
    this.#drop("unknown-connection", path);
    const stranger = this.#meet("SCCRP", path, octets, offset);
    if (typeof stranger === "string" || stranger.dialect.remoteId === 0) return;
    const { dialect, message: { header } } = stranger;
    const stop = dialect.composeStopCcn(header.connectionId, UNASKED.code);
    const answer = dialect.seal(stop, header.nr, serialAfter(header.ns));
    this.#services.emit({ kind: "transmit", path, octets: answer });
  }

  #meet(
    type: "SCCRQ" | "SCCRP",
    path: Path,
    octets: Uint8Array,
    offset: number,
  ): Stranger | ControlDropReason {
    const findPolicies = (claim: PeerClaim) => this.#policiesFor(claim);
    return meetStranger(type, octets, offset, path, findPolicies, this.#services.random);
  }

  /** The configured peers, and those that we are just asking ourselves. */
  #policiesFor(claim: PeerClaim): readonly PeerPolicy[] {
    const asked = this.#connections.askingAt(claim.path);
    const policies = this.#services.config.findPeers(claim);
    if (asked.size === 0) return policies;
    const own = [...asked].map(({ peerName: name, settings }) => ({ name, settings }));
    return [...policies, ...own];
  }

  #admit(stranger: Stranger, path: Path, now: number): ControlConnection {
    const { policy: { name, settings }, dialect } = stranger;
    const origin = { handle: this.#services.newHandle(), path, settings, peerName: name };
    const connection = ControlConnection.incoming(this.#services, origin, stranger, now);
    this.#connections.add(connection, dialect.remoteId);
    this.#settle(connection);
    return connection;
  }

  /** It is admitted for its StopCCN alone. */
  #refuse(stranger: Stranger, opening: ProtocolFault, path: Path, now: number): void {
    this.#admit({ ...stranger, opening }, path, now);
    const { code } = opening;
    this.#services.emit({
      kind: "connectionRefused",
      peerName: stranger.policy.name,
      path,
      resultCode: code.result,
      text: describeResultCode("StopCCN", code),
    });
  }

  #handleTie(own: ControlConnection, stranger: Stranger, path: Path, now: number): void {
    const { opening, message } = stranger;
    const outcome = compareTieBreakers(own.tieBreaker, message.avps.tieBreaker);
    if (outcome === "equal") own.restart(now);
    else if (outcome === "winning") {
      // V3-CC-18: the loser is told, where the version has a word for it.
      if (own.handleTie("sccrq-winning-tie", now) === "reject-loser") {
        this.#admit({ ...stranger, opening: ALREADY_EXISTS }, path, now);
      }
    } else if (isFault(opening)) {
      own.handleTie("sccrq-losing-tie-unacceptable", now);
      this.#refuse(stranger, opening, path, now);
    } else {
      own.handleTie("sccrq-losing-tie", now);
      const kept = this.#admit(stranger, path, now);
      kept.announce();
      kept.sessions.adopt(own.sessions);
      this.#services.emit({ kind: "connectionReplaced", lost: own.handle, kept: kept.handle });
      kept.accept(now);
      this.#settle(kept);
    }
    this.#settle(own);
  }

  #drop(reason: ControlDropReason, path: Path): void {
    this.#services.emit({ kind: "dropped", reason, path });
  }
}

const UNASKED = connectionFault("stateMachineError", "none", "SCCRP in state idle");

/** One more than `connectionsPerPeer`. */
const TOO_MANY = connectionFault(
  "generalError",
  "insufficientResources",
  "this peer has as many control connections as it may",
);

/** what the winner of a tie tells the loser. */
const ALREADY_EXISTS = connectionFault("alreadyExists", "none", "lost the tie breaker");
