/**
 * L2TPv3 as one control connection speaks it: messages, Control Message Authentication, hiding.
 *
 * Read RFC 3931 §4.3, §5.4.1 (Message Digest, Nonce) and §5.4.3 first. Sessions are in
 * session_dialect_v3.ts.
 */

import { digestKey, hidingKey } from "../crypto/digest.ts";
import type { Encapsulation } from "../model/path.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import {
  decodeControlMessage,
  type DecodedMessage,
  encodeControlMessage,
  type SendableAvps,
  type UnsealedMessage,
} from "../wire/control_message.ts";
import { CONTROL_HEADER_LENGTH, decodeControlHeader } from "../wire/control_header.ts";
import { type DecodeFailure, isFailure } from "../wire/decode_failure.ts";
import { type DigestContext, verifyDigest } from "../wire/message_digest.ts";
import { encodeZlb, sealControlMessage } from "../wire/sealing.ts";
import { Composer } from "./composer.ts";
import type {
  Authenticity,
  Composition,
  Dialect,
  OwnOpening,
  PeerOpening,
  SessionDialect,
} from "./dialect.ts";
import { connectionFault, NAMELESS, type ProtocolFault } from "./fault.ts";
import { authenticates, type ConnectionSettings } from "./lcce_config.ts";
import { type Random, randomOctets } from "../crypto/random.ts";
import { SessionDialectV3 } from "./session_dialect_v3.ts";
import { CONNECTION_TABLE_V3 } from "./connection_transitions.ts";

const NONCE_OCTETS = 16;
const NOTHING = new Uint8Array(0);

/** Digests without a secret only tell damage. */
const INTEGRITY_KEY = digestKey(NOTHING);

/**
 * What protects messages (RFC 3931 §4.3): Control Message Authentication with a secret and two
 * nonces, or digests with none of them as an integrity check, or nothing.
 */
type Protection = "authentication" | "integrity" | "none";

/** One connection's L2TPv3. */
export class DialectV3 implements Dialect {
  readonly version = 3;
  readonly table = CONNECTION_TABLE_V3;
  readonly sessions: SessionDialect;
  readonly #settings: ConnectionSettings;
  readonly #encapsulation: Encapsulation;
  readonly #protection: Protection;
  readonly #composer: Composer;
  readonly #digestKeys: readonly Uint8Array[];
  /** None without authentication (V3-HID-01). */
  readonly #hidingKeys: readonly Uint8Array[];
  readonly #localNonce: Uint8Array;
  /** Until it has been sent in an SCCRQ or SCCRP, digests are made without it. */
  #localNonceSent = false;
  #remoteNonce: Uint8Array = NOTHING;
  /** Index of the secret that the peer was last seen to use; it hides AVPs with the same. */
  #peerKey = 0;
  #peerSendsDigests = false;

  constructor(settings: ConnectionSettings, encapsulation: Encapsulation, random: Random) {
    this.#settings = settings;
    this.#encapsulation = encapsulation;
    this.#protection = protectionOf(settings, encapsulation);
    const authenticated = this.#protection === "authentication";
    this.#digestKeys = authenticated ? settings.secrets.map(digestKey) : [INTEGRITY_KEY];
    this.#hidingKeys = authenticated ? settings.secrets.map(hidingKey) : [];
    this.#localNonce = authenticated ? randomOctets(random, NONCE_OCTETS) : NOTHING;
    this.#composer = new Composer({
      version: 3,
      random,
      hidingKey: settings.hideAvps ? this.#hidingKeys[0] : undefined,
      digest: this.#protection === "none" ? undefined : settings.digest,
    });
    this.sessions = new SessionDialectV3(this.#composer);
  }

  get remoteId(): number {
    return this.#composer.remoteId;
  }

  set remoteId(id: number) {
    this.#composer.remoteId = id;
  }

  composeSccrq(own: OwnOpening): Composition {
    return this.#composer.compose("SCCRQ", this.#openingAvps(own));
  }

  /**
   * The SCCRQ of automatic fallback: Ver 2, with all that either version needs; the encoder clears
   * the M bit of what v2 does not have (RFC 3931 §4.7.3, V3-CO-03).
   */
  composeFallbackSccrq(own: OwnOpening, v2Avps: SendableAvps): Composition {
    return encodeControlMessage({
      version: 2,
      type: "SCCRQ",
      connectionId: 0,
      avps: { ...v2Avps, ...this.#openingAvps(own) },
      ...(this.#protection === "none" ? {} : { digest: this.#settings.digest }),
    });
  }

  composeSccrp(own: OwnOpening): Composition {
    return this.#composer.compose("SCCRP", this.#openingAvps(own));
  }

  composeScccn(): Composition {
    return this.#composer.compose("SCCCN", {});
  }

  composeHello(): Composition {
    return this.#composer.compose("HELLO", {});
  }

  /** V3-CC-12, V3-CC-13: our own identifier lets the peer find what it did not yet answer. */
  composeStopCcn(localId: number, code: ResultCode): Composition {
    return this.#composer.compose("StopCCN", {
      assignedControlConnectionId: localId,
      resultCode: code,
    });
  }

  seal(message: UnsealedMessage, ns: number, nr: number): Uint8Array {
    const digest = this.#digestContext;
    return sealControlMessage(message, { encapsulation: this.#encapsulation, ns, nr, digest });
  }

  /**
   * An ACK where messages bear digests, else a ZLB, since some peers take an explicit ACK for a
   * numbered message. Interop: freeRtr, SoftEther.
   */
  sealAcknowledgement(ns: number, nr: number): Uint8Array {
    if (this.#protection === "none") {
      const { remoteId: connectionId } = this;
      const encapsulation = this.#encapsulation;
      return encodeZlb({ version: 3, connectionId, encapsulation, ns, nr });
    }
    return this.seal(this.#composer.compose("ACK", {}), ns, nr);
  }

  verify(octets: Uint8Array, offset: number): Authenticity {
    const verdict = verifyDigest(octets, offset, this.#contextOf(octets, offset));
    if (verdict.kind === "valid") {
      this.#peerKey = verdict.key;
      this.#peerSendsDigests = true;
      return "authentic";
    }
    // Where every message of the peer has had a digest, one that has none was damaged on its way;
    // but it may acknowledge by ZLBs, which cannot have any (V3-MSG-16).
    const isZlb = octets.length === offset + CONTROL_HEADER_LENGTH;
    if (this.#protection === "authentication" || (this.#peerSendsDigests && !isZlb)) {
      return verdict.kind === "invalid" ? "bad-digest" : "missing-digest";
    }
    // A digest that we have no secret for is not a spoilt one; `readOpening` refuses the Nonce.
    if (verdict.kind === "invalid" && this.#nonceIn(octets, offset) === undefined) {
      return "bad-digest";
    }
    return "authentic";
  }

  decode(octets: Uint8Array, offset: number): DecodedMessage | DecodeFailure {
    return decodeControlMessage(octets, offset, this.#hidingKeys[this.#peerKey]);
  }

  readOpening({ avps, hasCiscoDraft }: DecodedMessage): PeerOpening | ProtocolFault {
    this.#composer.ciscoDraft = hasCiscoDraft;
    const { assignedControlConnectionId, hostName, routerId } = avps;
    this.remoteId = assignedControlConnectionId ?? 0;
    if (assignedControlConnectionId === undefined || hostName === undefined) return NAMELESS;
    const refusal = this.#readNonce(avps.nonce);
    if (refusal !== undefined) return refusal;
    return {
      peer: {
        version: 3,
        hostName,
        routerId: routerId ?? 0,
        vendorName: avps.vendorName,
        pseudowireCapabilities: avps.pseudowireCapabilitiesList ?? [],
        controlConnectionId: assignedControlConnectionId,
      },
      receiveWindow: avps.receiveWindowSize,
      tieBreaker: avps.tieBreaker,
      perHopBehaviour: avps.controlConnectionDiffServ,
      ecnCapability: avps.ecnCapability === true,
    };
  }

  /** The digest has said it all. */
  readScccn(): ProtocolFault | undefined {
    return undefined;
  }

  /** Both sides authenticate or neither does (V3-AUTH-03). */
  #readNonce(nonce: Uint8Array | undefined): ProtocolFault | undefined {
    const authenticated = this.#protection === "authentication";
    if (authenticated === (nonce !== undefined)) {
      this.#remoteNonce = nonce ?? NOTHING;
      return undefined;
    }
    return connectionFault(
      "notAuthorised",
      "none",
      authenticated
        ? "Control Message Authentication is required here, and no Nonce came"
        : "Control Message Authentication was asked for, and there is no secret here",
    );
  }

  get #digestContext(): DigestContext {
    const localNonce = this.#localNonceSent ? this.#localNonce : NOTHING;
    return { keys: this.#digestKeys, localNonce, remoteNonce: this.#remoteNonce };
  }

  /**
   * What a received message was digested with. An SCCRP brings the nonce that its own digest is
   * made with; a StopCCN from a peer that has not heard from us is made without ours.
   */
  #contextOf(octets: Uint8Array, offset: number): DigestContext {
    const context = this.#digestContext;
    if (this.#protection !== "authentication") return context;
    if (this.#remoteNonce.length === 0) {
      return { ...context, remoteNonce: this.#nonceIn(octets, offset) ?? NOTHING };
    }
    return isUnaddressed(octets, offset) ? { ...context, localNonce: NOTHING } : context;
  }

  #nonceIn(octets: Uint8Array, offset: number): Uint8Array | undefined {
    const message = decodeControlMessage(octets, offset);
    return isFailure(message) ? undefined : message.avps.nonce;
  }

  #openingAvps(own: OwnOpening): SendableAvps {
    this.#localNonceSent = true;
    return {
      hostName: own.hostName,
      routerId: own.routerId,
      assignedControlConnectionId: own.localId,
      pseudowireCapabilitiesList: own.pseudowireCapabilities,
      receiveWindowSize: own.receiveWindow,
      vendorName: own.vendorName,
      controlConnectionDiffServ: own.perHopBehaviour,
      ...(own.ecnCapability ? { ecnCapability: true } : {}),
      ...(this.#protection === "authentication" ? { nonce: this.#localNonce } : {}),
      ...(own.tieBreaker === undefined ? {} : { tieBreaker: own.tieBreaker }),
    };
  }
}

/** Over IP something must stand in for the UDP checksum (V3-IP-07, V3-AUTH-23). */
function protectionOf(settings: ConnectionSettings, encapsulation: Encapsulation): Protection {
  if (authenticates(settings)) return "authentication";
  return encapsulation === "ip" ? "integrity" : "none";
}

/** Whether the sender of a message did not know our identifier yet. */
function isUnaddressed(octets: Uint8Array, offset: number): boolean {
  const header = decodeControlHeader(octets, offset);
  return !isFailure(header) && header.connectionId === 0;
}
