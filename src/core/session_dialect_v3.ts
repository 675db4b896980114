/**
 * How L2TPv3 speaks of sessions: AVPs 63 and 64 name them in every message.
 *
 * Read RFC 3931 §5.4.4, §5.4.5 and §6.6 to §6.14 first.
 */

import type { CallDirection } from "../model/call_direction.ts";
import type { CallInformation } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { DataSequencing, L2SpecificSublayer } from "../model/session_descriptor.ts";
import type { ResultCode } from "../wire/avp_formats.ts";
import type { DecodedMessage, SendableAvps } from "../wire/control_message.ts";
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
import { isFault, type ProtocolFault, sessionFault } from "./fault.ts";
import type { SessionSettings } from "./lcce_config.ts";
import { SESSION_TABLES_V3 } from "./session_transitions.ts";

/** AVPs 69 and 70 as numbers, and back (V3-DP-09, V3-DP-25). */
const SUBLAYERS: readonly L2SpecificSublayer[] = ["none", "default"];
const SEQUENCINGS: readonly DataSequencing[] = ["none", "non-ip", "all"];

const NO_COOKIE = new Uint8Array(0);

/** Sessions of L2TPv3. */
export class SessionDialectV3 implements SessionDialect {
  readonly tables = SESSION_TABLES_V3;
  readonly hasTies = true;
  readonly sessionIdScope = "process";
  readonly #composer: Composer;

  constructor(composer: Composer) {
    this.#composer = composer;
  }

  adapt(settings: SessionSettings): SessionSettings {
    return settings;
  }

  /** The type of pseudowire is all that there is to be asked for (V3-SES-26). */
  whyNotAsked(): undefined {}

  /** Each side says what it wants to receive (V3-DP-25). */
  describeData({ asked, told }: DataFacts): DescribedData {
    return { receiveSequencing: asked, transmitSequencing: told };
  }

  fault(kind: SessionFaultKind, text: string): ProtocolFault {
    const result = kind === "wrong-type"
      ? "pseudowireTypeNotSupported" // V3-SES-27
      : "stateMachineError";
    return sessionFault(result, "none", text);
  }

  identify({ avps }: DecodedMessage): SessionIds {
    return { local: avps.remoteSessionId ?? 0, remote: avps.localSessionId ?? 0 };
  }

  composeCdn(ids: SessionIds, code: ResultCode): Composition {
    return this.#composer.compose("CDN", { resultCode: code, ...idAvps(ids) });
  }

  composeRequest(call: CallDirection, ids: SessionIds, request: CallRequest): Composition {
    return this.#composer.compose(call === "incoming" ? "ICRQ" : "OCRQ", {
      ...idAvps(ids),
      serialNumber: request.serialNumber,
      pseudowireType: request.pseudowireTypeNumber,
      remoteEndId: request.remoteEndId,
      ...termAvps(request),
      ...(request.tieBreaker === undefined ? {} : { tieBreaker: request.tieBreaker }),
    });
  }

  composeReply(call: CallDirection, ids: SessionIds, terms: CallTerms): Composition {
    const type = call === "incoming" ? "ICRP" : "OCRP";
    return this.#composer.compose(type, { ...idAvps(ids), ...termAvps(terms) });
  }

  composeConnect(call: CallDirection, ids: SessionIds, terms: CallTerms): Composition {
    if (call === "incoming") return this.#composer.compose("ICCN", idAvps(ids));
    const { circuitStatus, information } = terms;
    const avps = { ...idAvps(ids), circuitStatus, ...speedAvps(information) };
    return this.#composer.compose("OCCN", avps);
  }

  composeCircuitStatus(ids: SessionIds, circuitStatus: number): Composition {
    return this.#composer.compose("SLI", { ...idAvps(ids), circuitStatus });
  }

  /** RFC 3931 has no AVPs for it. */
  composeLinkInformation(): undefined {}

  composeWen(ids: SessionIds, circuitErrors: CircuitErrors): Composition {
    return this.#composer.compose("WEN", { ...idAvps(ids), circuitErrors });
  }

  readRequest(message: DecodedMessage): CallRequest | ProtocolFault {
    const terms = this.readReply(message);
    if (isFault(terms)) return terms;
    const { pseudowireType, remoteEndId, serialNumber, tieBreaker } = message.avps;
    return {
      ...terms,
      pseudowireTypeNumber: pseudowireType ?? 0,
      remoteEndId: remoteEndId ?? NO_COOKIE,
      serialNumber: serialNumber ?? 0,
      tieBreaker,
    };
  }

  readReply({ avps }: DecodedMessage): CallTerms | ProtocolFault {
    return readTerms(avps, {
      cookie: avps.assignedCookie ?? NO_COOKIE,
      circuitStatus: avps.circuitStatus ?? 0,
      sublayer: "none",
      sequencing: "none",
      information: {},
      frameRelayHeaderLength: avps.frameRelayHeaderLength,
      perHopBehaviour: avps.sessionDiffServ,
    });
  }

  readConnect({ avps }: DecodedMessage, terms: CallTerms): CallTerms | ProtocolFault {
    const { l2SpecificSublayer, dataSequencing, circuitStatus } = avps;
    const { txConnectSpeed64, rxConnectSpeed64 } = avps;
    const news = l2SpecificSublayer ?? dataSequencing ?? circuitStatus ?? txConnectSpeed64 ??
      rxConnectSpeed64;
    return news === undefined
      ? terms
      : readTerms(avps, { ...terms, circuitStatus: avps.circuitStatus ?? terms.circuitStatus });
  }

  readLinkInformation(): undefined {}
}

function idAvps({ local, remote }: SessionIds): SendableAvps {
  return { localSessionId: local, remoteSessionId: remote };
}

/** What this side asks for; AVPs are left out where their absence says the same (V3-DP-03, 08, 25). */
function termAvps(terms: CallTerms): SendableAvps {
  const { cookie, sublayer, sequencing, circuitStatus, information, perHopBehaviour } = terms;
  return {
    circuitStatus,
    ...(cookie.length === 0 ? {} : { assignedCookie: cookie }),
    ...(sublayer === "none" ? {} : { l2SpecificSublayer: SUBLAYERS.indexOf(sublayer) }),
    ...(sequencing === "none" ? {} : { dataSequencing: SEQUENCINGS.indexOf(sequencing) }),
    ...speedAvps(information),
    physicalChannelId: information.physicalChannelId,
    frameRelayHeaderLength: terms.frameRelayHeaderLength,
    sessionDiffServ: perHopBehaviour,
  };
}

function speedAvps({ txConnectSpeed, rxConnectSpeed }: CallInformation): SendableAvps {
  return { txConnectSpeed64: txConnectSpeed, rxConnectSpeed64: rxConnectSpeed };
}

/** What a message tells of the call beside what was told before. */
function readInformation(
  { txConnectSpeed64, rxConnectSpeed64, physicalChannelId }: DecodedMessage["avps"],
  before: CallInformation,
): CallInformation {
  return {
    ...before,
    ...(txConnectSpeed64 === undefined ? {} : { txConnectSpeed: txConnectSpeed64 }),
    ...(rxConnectSpeed64 === undefined ? {} : { rxConnectSpeed: rxConnectSpeed64 }),
    ...(physicalChannelId === undefined ? {} : { physicalChannelId }),
  };
}

/** AVPs 69 and 70, and what tells of the call, where a message has them, else what was said before. */
function readTerms(avps: DecodedMessage["avps"], before: CallTerms): CallTerms | ProtocolFault {
  const { l2SpecificSublayer, dataSequencing } = avps;
  const sublayer = l2SpecificSublayer === undefined
    ? before.sublayer
    : SUBLAYERS[l2SpecificSublayer];
  const sequencing = dataSequencing === undefined ? before.sequencing : SEQUENCINGS[dataSequencing];
  if (sublayer === undefined || sequencing === undefined) {
    // the sublayer's type, attribute 69, has no result code of its own.
    const text = `L2-Specific Sublayer ${l2SpecificSublayer} (attribute 69) is not known here`;
    return sessionFault("generalError", "outOfRange", text);
  }
  if (sequencing !== "none" && sublayer === "none") {
    const text = "Data Sequencing without an L2-Specific Sublayer that could carry it";
    return sessionFault("sequencingWithoutSublayer", "none", text); // V3-DP-30
  }
  return {
    ...before,
    sublayer,
    sequencing,
    information: readInformation(avps, before.information),
  };
}
