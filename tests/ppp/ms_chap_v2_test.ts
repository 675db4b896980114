/** MS-CHAPv2's computations by the examples of RFC 2759 §9.2. */

import { assertEquals } from "@std/assert";
import {
  authenticatorResponse,
  challengeHash,
  ntPasswordHash,
  ntResponse,
} from "../../src/ppp/ms_chap_v2.ts";
import { verifyByNtHash, verifyByPassword } from "../../src/ppp/verification.ts";
import { utf8 } from "./two_links.ts";

const CHALLENGES = {
  challenge: Uint8Array.fromHex("5B5D7C7D7B3F2F3E3C2C602132262628"),
  peerChallenge: Uint8Array.fromHex("21402324255E262A28295F2B3A337C7E"),
  name: utf8("User"),
};
const NT_HASH = Uint8Array.fromHex("44EBBA8D5312B8D611474411F56989AE");
const NT_RESPONSE = Uint8Array.fromHex("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF");
const PROOF = "S=407A5589115FD0D6209F510FE9C04566932CDA56";

Deno.test("RFC 2759 §9.2: every value of the example", () => {
  assertEquals(challengeHash(CHALLENGES).toHex(), "d02e4386bce91226");
  assertEquals(ntPasswordHash(utf8("clientPass")).toHex(), NT_HASH.toHex());
  assertEquals(ntResponse(NT_HASH, CHALLENGES).toHex(), NT_RESPONSE.toHex());
  assertEquals(authenticatorResponse(NT_HASH, NT_RESPONSE, CHALLENGES), PROOF);
});

Deno.test("RFC 2759 §9.3: the hash of another password", () => {
  assertEquals(ntPasswordHash(utf8("MyPw")).toHex(), "fc156af7edcd6c0edde3337d427f4eac");
});

Deno.test("a domain in front of the name does not count", () => {
  const name = utf8("DOMAIN\\User");
  assertEquals(ntResponse(NT_HASH, { ...CHALLENGES, name }), ntResponse(NT_HASH, CHALLENGES));
});

Deno.test("passwords are hashed in UTF-16, beyond the basic plane, too", () => {
  // Beside the RFC's: `printf 'pä😀' | iconv -t utf-16le | openssl dgst -md4`.
  assertEquals(ntPasswordHash(utf8("pä😀")).toHex(), "832ec202c5badcd52a644d8a1a9c5182");
});

Deno.test("evidence is judged by the password or by its NT hash, with the same proof", () => {
  const evidence = {
    protocol: "ms-chap-v2",
    identifier: 1,
    ntResponse: NT_RESPONSE,
    ...CHALLENGES,
  } as const;
  const accepted = { accepted: true, authenticatorResponse: PROOF } as const;
  assertEquals(verifyByPassword(evidence, utf8("clientPass")), accepted);
  assertEquals(verifyByNtHash(evidence, NT_HASH), accepted);
  assertEquals(verifyByPassword(evidence, utf8("clientpass")), { accepted: false });
  const flipped = NT_RESPONSE.slice();
  flipped[23]! ^= 1;
  assertEquals(verifyByNtHash({ ...evidence, ntResponse: flipped }, NT_HASH), { accepted: false });
});
