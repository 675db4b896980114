/**
 * The table of AVPs against lists typed from REQUIREMENTS 13.2, 13.4 and 13.6, in another form, so
 * that a slip in one shows in the other.
 */

import { assertEquals } from "@std/assert";
import { type AvpName, avpNameOf, AVPS } from "../../src/wire/avp_registry.ts";

const ROWS = Object.entries(AVPS);
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Attributes of the rows that fit, in order. */
function attributesWhere(fits: (row: (typeof AVPS)[AvpName]) => boolean): number[] {
  return ROWS.filter(([, row]) => fits(row)).map(([, row]) => row.attribute).sort((a, b) => a - b);
}

Deno.test("every attribute that the RFCs assign has one row [V3-AVP-10]", () => {
  const unassigned = [20, 67, 93];
  const assigned = range(0, 103).filter((attribute) => !unassigned.includes(attribute));
  assertEquals(attributesWhere(() => true), assigned);
  for (const [name, row] of ROWS) assertEquals(avpNameOf(row.attribute), name);
  assertEquals(unassigned.map(avpNameOf), [undefined, undefined, undefined]);
});

Deno.test("L2TPv2 knows these attributes, L2TPv3 those", () => {
  const shared = [0, 1, 5, 7, 8, 10, 15, 25, 34, 36];
  const v2Only = [2, 3, 4, 6, 9, 11, 12, 13, 14, ...range(16, 19), ...range(21, 24)]
    .concat([...range(26, 33), 35, ...range(37, 39)]);
  const ofRfcs = (fits: (v2: unknown, v3: unknown) => boolean) =>
    attributesWhere((row) => !row.companion && fits(row.mandatory[2], row.mandatory[3]));
  assertEquals(ofRfcs((v2, v3) => v2 !== undefined && v3 !== undefined), shared);
  assertEquals(ofRfcs((v2, v3) => v2 !== undefined && v3 === undefined), v2Only);
  const v3Only = [...range(58, 66), ...range(68, 75)];
  assertEquals(ofRfcs((v2, v3) => v2 === undefined && v3 !== undefined), v3Only);
});

Deno.test("M bits are sent as the RFCs have them [V2-AVP-09, V3-AVP-22, V3-AUTH-27]", () => {
  const clearInV2 = [5, 6, 8, 25, ...range(26, 33), 37, 38];
  assertEquals(attributesWhere((row) => !row.companion && row.mandatory[2] === false), clearInV2);
  const clearInV3 = [8, 15, 25, 34, 58, 72, 74, 75];
  assertEquals(attributesWhere((row) => !row.companion && row.mandatory[3] === false), clearInV3);
  const setByCompanions = [77, 79, 81, 82, 83];
  assertEquals(
    attributesWhere((row) => row.companion && (row.mandatory[2] || row.mandatory[3]) === true),
    setByCompanions,
  );
});

Deno.test("these AVPs are never hidden, all others may be [V3-HID-12, V3-AUTH-26, V3-MSG-28, V2-AVP-10]", () => {
  const never = [0, 1, 2, 5, 7, 10, 12, 36, 39, 59, 60, 73, 77, 102];
  assertEquals(attributesWhere((row) => !row.hideable), never);
});

Deno.test("these AVPs may come several times [V3-AVP-16, V3-AUTH-18]", () => {
  assertEquals(attributesWhere((row) => row.repeatable), [36, 58, 59, 79, 97]);
});

Deno.test("each row says where it is defined", () => {
  for (const [name, { section }] of ROWS) {
    assertEquals(/^\d{4}( §\d+(\.\d+)*)?$/.test(section), true, `${name}: ${section}`);
  }
});
