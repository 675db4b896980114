/** 20 MB of TCP by every pseudowire behind the relay of tests/netns, where it is less. */

import { LINKED_LANS, testRequiring } from "../harness/requires.ts";
import { carryThroughRelay } from "../netns/spoiled_pseudowires.ts";

const TCP_OCTETS = 20_000_000;

testRequiring(
  LINKED_LANS,
  "20 MB pass every pseudowire behind a relay that reorders and doubles [V3-DP-18, V3-DP-21]",
  (t) => carryThroughRelay(t, TCP_OCTETS),
);
