/**
 * Which version a control connection speaks: what we propose, what a stranger's SCCRQ asks for, and
 * whether the stranger is one that may ask at all.
 *
 * Read RFC 3931 §4.7 (coexistence and fallback) and §3.3, and A-28 first.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Path } from "../model/path.ts";
import { decodeControlMessage, type DecodedMessage } from "../wire/control_message.ts";
import { isFailure } from "../wire/decode_failure.ts";
import type { Authenticity, Composition, Dialect, OwnOpening, PeerOpening } from "./dialect.ts";
import { DialectV2 } from "./dialect_v2.ts";
import { DialectV3 } from "./dialect_v3.ts";
import type { ControlDropReason } from "./effect.ts";
import { faultOf, type ProtocolFault, versionFault } from "./fault.ts";
import type { ConnectionSettings, PeerClaim, PeerPolicy } from "./lcce_config.ts";
import type { Random } from "../crypto/random.ts";

/** What an SCCRQ of ours offers. */
export interface Proposal {
  readonly dialect: Dialect;
  /** Offered beside it, for the peer to choose (V3-CO-03). */
  readonly alternative: Dialect | undefined;
}

/** A stranger's message that a policy admits: authentic, and perhaps acceptable. */
export interface Stranger {
  readonly policy: PeerPolicy;
  readonly dialect: Dialect;
  readonly message: DecodedMessage;
  readonly opening: PeerOpening | ProtocolFault;
}

/**
 * The versions that we propose to a peer.
 *
 * @throws {RangeError} Version 2 over IP.
 */
export function proposeDialects(
  settings: ConnectionSettings,
  path: Path,
  random: Random,
): Proposal {
  const overIp = path.encapsulation === "ip";
  // From IP there is no falling back (V3-CO-02).
  const version = settings.version === "auto" && overIp ? 3 : settings.version;
  if (version === 2 && overIp) throw new RangeError("L2TPv2 does not run over IP, it needs UDP");
  if (version === 2) return { dialect: new DialectV2(settings, random), alternative: undefined };
  const dialect = new DialectV3(settings, path.encapsulation, random);
  if (version === 3) return { dialect, alternative: undefined };
  return { dialect, alternative: new DialectV2(settings, random) };
}

/** The SCCRQ that either version's speaker can read (RFC 3931 §4.7.3, V3-CO-03). */
export function composeFallbackSccrq(
  dialect: Dialect,
  alternative: Dialect,
  own: OwnOpening,
  alternativeId: number,
): Composition {
  if (!(dialect instanceof DialectV3 && alternative instanceof DialectV2)) {
    throw new TypeError("fallback leads from L2TPv3 to L2TPv2");
  }
  const v2Avps = alternative.openingAvps({ ...own, localId: alternativeId });
  return dialect.composeFallbackSccrq(own, v2Avps);
}

/** Meets the sender of a message that belongs to no connection: of this type, or it is not heard. */
export function meetStranger(
  type: "SCCRQ" | "SCCRP",
  octets: Uint8Array,
  offset: number,
  path: Path,
  findPolicies: (claim: PeerClaim) => readonly PeerPolicy[],
  random: Random,
): Stranger | ControlDropReason {
  const claimed = decodeControlMessage(octets, offset);
  if (isFailure(claimed)) return "malformed";
  if (claimed.type !== type) return "unknown-connection";
  const offered = versionsOffered(claimed);
  const { hostName = "", routerId = 0 } = claimed.avps;
  const policies = findPolicies({ path, version: offered[0]!, hostName, routerId });
  let refusal: ControlDropReason = "unknown-peer";
  for (const policy of policies) {
    const version = choose(offered, policy.settings.version);
    const dialect = makeDialect(version ?? offered[0]!, policy.settings, path, random);
    const authenticity: Authenticity = dialect.verify(octets, offset);
    if (authenticity !== "authentic") {
      // What the other version proves itself by is not to be expected.
      refusal = version === undefined ? "other-version" : authenticity;
      continue;
    }
    const message = dialect.decode(octets, offset);
    if (isFailure(message)) return "malformed";
    // The peer's identifier is read in any case: a refusal is addressed to it.
    const read = dialect.readOpening(message);
    const fault = version === undefined
      ? versionFault(policy.settings.version === 2 ? 2 : 3)
      : faultOf(message);
    return { policy, dialect, message, opening: fault ?? read };
  }
  return refusal;
}

/** Ver 2 with what only L2TPv3 has is an offer of both (V3-CO-04, A-28), the better one first. */
function versionsOffered({ header, avps }: DecodedMessage): readonly ProtocolVersion[] {
  if (header.version === 3) return [3];
  const offersV3 = avps.assignedControlConnectionId !== undefined || avps.routerId !== undefined;
  return offersV3 ? [3, 2] : [2];
}

function choose(
  offered: readonly ProtocolVersion[],
  wanted: ConnectionSettings["version"],
): ProtocolVersion | undefined {
  return wanted === "auto" ? offered[0] : offered.find((version) => version === wanted);
}

function makeDialect(
  version: ProtocolVersion,
  settings: ConnectionSettings,
  path: Path,
  random: Random,
): Dialect {
  return version === 2
    ? new DialectV2(settings, random)
    : new DialectV3(settings, path.encapsulation, random);
}
