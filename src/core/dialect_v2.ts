/**
 * L2TPv2 as one control connection ("tunnel") speaks it: messages, challenges, hiding.
 *
 * Read RFC 2661 §4.4.3, §5.1 and §5.1.1 first. Sessions are in session_dialect_v2.ts.
 */

import { challengeResponse, constantTimeEqual } from "../crypto/digest.ts";
import { FRAMING_ASYNCHRONOUS, FRAMING_SYNCHRONOUS } from "../model/call_information.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import {
  decodeControlMessage,
  type DecodedMessage,
  type SendableAvps,
  type UnsealedMessage,
} from "../wire/control_message.ts";
import type { DecodeFailure } from "../wire/decode_failure.ts";
import { MESSAGE_TYPES, type MessageTypeName } from "../wire/message_rules.ts";
import { encodeZlb, sealControlMessage } from "../wire/sealing.ts";
import { Composer } from "./composer.ts";
import type { Authenticity, Composition, Dialect, OwnOpening, PeerOpening } from "./dialect.ts";
import { connectionFault, NAMELESS, type ProtocolFault, versionFault } from "./fault.ts";
import { authenticates, type ConnectionSettings } from "./lcce_config.ts";
import { type Random, randomOctets } from "../crypto/random.ts";
import { SessionDialectV2 } from "./session_dialect_v2.ts";
import { CONNECTION_TABLE_V2 } from "./connection_transitions.ts";

const CHALLENGE_OCTETS = 16;

/** Protocol Version AVP: version 1, revision 0; not the 2 of the header (V2-CC-14). */
const PROTOCOL_VERSION = { version: 1, revision: 0 };

/**
 * Who receives one of these may not know yet with whom it shares which secret. Interop: xl2tpd does
 * not, and refuses an SCCRQ with hidden AVPs. There is nothing of a user's in them.
 */
const NOT_HIDDEN_IN: ReadonlySet<MessageTypeName> = new Set(["SCCRQ", "SCCRP"] as const);

/** One connection's L2TPv2. */
export class DialectV2 implements Dialect {
  readonly version = 2;
  readonly table = CONNECTION_TABLE_V2;
  readonly sessions: SessionDialectV2;
  readonly #settings: ConnectionSettings;
  readonly #composer: Composer;
  /** What we ask the peer to prove itself with; nothing without a secret. */
  readonly #challenge: Uint8Array | undefined;
  #peerChallenge: Uint8Array | undefined;
  /** Index of the secret that the peer was last seen to use. */
  #peerSecret = 0;

  constructor(settings: ConnectionSettings, random: Random) {
    this.#settings = settings;
    const authenticated = authenticates(settings);
    this.#challenge = authenticated ? randomOctets(random, CHALLENGE_OCTETS) : undefined;
    this.#composer = new Composer({
      version: 2,
      random,
      // V2-HID-01: the secret of tunnel authentication hides AVPs as it is (V2-HID-03).
      hidingKey: authenticated && settings.hideAvps ? settings.secrets[0] : undefined,
      inClear: NOT_HIDDEN_IN,
      digest: undefined,
    });
    this.sessions = new SessionDialectV2(this.#composer);
  }

  get remoteId(): number {
    return this.#composer.remoteId;
  }

  set remoteId(id: number) {
    this.#composer.remoteId = id;
  }

  composeSccrq(own: OwnOpening): Composition {
    return this.#composer.compose("SCCRQ", this.openingAvps(own));
  }

  composeSccrp(own: OwnOpening): Composition {
    const avps = { ...this.openingAvps(own), ...this.#responseAvps(MESSAGE_TYPES.SCCRP) };
    return this.#composer.compose("SCCRP", avps);
  }

  composeScccn(): Composition {
    return this.#composer.compose("SCCCN", this.#responseAvps(MESSAGE_TYPES.SCCCN));
  }

  composeHello(): Composition {
    return this.#composer.compose("HELLO", {});
  }

  /** The Assigned Tunnel ID is the one first sent (V2-CC-08). */
  composeStopCcn(localId: number, code: ResultCode): Composition {
    return this.#composer.compose("StopCCN", { assignedTunnelId: localId, resultCode: code });
  }

  seal(message: UnsealedMessage, ns: number, nr: number): Uint8Array {
    return sealControlMessage(message, { encapsulation: "udp", ns, nr });
  }

  /** Always a ZLB: there is no ACK message (A-13, V2-REL-21). */
  sealAcknowledgement(ns: number, nr: number): Uint8Array {
    return encodeZlb({ version: 2, connectionId: this.remoteId, encapsulation: "udp", ns, nr });
  }

  /** L2TPv2 proves who speaks once, by challenge, and no single message. */
  verify(): Authenticity {
    return "authentic";
  }

  decode(octets: Uint8Array, offset: number): DecodedMessage | DecodeFailure {
    const { secrets } = this.#settings;
    return decodeControlMessage(octets, offset, secrets[this.#peerSecret]);
  }

  readOpening({ type, avps }: DecodedMessage): PeerOpening | ProtocolFault {
    const { assignedTunnelId, hostName, protocolVersion } = avps;
    this.remoteId = assignedTunnelId ?? 0;
    if (assignedTunnelId === undefined || hostName === undefined) return NAMELESS;
    // V2-CC-15: 1.0 is the lowest there is; a higher one speaks 1.0 to us.
    if ((protocolVersion?.version ?? 0) < PROTOCOL_VERSION.version) {
      return versionFault(PROTOCOL_VERSION.version);
    }
    const refusal = type === "SCCRP" ? this.#checkResponse("SCCRP", avps) : undefined;
    if (refusal !== undefined) return refusal;
    if (avps.challenge !== undefined && this.#settings.secrets.length === 0) {
      return connectionFault("notAuthorised", "none", "challenged, and there is no secret here");
    }
    this.#peerChallenge = avps.challenge;
    const { framingCapabilities = 0, bearerCapabilities } = avps;
    this.sessions.peer = { framing: framingCapabilities, bearer: bearerCapabilities };
    return {
      peer: {
        version: 2,
        hostName,
        routerId: 0,
        vendorName: avps.vendorName,
        pseudowireCapabilities: [PSEUDOWIRE_TYPE_NUMBERS.ppp],
        controlConnectionId: assignedTunnelId,
        framingCapabilities,
        ...(bearerCapabilities === undefined ? {} : { bearerCapabilities }),
      },
      receiveWindow: avps.receiveWindowSize,
      tieBreaker: avps.tieBreaker,
      perHopBehaviour: avps.controlConnectionDiffServ,
      ecnCapability: avps.ecnCapability === true,
    };
  }

  readScccn({ avps }: DecodedMessage): ProtocolFault | undefined {
    return this.#checkResponse("SCCCN", avps);
  }

  /** What an SCCRQ or SCCRP says of this side; a fallback SCCRQ says it as well (V3-CO-03). */
  openingAvps(own: OwnOpening): SendableAvps {
    return {
      protocolVersion: PROTOCOL_VERSION,
      framingCapabilities: FRAMING_SYNCHRONOUS | FRAMING_ASYNCHRONOUS,
      bearerCapabilities: own.bearerCapabilities, // V2-CC-17
      hostName: own.hostName,
      assignedTunnelId: own.localId,
      receiveWindowSize: own.receiveWindow,
      vendorName: own.vendorName,
      controlConnectionDiffServ: own.perHopBehaviour,
      ...(own.ecnCapability ? { ecnCapability: true } : {}),
      ...(this.#challenge === undefined ? {} : { challenge: this.#challenge }),
      ...(own.tieBreaker === undefined ? {} : { tieBreaker: own.tieBreaker }),
    };
  }

  /** V2-AUTH-01: a challenge is answered in the message that follows. */
  #responseAvps(messageType: number): SendableAvps {
    const secret = this.#settings.secrets[this.#peerSecret];
    if (this.#peerChallenge === undefined || secret === undefined) return {};
    return { challengeResponse: challengeResponse(messageType, secret, this.#peerChallenge) };
  }

  /** V2-AUTH-02: no answer, or another than expected, and there is no tunnel. */
  #checkResponse(
    type: "SCCRP" | "SCCCN",
    avps: DecodedMessage["avps"],
  ): ProtocolFault | undefined {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    const response = avps.challengeResponse;
    const index = this.#settings.secrets.findIndex((secret) =>
      response !== undefined &&
      constantTimeEqual(response, challengeResponse(MESSAGE_TYPES[type], secret, challenge))
    );
    if (index < 0) {
      const text = response === undefined ? "no Challenge Response" : "wrong Challenge Response";
      return connectionFault("notAuthorised", "none", text);
    }
    this.#peerSecret = index;
    if (this.#composer.hidingKey !== undefined) {
      this.#composer.hidingKey = this.#settings.secrets[index];
    }
    return undefined;
  }
}
