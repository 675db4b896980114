/** Order and duplicates: see spoiled_pseudowires.ts; tests/interop moves more through it. */

import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { carryThroughRelay } from "./spoiled_pseudowires.ts";

const TCP_OCTETS = 2_000_000;

testRequiring(
  LINKED_LANS,
  "behind a relay that reorders and doubles, frames come out once and in order [V3-DP-18, V3-DP-21]",
  (t) => carryThroughRelay(t, TCP_OCTETS),
);
