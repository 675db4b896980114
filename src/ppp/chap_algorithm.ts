/**
 * What CHAP's algorithms differ in: MD5 (RFC 1994 §4), and Microsoft's second version (RFC 2759 §4
 * to §6), in which the authenticator proves itself, too. Read them first.
 */

import { constantTimeEqual } from "../crypto/digest.ts";
import { type Random, randomOctets } from "../crypto/random.ts";
import type { AuthenticationVerdict, ChapEvidence, MsChapV2Evidence } from "./evidence.ts";
import { authenticatorResponse, ntPasswordHash, ntResponse } from "./ms_chap_v2.ts";
import type { PppCredentials } from "./ppp_settings.ts";
import { chapResponse } from "./verification.ts";

const CHALLENGE_OCTETS = 16;
const MD5_OCTETS = 16;
const NT_RESPONSE_OCTETS = 24;
const RESERVED_OCTETS = 8;
const MS_RESPONSE_OCTETS = CHALLENGE_OCTETS + RESERVED_OCTETS + NT_RESPONSE_OCTETS + 1;

/** Octets of an authenticator response: `S=` and 40 digits. */
const PROOF_OCTETS = 42;

/** A challenge, as far as a response depends on it. */
export interface ChapChallenge {
  readonly identifier: number;
  readonly challenge: Uint8Array;
}

/** A response, and what the authenticator has to say to it. */
export interface ChapAnswer {
  readonly value: Uint8Array;
  /** Whether a Success comes from somebody who knows the secret. */
  isProof(message: Uint8Array): boolean;
}

/** One algorithm. */
export interface ChapAlgorithm {
  /** Answers a challenge; `undefined` where no answer can be given to it. */
  respond(
    challenge: ChapChallenge,
    credentials: PppCredentials,
    random: Random,
  ): ChapAnswer | undefined;
  /** Reads a response to our challenge; `undefined` where it has another form. */
  readResponse(
    challenge: ChapChallenge,
    value: Uint8Array,
    name: Uint8Array,
  ): ChapEvidence | MsChapV2Evidence | undefined;
  /** The message of a Success or a Failure. */
  composeMessage(verdict: AuthenticationVerdict, challenge: ChapChallenge): string;
}

/** CHAP with MD5. */
export const CHAP_MD5: ChapAlgorithm = {
  respond(challenge, { secret }) {
    return { value: chapResponse(challenge, secret), isProof: () => true };
  },
  readResponse({ identifier, challenge }, response, name) {
    if (response.length !== MD5_OCTETS) return undefined;
    return { protocol: "chap", identifier, challenge, response, name };
  },
  composeMessage({ message }) {
    return message ?? "";
  },
};

/** MS-CHAPv2. No second try is offered (R=0): a new link is one. */
export const MS_CHAP_V2: ChapAlgorithm = {
  respond({ challenge }, { name, secret }, random) {
    if (challenge.length !== CHALLENGE_OCTETS) return undefined;
    const peerChallenge = randomOctets(random, CHALLENGE_OCTETS);
    const challenges = { challenge, peerChallenge, name };
    const ntHash = ntPasswordHash(secret);
    const response = ntResponse(ntHash, challenges);
    const value = new Uint8Array(MS_RESPONSE_OCTETS);
    value.set(peerChallenge);
    value.set(response, CHALLENGE_OCTETS + RESERVED_OCTETS);
    const proof = new TextEncoder().encode(authenticatorResponse(ntHash, response, challenges));
    return {
      value,
      isProof: (message) => constantTimeEqual(message.subarray(0, PROOF_OCTETS), proof),
    };
  },
  readResponse({ identifier, challenge }, value, name) {
    if (value.length !== MS_RESPONSE_OCTETS) return undefined;
    const response = CHALLENGE_OCTETS + RESERVED_OCTETS;
    return {
      protocol: "ms-chap-v2",
      identifier,
      challenge,
      peerChallenge: value.slice(0, CHALLENGE_OCTETS),
      ntResponse: value.slice(response, response + NT_RESPONSE_OCTETS),
      name,
    };
  },
  composeMessage(verdict, { challenge }) {
    const message = verdict.message === undefined ? "" : ` M=${verdict.message}`;
    if (verdict.accepted) return `${verdict.authenticatorResponse ?? ""}${message}`;
    const code = `E=691 R=0 C=${challenge.toHex().toUpperCase()} V=3`;
    return code + (message === "" ? " M=Access denied" : message);
  },
};
