/**
 * How L2TPv2 speaks of sessions: the header names the recipient's, AVP 14 the sender's. They carry
 * PPP, and their messages tell of telephone calls.
 *
 * Read RFC 2661 §4.4.4, §4.4.6, §5.4 and §6.6 to §6.14 first; the AVPs are in call_avps.ts.
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallCauses, LinkInformation } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import { CIRCUIT_ACTIVE } from "../model/circuit_status.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import type { DecodedMessage } from "../wire/control_message.ts";
import { CDN_RESULTS, describeResultCode, GENERAL_ERRORS } from "../wire/result_codes.ts";
import {
  iccnAvps,
  icrqAvps,
  lineAvps,
  linkInformationAvps,
  ocrqAvps,
  type PeerFacilities,
  readCallInformation,
  readLinkAvps,
} from "./call_avps.ts";
import type { Composer } from "./composer.ts";
import type {
  CallRequest,
  CallTerms,
  Composition,
  DataFacts,
  DescribedData,
  SessionDialect,
  SessionFaultKind,
  SessionIds,
} from "./dialect.ts";
import { type ProtocolFault, sessionFault } from "./fault.ts";
import type { SessionSettings } from "./lcce_config.ts";
import type { SessionRole } from "./session_transitions.ts";
import { SESSION_TABLES_V2 } from "./session_transitions_v2.ts";

const NOTHING = new Uint8Array(0);

/** The last result code of a CDN that L2TPv2 has (RFC 3308 §4); those after it are of L2TPv3. */
const LAST_RESULT = CDN_RESULTS.mismatchingDiffServ.code;

/** The bearer's side: who asks for an incoming call, and who is asked to place one (V2-SES-16). */
const LAC_ROLES: ReadonlySet<SessionRole> = new Set(["icrq-sender", "ocrq-recipient"] as const);

/** Sessions of L2TPv2 (V2-SES-03..05). */
export class SessionDialectV2 implements SessionDialect {
  readonly tables = SESSION_TABLES_V2;
  readonly hasTies = false;
  readonly sessionIdScope = "connection";
  /** Set once the peer has told what it can do. */
  peer: PeerFacilities = { framing: 0, bearer: undefined };
  readonly #composer: Composer;

  constructor(composer: Composer) {
    this.#composer = composer;
  }

  /** There are neither cookies nor sublayers, and numbers are in all packets or in none. */
  adapt(settings: SessionSettings): SessionSettings {
    const sequencing = settings.sequencing === "all" ? "all" : "none";
    return { ...settings, cookieLength: 0, sublayer: "none", sequencing };
  }

  whyNotAsked(call: CallDirection, { information = {} }: SessionSettings): string | undefined {
    const { framing, bearer } = this.peer;
    const { framingType = 0, bearerType = 0 } = information;
    if (call === "outgoing" && bearer === undefined) {
      return "the peer has no Bearer Capabilities: it cannot place calls"; // V2-SES-10
    }
    if ((framingType & ~framing) !== 0) { // V2-SES-06, V2-SES-09
      return `framing type ${framingType} is more than the ${framing} that the peer can do`;
    }
    if (call === "outgoing" && (bearerType & ~(bearer ?? 0)) !== 0) { // V2-SES-07, V2-SES-08
      return `bearer type ${bearerType} is more than the ${bearer} that the peer can do`;
    }
    return undefined;
  }

  /**
   * With Sequencing Required every packet is numbered, always (V2-DP-02). Without it the LNS numbers
   * what it likes (V2-DP-03), and the LAC does as the LNS does (V2-DP-04, V2-DP-05).
   */
  describeData({ role, connectionIds, asked, told }: DataFacts): DescribedData {
    const isLac = LAC_ROLES.has(role);
    const required = isLac ? asked === "all" : told === "all";
    return {
      localTunnelId: connectionIds.local,
      remoteTunnelId: connectionIds.remote,
      receiveSequencing: required ? "all" : "none",
      transmitSequencing: required ? "all" : isLac ? "none" : asked,
      sequencingFollowsPeer: isLac && !required,
    };
  }

  /** RFC 2661 has no code for a message out of turn; error 6 is where to say it in words (V2-MSG-17). */
  fault(kind: SessionFaultKind, text: string): ProtocolFault {
    switch (kind) {
      case "wrong-state":
        return sessionFault("generalError", "vendorSpecific", text);
      case "wrong-type":
        return sessionFault("noFacilities", "none", text);
      case "no-answer":
        return sessionFault("timeAllottedPassed", "none", text);
      default:
        return kind satisfies never;
    }
  }

  identify({ header, avps }: DecodedMessage): SessionIds {
    return { local: header.sessionId, remote: avps.assignedSessionId ?? 0 };
  }

  composeCdn(ids: SessionIds, code: ResultCode, causes: CallCauses): Composition {
    const resultCode = code.result > LAST_RESULT ? inWords(code) : code;
    const { q931Cause, disconnectCause: pppDisconnectCause } = causes;
    const avps = { assignedSessionId: ids.local, resultCode, q931Cause, pppDisconnectCause };
    return this.#composer.compose("CDN", avps, ids.remote);
  }

  composeRequest(call: CallDirection, ids: SessionIds, request: CallRequest): Composition {
    const { serialNumber, information, perHopBehaviour } = request;
    return this.#composer.compose(call === "incoming" ? "ICRQ" : "OCRQ", {
      assignedSessionId: ids.local,
      serialNumber,
      ...(call === "incoming" ? icrqAvps(information) : ocrqAvps(information, this.peer)),
      sessionDiffServ: perHopBehaviour,
    }, ids.remote);
  }

  composeReply(call: CallDirection, ids: SessionIds, terms: CallTerms): Composition {
    const { information: { physicalChannelId }, perHopBehaviour } = terms;
    return this.#composer.compose(call === "incoming" ? "ICRP" : "OCRP", {
      assignedSessionId: ids.local,
      ...(call === "incoming" ? {} : { physicalChannelId }),
      sessionDiffServ: perHopBehaviour,
    }, ids.remote);
  }

  composeConnect(call: CallDirection, ids: SessionIds, terms: CallTerms): Composition {
    const { information, sequencing } = terms;
    return this.#composer.compose(call === "incoming" ? "ICCN" : "OCCN", {
      ...(call === "incoming"
        ? iccnAvps(information, this.peer)
        : lineAvps(information, this.peer)),
      ...(sequencing === "all" ? { sequencingRequired: true } : {}), // V2-DP-09
    }, ids.remote);
  }

  /** A bearer that is lost ends the session (V2-SES-15); there is no other news of it. */
  composeCircuitStatus(): undefined {}

  composeLinkInformation(ids: SessionIds, information: LinkInformation): Composition {
    return this.#composer.compose("SLI", linkInformationAvps(information), ids.remote);
  }

  composeWen(ids: SessionIds, circuitErrors: CircuitErrors): Composition {
    return this.#composer.compose("WEN", { circuitErrors }, ids.remote);
  }

  readRequest(message: DecodedMessage): CallRequest {
    return {
      ...this.readReply(message),
      pseudowireTypeNumber: PSEUDOWIRE_TYPE_NUMBERS.ppp,
      remoteEndId: NOTHING,
      serialNumber: message.avps.serialNumber ?? 0,
      tieBreaker: undefined,
    };
  }

  readReply({ avps }: DecodedMessage): CallTerms {
    return {
      cookie: NOTHING,
      sublayer: "none",
      sequencing: "none",
      circuitStatus: CIRCUIT_ACTIVE,
      information: readCallInformation(avps, {}),
      perHopBehaviour: avps.sessionDiffServ,
    };
  }

  readConnect({ avps }: DecodedMessage, terms: CallTerms): CallTerms {
    return {
      ...terms,
      sequencing: avps.sequencingRequired === undefined ? terms.sequencing : "all",
      information: readCallInformation(avps, terms.information),
    };
  }

  readLinkInformation({ avps }: DecodedMessage): LinkInformation {
    return readLinkAvps(avps);
  }
}

/** What has no code in this version, as where another session's end is passed on. */
function inWords(code: ResultCode): ResultCode {
  const { generalError: { code: result } } = CDN_RESULTS;
  const { vendorSpecific: { code: error } } = GENERAL_ERRORS;
  return { result, error, text: describeResultCode("CDN", code) };
}
