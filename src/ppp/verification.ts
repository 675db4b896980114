/**
 * Judges a peer's evidence by what is kept of its password: the password itself, or its NT hash.
 *
 * Read evidence.ts first, and RFC 1334 §2.2.1, RFC 1994 §4.1, RFC 2759 §8. Who keeps something else
 * (RADIUS, a hash of another kind) judges otherwise, and gives the same verdicts.
 */

import { constantTimeEqual, md5 } from "../crypto/digest.ts";
import type {
  AuthenticationEvidence,
  AuthenticationVerdict,
  ChapEvidence,
  MsChapV2Evidence,
} from "./evidence.ts";
import { authenticatorResponse, ntPasswordHash, ntResponse } from "./ms_chap_v2.ts";

const REFUSED: AuthenticationVerdict = { accepted: false };

/** Judges by a password in UTF-8. One without any octet proves nothing (PPP-23). */
export function verifyByPassword(
  evidence: AuthenticationEvidence,
  password: Uint8Array,
): AuthenticationVerdict {
  if (password.length === 0) return REFUSED;
  switch (evidence.protocol) {
    case "pap":
      return verdict(constantTimeEqual(evidence.password, password));
    case "chap":
      return verdict(constantTimeEqual(evidence.response, chapResponse(evidence, password)));
    case "ms-chap-v2":
      return verifyMsChapV2(evidence, ntPasswordHash(password));
    default:
      return evidence satisfies never;
  }
}

/** Judges by an NT hash (RFC 2759 §8.3); CHAP with MD5 needs the password, and is refused. */
export function verifyByNtHash(
  evidence: AuthenticationEvidence,
  ntHash: Uint8Array,
): AuthenticationVerdict {
  switch (evidence.protocol) {
    case "pap":
      return verdict(constantTimeEqual(ntPasswordHash(evidence.password), ntHash));
    case "chap":
      return REFUSED;
    case "ms-chap-v2":
      return verifyMsChapV2(evidence, ntHash);
    default:
      return evidence satisfies never;
  }
}

/** What CHAP answers to a challenge (PPP-22). */
export function chapResponse(
  { identifier, challenge }: Pick<ChapEvidence, "identifier" | "challenge">,
  secret: Uint8Array,
): Uint8Array {
  return md5(Uint8Array.of(identifier), secret, challenge);
}

function verifyMsChapV2(evidence: MsChapV2Evidence, ntHash: Uint8Array): AuthenticationVerdict {
  const expected = ntResponse(ntHash, evidence);
  if (!constantTimeEqual(evidence.ntResponse, expected)) return REFUSED;
  return {
    accepted: true,
    authenticatorResponse: authenticatorResponse(ntHash, expected, evidence),
  };
}

function verdict(accepted: boolean): AuthenticationVerdict {
  return accepted ? { accepted } : REFUSED;
}
