/** Inverse ARP by RFC 2390 §7.2: asked with zeros for what is not known, answered, and asked. */

import { assertEquals } from "@std/assert";
import {
  answerInverseArp,
  decodeInverseArp,
  encodeInverseArp,
} from "../../src/pseudowire/inverse_arp.ts";

const ADDRESS = { length: 2, dlci: 70 } as const;
const HEADER = [0x10, 0x61, 0x03, 0x00, 0x80, 0, 0, 0, 0x08, 0x06];
const ASKER = [192, 0, 2, 1];
const OWN = Uint8Array.of(192, 0, 2, 2);
const REQUEST = Uint8Array.from([
  ...HEADER,
  ...[0x00, 0x0f, 0x08, 0x00, 2, 4, 0, 8],
  ...[0x0c, 0x21, ...ASKER],
  ...[0x10, 0x61, 0, 0, 0, 0],
]);

Deno.test("a request is answered with our address, to whom asked", () => {
  assertEquals([...answerInverseArp(REQUEST, ADDRESS, OWN)!], [
    ...HEADER,
    ...[0x00, 0x0f, 0x08, 0x00, 2, 4, 0, 9],
    ...[0x10, 0x61, ...OWN],
    ...[0x0c, 0x21, ...ASKER],
  ]);
});

Deno.test("what we ask, the other end answers, with addresses of either length", () => {
  for (const address of [ADDRESS, { length: 4, dlci: 0x123456 } as const]) {
    const reply = answerInverseArp(encodeInverseArp(address, OWN), address, Uint8Array.from(ASKER));
    const { kind, sender } = decodeInverseArp(reply!, address)!;
    assertEquals([kind, ...sender], ["reply", ...ASKER]);
    assertEquals(answerInverseArp(reply!, address, OWN), undefined);
  }
});

Deno.test("anything else is not answered: cut short, of another protocol, plain ARP", () => {
  const changed = (at: number, value: number) => REQUEST.with(at, value);
  for (let length = 0; length < REQUEST.length; length++) {
    assertEquals(answerInverseArp(REQUEST.subarray(0, length), ADDRESS, OWN), undefined);
  }
  for (const bad of [changed(1, 0x60), changed(2, 0xaf), changed(11, 1), changed(15, 16)]) {
    assertEquals(answerInverseArp(bad, ADDRESS, OWN), undefined);
  }
  assertEquals(answerInverseArp(changed(17, 1), ADDRESS, OWN), undefined);
});
