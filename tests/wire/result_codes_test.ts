/** Result codes in words. */

import { assertEquals } from "@std/assert";
import {
  CDN_RESULTS,
  describeResultCode,
  GENERAL_ERRORS,
  STOP_CCN_RESULTS,
} from "../../src/wire/result_codes.ts";

const codes = (table: Readonly<Record<string, { readonly code: number }>>) =>
  Object.values(table).map(({ code }) => code);

Deno.test("the tables have each code of 13.7 once", () => {
  assertEquals(codes(STOP_CCN_RESULTS), [1, 2, 3, 4, 5, 6, 7, 8]);
  const assigned = Array.from({ length: 31 }, (_, index) => index + 1).filter((code) =>
    code !== 29
  );
  assertEquals(codes(CDN_RESULTS), assigned);
  assertEquals(codes(GENERAL_ERRORS), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("a result is told with its error and the peer's text, each if it is there", () => {
  assertEquals(describeResultCode("CDN", { result: 13 }), "lost the tie breaker (result 13)");
  assertEquals(
    describeResultCode("StopCCN", { result: 2, error: 8, text: "attribute 99" }),
    'general error (result 2): unknown AVP with the M bit set (error 8): "attribute 99"',
  );
  assertEquals(describeResultCode("CDN", { result: 99, error: 0, text: "" }), "result 99");
});

Deno.test("an error code beside another result than 2 is a number [V3-MSG-27]", () => {
  assertEquals(
    describeResultCode("StopCCN", { result: 5, error: 3 }),
    "protocol version not supported (result 5): error 3",
  );
});

Deno.test("a peer's text cannot leave its line", () => {
  const text = 'a"b\n\x1b[2J\u009b1m\u202e';
  assertEquals(
    describeResultCode("CDN", { result: 3, error: 0, text }),
    'administrative reasons (result 3): "a\\"b\\n\\u001b[2J\\u{9b}1m\\u{202e}"',
  );
});
