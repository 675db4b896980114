/**
 * What the two ends of a control connection say of themselves, and agree on, when it is set up.
 *
 * Read RFC 3931 §3.3.1, §4.7.3 and §5.4.3, RFC 2661 §5.1, RFC 3308 §3.
 */

import { randomOctets } from "../crypto/random.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import { ConnectionIds } from "./connection_ids.ts";
import type { ControlConnection } from "./control_connection.ts";
import type { Conversation, Received } from "./conversation.ts";
import type { OwnOpening, PeerOpening } from "./dialect.ts";
import type { PeerDescription } from "./effect.ts";
import { connectionFault, isFault, type ProtocolFault } from "./fault.ts";
import type { ConnectionSettings } from "./lcce_config.ts";
import { composeFallbackSccrq } from "./negotiation.ts";
import { ownOpening } from "./own_opening.ts";
import { PerHopAgreement } from "./per_hop_agreement.ts";
import type { Services } from "./services.ts";
import { TIE_BREAKER_OCTETS } from "./tie_breaker.ts";

/** The handshake of one control connection. */
export class Handshake {
  readonly #services: Services;
  readonly #settings: ConnectionSettings;
  readonly #ids: ConnectionIds;
  readonly #behaviour: PerHopAgreement;
  #tieBreaker: Uint8Array = new Uint8Array(0);
  #peer: PeerDescription | undefined;
  #peerPassesEcn = false;

  constructor(services: Services, settings: ConnectionSettings) {
    this.#services = services;
    this.#settings = settings;
    this.#ids = new ConnectionIds(services);
    this.#behaviour = new PerHopAgreement(settings.perHopBehaviours);
  }

  /** What our SCCRQ bore; none where the peer's came first. */
  get tieBreaker(): Uint8Array {
    return this.#tieBreaker;
  }

  /** What the peer has said of itself. */
  get peer(): PeerDescription | undefined {
    return this.#peer;
  }

  /** The behaviour that control packets are marked with, once it is agreed on. */
  get perHopBehaviour(): PerHopBehaviour | undefined {
    return this.#behaviour.agreed;
  }

  /** Whether both ends have said that ECN passes (RFC 9601 §6.1.1.2, ECN-04). */
  get passesEcn(): boolean {
    return this.#settings.ecnCapability === true && this.#peerPassesEcn;
  }

  /** Our identifier, in the version that is spoken. */
  localIdIn({ dialect }: Conversation): number {
    return this.#ids.of(dialect.version);
  }

  releaseIds(): void {
    this.#ids.keepOnly(undefined);
  }

  /** Asks the peer, in each version that it may choose, under new identifiers. */
  sendSccrq(conversation: Conversation, connection: ControlConnection): void {
    const { dialect, alternative } = conversation;
    this.#tieBreaker = randomOctets(this.#services.random, TIE_BREAKER_OCTETS);
    this.#ids.assign(dialect.version, connection);
    const tieBreaker = this.#tieBreaker;
    const own = { ...this.#ownOpening(conversation, this.#behaviour.proposal), tieBreaker };
    if (alternative === undefined) return conversation.send(dialect.composeSccrq(own));
    const alternativeId = this.#ids.assign(alternative.version, connection);
    conversation.send(composeFallbackSccrq(dialect, alternative, own, alternativeId));
  }

  /** Takes what the peer's SCCRQ says, under an identifier of ours that it does not know yet. */
  begin(
    conversation: Conversation,
    connection: ControlConnection,
    opening: PeerOpening | ProtocolFault,
  ): void {
    this.#ids.assign(conversation.dialect.version, connection);
    if (isFault(opening)) return;
    this.#learn(conversation, opening);
    this.#behaviour.takeProposal(opening.perHopBehaviour);
  }

  sendSccrp(conversation: Conversation): void {
    const own = this.#ownOpening(conversation, this.#behaviour.agreed);
    conversation.send(conversation.dialect.composeSccrp(own));
  }

  /** Takes what the peer's SCCRP says; answers what is wrong with it. */
  takeSccrp(conversation: Conversation, received: Received): ProtocolFault | undefined {
    const read = this.readSccrp(conversation, received);
    if (isFault(read)) return read;
    if (!this.#behaviour.takeAnswer(read.perHopBehaviour)) return MISMATCHING_BEHAVIOUR;
    this.#learn(conversation, read);
    return undefined;
  }

  /** Its version is the peer's choice between what was offered (V3-CO-04, V3-CO-05). */
  readSccrp(conversation: Conversation, received: Received): PeerOpening | ProtocolFault {
    conversation.settleOn(received);
    this.#ids.keepOnly(conversation.dialect.version);
    return conversation.dialect.readOpening(received.message);
  }

  #learn(conversation: Conversation, opening: PeerOpening): void {
    const { peer, receiveWindow, ecnCapability } = opening;
    this.#peer = peer;
    this.#peerPassesEcn = ecnCapability;
    if (receiveWindow !== undefined) conversation.setPeerWindow(receiveWindow);
  }

  #ownOpening(
    conversation: Conversation,
    perHopBehaviour: PerHopBehaviour | undefined,
  ): OwnOpening {
    const localId = this.localIdIn(conversation);
    return ownOpening(this.#services.config, this.#settings, localId, perHopBehaviour);
  }
}

/** DS-02: the peer would rather have a behaviour that we do not want. */
const MISMATCHING_BEHAVIOUR = connectionFault("mismatchingDiffServ", "none", "");
