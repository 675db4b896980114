/** DSCP and ECN: what outer packets say, and what the inner ones are told at the end. */

import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { DROP_CONGESTION, NOT_DROPPED } from "../../../src/dataplane/drop_reason.ts";
import {
  outerClass,
  priorityClass,
  propagateCongestion,
} from "../../../src/dataplane/fit/traffic_class.ts";
import { anyFlow, type Flow, frameOf } from "../offload/frames.ts";

const NOT_ECT = 0;
const ECT_1 = 1;
const ECT_0 = 2;
const CE = 3;

const ECN_NAMES = ["Not-ECT", "ECT(1)", "ECT(0)", "CE"] as const;

/** RFC 6040 §4.2, figure 4: by the arriving inner field, then by the outer one. */
const EGRESS: readonly (readonly (number | "drop")[])[] = [
  [NOT_ECT, NOT_ECT, NOT_ECT, "drop"],
  [ECT_1, ECT_1, ECT_1, CE],
  [ECT_0, ECT_1, ECT_0, CE],
  [CE, CE, CE, CE],
];

/** A flow's packet, without its frame's own header. */
function packetOf(flow: Flow): Uint8Array {
  return frameOf(flow, flow.payload.subarray(0, 100)).slice(14 + 2 * flow.tags.length);
}

const viewOf = (packet: Uint8Array) => new DataView(packet.buffer);

Deno.test("with ECN the outer field is the inner one's, without it is cleared [ECN-01, ECN-02]", () => {
  fc.assert(fc.property(anyFlow, fc.nat(63), (flow, dscp) => {
    const packet = packetOf(flow);
    const view = viewOf(packet);
    const before = packet.slice();
    const inner = flow.service;
    assertEquals(outerClass({ dscp, ecn: false }, view, 0), dscp << 2);
    assertEquals(outerClass({ dscp, ecn: true }, view, 0), dscp << 2 | (inner & 3));
    assertEquals(outerClass({ dscp: "copy", ecn: false }, view, 0), inner & ~3);
    assertEquals(outerClass({ dscp: "copy", ecn: true }, view, 0), inner);
    assertEquals(packet, before, "nothing inside has changed");
  }));
});

Deno.test("the priority of the outermost VLAN tag becomes a class selector [ETH-26]", () => {
  const frame = (...words: number[]) => {
    const view = new DataView(new ArrayBuffer(12 + 2 * words.length));
    for (const [index, word] of words.entries()) view.setUint16(12 + 2 * index, word);
    return view;
  };
  const cases: [view: DataView, expected: number][] = [
    [frame(0x8100, 5 << 13 | 100, 0x0800), 40 << 2],
    [frame(0x8100, 7 << 13 | 0x1fff, 0x86dd), 56 << 2],
    [frame(0x88a8, 3 << 13, 0x8100, 6 << 13, 0x0800), 24 << 2],
    [frame(0x8100, 100, 0x0800), 0],
    [frame(0x0800, 0xffff, 0xffff), 0],
    [frame(0x8100), 0],
    [frame(), 0],
  ];
  for (const [view, expected] of cases) {
    assertEquals(priorityClass(view, 0, view.byteLength), expected);
  }
});

for (const [inner, row] of EGRESS.entries()) {
  for (const [outer, expected] of row.entries()) {
    const told = expected === "drop" ? "dropped" : ECN_NAMES[expected];
    Deno.test(`${ECN_NAMES[inner]} inside ${ECN_NAMES[outer]} arrives as ${told} [ECN-02]`, () => {
      fc.assert(fc.property(anyFlow, fc.nat(63), (flow, outerDscp) => {
        const service = (flow.service & ~3) | inner;
        const packet = packetOf({ ...flow, service });
        const drop = propagateCongestion(viewOf(packet), 0, outerDscp << 2 | outer);
        assertEquals(drop, expected === "drop" ? DROP_CONGESTION : NOT_DROPPED);
        if (expected === "drop") return;
        assertEquals(packet, packetOf({ ...flow, service: (service & ~3) | expected }));
      }));
    });
  }
}
