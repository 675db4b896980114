/**
 * Every decoder of control messages, and what must be true of it whatever the octets: it does not
 * throw, leaves its input alone, and answers with no more than the input could hold.
 */

import { assert } from "@std/assert";
import { decodeControlMessage } from "../../src/wire/control_message.ts";
import { isFailure } from "../../src/wire/decode_failure.ts";
import { dissect } from "../../src/wire/dissect.ts";
import { firstLook } from "../../src/wire/first_look.ts";
import { verifyDigest } from "../../src/wire/message_digest.ts";

/** The hiding and the digest key of tests that do not care. */
export const KEY = new Uint8Array(16).fill(7);

const CONTEXT = { keys: [KEY], localNonce: new Uint8Array(16), remoteNonce: new Uint8Array(0) };

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Decodes octets in every way there is. */
export function decodeAll(octets: Uint8Array, hidingKey: Uint8Array = KEY): void {
  const before = octets.slice();
  for (const encapsulation of ["udp", "ip"] as const) {
    firstLook(octets, encapsulation);
    const line = dissect(octets, encapsulation, hidingKey);
    assert(line.length > 0 && !line.includes("\n"), line);
    assert(line.length < 200 + 40 * octets.length, `a line of ${line.length}`);
  }
  for (const offset of [0, 4]) {
    if (offset > octets.length) continue;
    const message = decodeControlMessage(octets, offset, hidingKey);
    verifyDigest(octets, offset, CONTEXT);
    if (isFailure(message)) continue;
    assert(message.octets.length <= octets.length - offset);
    const most = octets.length / 6 + 20;
    assert(message.unknown.length + message.problems.length <= 2 * most, "more problems than AVPs");
  }
  assert(isSame(octets, before), "the input was changed");
}
