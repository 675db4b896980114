/** Order and duplicates: see spoiled_pseudowires.ts; tests/interop moves more through each of them. */

import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { ALL_WAYS, kindsOf } from "./pseudowire_kinds.ts";
import { carryThroughRelay } from "./spoiled_pseudowires.ts";

const TCP_OCTETS = 2_000_000;

testRequiring(
  LINKED_LANS,
  "behind a relay that reorders and doubles, frames come out once and in order [V3-DP-18, V3-DP-21]",
  // Each kind by two ways, so that it has met UDP and IP, static and dynamic.
  (t) =>
    carryThroughRelay(t, TCP_OCTETS, (way, kind) => {
      const isEven = kindsOf(way).indexOf(kind) % 2 === 0;
      return isEven === (ALL_WAYS.indexOf(way) % 3 === 0);
    }),
);
