/**
 * MS-CHAPv2's computations: what a user answers to a challenge, and what proves to him that the
 * other end knows the password, too.
 *
 * Read RFC 2759 §8 first; the functions have its names. Windows keeps MD4 of the password, the NT
 * hash, and that is all that is needed.
 */

import { desEncrypt } from "../crypto/des.ts";
import { md4, sha1 } from "../crypto/digest.ts";

const BACKSLASH = 0x5c;
const KEY_OCTETS = 7;

const MAGIC_1 = new TextEncoder().encode("Magic server to client signing constant");
const MAGIC_2 = new TextEncoder().encode("Pad to make it do more than one iteration");

/** What both challenges and the user's name are. */
export interface MsChapV2Challenges {
  /** The authenticator's: 16 octets. */
  readonly challenge: Uint8Array;
  /** The user's own: 16 octets. */
  readonly peerChallenge: Uint8Array;
  /** As the user says it; a domain in front of it does not count. */
  readonly name: Uint8Array;
}

/** NtPasswordHash of a password in UTF-8 (§8.3). */
export function ntPasswordHash(password: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(password);
  const unicode = new Uint8Array(2 * text.length);
  const view = new DataView(unicode.buffer);
  for (let index = 0; index < text.length; index++) {
    view.setUint16(2 * index, text.charCodeAt(index), true);
  }
  return md4(unicode);
}

/** ChallengeHash (§8.2): 8 octets. */
export function challengeHash(challenges: MsChapV2Challenges): Uint8Array {
  const { challenge, peerChallenge, name } = challenges;
  const user = name.subarray(name.indexOf(BACKSLASH) + 1);
  return sha1(peerChallenge, challenge, user).slice(0, 8);
}

/** GenerateNTResponse (§8.1): 24 octets. */
export function ntResponse(ntHash: Uint8Array, challenges: MsChapV2Challenges): Uint8Array {
  const clear = challengeHash(challenges);
  const keys = new Uint8Array(3 * KEY_OCTETS);
  keys.set(ntHash);
  const response = new Uint8Array(24);
  for (const part of [0, 1, 2]) {
    const key = keys.subarray(part * KEY_OCTETS, (part + 1) * KEY_OCTETS);
    response.set(desEncrypt(clear, key), 8 * part);
  }
  return response;
}

/** GenerateAuthenticatorResponse (§8.7): `S=` and 40 digits. */
export function authenticatorResponse(
  ntHash: Uint8Array,
  response: Uint8Array,
  challenges: MsChapV2Challenges,
): string {
  const digest = sha1(md4(ntHash), response, MAGIC_1);
  const whole = sha1(digest, challengeHash(challenges), MAGIC_2);
  return `S=${whole.toHex().toUpperCase()}`;
}
