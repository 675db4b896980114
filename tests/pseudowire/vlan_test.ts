/** VLAN tags written anew, put on and taken off, at either end (RFC 4719 §3.1). */

import { assertEquals, assertThrows } from "@std/assert";
import { BAD_ADDRESS } from "../../src/pseudowire/pseudowire.ts";
import { pseudowireFor } from "../../src/pseudowire/selection.ts";
import { RetaggedEthernet } from "../../src/pseudowire/vlan.ts";
import { unwrapped, wrapped } from "./framing.ts";

const ADDRESSES = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
const REST = [0x08, 0x00, 1, 2, 3, 4];

function frame(...tags: readonly (readonly number[])[]): number[] {
  return [...ADDRESSES, ...tags.flat(), ...REST];
}

/** VLAN 100 of priority 5 with DEI; VLAN 200 likewise; VLAN 100 without priority. */
const TAG_100 = [0x81, 0x00, 0xb0, 100];
const TAG_200 = [0x81, 0x00, 0xb0, 200];
const PLAIN_100 = [0x81, 0x00, 0x00, 100];
const SERVICE_100 = [0x88, 0xa8, 0x20, 100];
const PRIORITY = [0x81, 0x00, 0xe0, 0];

Deno.test("a tag is written anew, both ways; its priority and kind stay [ETH-18]", () => {
  const retagged = new RetaggedEthernet({ port: 100, peer: 200 });
  assertEquals(wrapped(retagged, frame(TAG_100)), frame(TAG_200));
  assertEquals(unwrapped(retagged, frame(TAG_200)), frame(TAG_100));
  assertEquals(wrapped(retagged, frame(SERVICE_100)), frame([0x88, 0xa8, 0x20, 200]));
  const wide = new RetaggedEthernet({ port: 4094, peer: 1 });
  assertEquals(unwrapped(wide, frame([0x81, 0, 0xf0, 1])), frame([0x81, 0, 0xff, 0xfe]));
});

Deno.test("a tag is taken off here and put on again, or the other way round [ETH-18, ETH-19]", () => {
  const untagging = new RetaggedEthernet({ port: 100 });
  assertEquals(wrapped(untagging, frame(TAG_100)), frame());
  assertEquals(unwrapped(untagging, frame()), frame(PLAIN_100));
  const tagging = new RetaggedEthernet({ peer: 100 });
  assertEquals(wrapped(tagging, frame()), frame(PLAIN_100));
  assertEquals(unwrapped(tagging, frame(TAG_100)), frame());
});

Deno.test("tags behind the first pass, of QinQ and of priority, which the new one takes over [ETH-17, ETH-18]", () => {
  const retagged = new RetaggedEthernet({ port: 100, peer: 200 });
  assertEquals(wrapped(retagged, frame(TAG_100, TAG_100)), frame(TAG_200, TAG_100));
  const tagging = new RetaggedEthernet({ peer: 100 });
  assertEquals(wrapped(tagging, frame(PRIORITY)), frame([0x81, 0, 0xe0, 100], PRIORITY));
  assertEquals(unwrapped(tagging, frame([0x81, 0, 0xe0, 100], PRIORITY)), frame(PRIORITY));
  const untagging = new RetaggedEthernet({ port: 100 });
  assertEquals(wrapped(untagging, frame(SERVICE_100, TAG_200)), frame(TAG_200));
});

Deno.test("frames of another VLAN, and without a tag where one is due, are not the session's", () => {
  const retagged = new RetaggedEthernet({ port: 100, peer: 200 });
  assertEquals(wrapped(retagged, frame(TAG_200)), BAD_ADDRESS);
  assertEquals(wrapped(retagged, frame(PRIORITY)), BAD_ADDRESS);
  assertEquals(wrapped(retagged, frame()), BAD_ADDRESS);
  assertEquals(unwrapped(retagged, frame(TAG_100)), BAD_ADDRESS);
  assertEquals(unwrapped(retagged, [...ADDRESSES, 0x81, 0x00]), BAD_ADDRESS);
});

Deno.test("frames of a whole port are not changed [ETH-17]", () => {
  const vlan = { port: 100 };
  assertThrows(() => pseudowireFor({ pseudowire: "ethernet", vlan }), RangeError, "VLAN");
  assertEquals(pseudowireFor({ pseudowire: "ethernet-vlan", vlan }).isTransparent, false);
});
