/**
 * An attempt of a PPP peer to come in, with what it has shown held against what is known of it.
 */

import { ntPasswordHash } from "../ppp/ms_chap_v2.ts";
import { verifyByNtHash, verifyByPassword } from "../ppp/verification.ts";
import type { AuthenticationEvidence, PppAttempt, PppCredential } from "./ppp_access.ts";

type Whereabouts = Pick<PppAttempt, "session" | "connection" | "path" | "call">;

/** One attempt. */
export class Attempt implements PppAttempt {
  readonly evidence: AuthenticationEvidence | undefined;
  readonly session: PppAttempt["session"];
  readonly connection: PppAttempt["connection"];
  readonly path: PppAttempt["path"];
  readonly call: PppAttempt["call"];
  #authenticatorResponse: string | undefined;

  constructor(
    evidence: AuthenticationEvidence | undefined,
    { session, connection, path, call }: Whereabouts,
  ) {
    this.evidence = evidence;
    this.session = session;
    this.connection = connection;
    this.path = path;
    this.call = call;
  }

  get name(): string {
    return new TextDecoder().decode(this.evidence?.name ?? new Uint8Array());
  }

  /** What shows an MS-CHAPv2 peer that we know its password, too (RFC 2759 §5). */
  get authenticatorResponse(): string | undefined {
    return this.#authenticatorResponse;
  }

  proves(credential: PppCredential): boolean {
    if (this.evidence === undefined) return false;
    const verdict = credential.kind === "password"
      ? verifyByPassword(this.evidence, credential.password)
      : verifyByNtHash(this.evidence, credential.hash);
    if (!verdict.accepted) return false;
    this.#authenticatorResponse = verdict.authenticatorResponse;
    return true;
  }
}

/** What may be kept of a password in UTF-8 for MS-CHAPv2 (RFC 2759 §8.3). */
export function ntHashOf(password: Uint8Array): Uint8Array {
  return ntPasswordHash(password);
}
