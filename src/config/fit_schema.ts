/**
 * The keys of the configuration that say how a session's frames are made to fit its path, and how
 * they are marked.
 *
 * Read model/path_fit.ts first.
 */

import * as v from "valibot";
import { BOOLEAN, choice, DSCP, SEGMENT_SIZE } from "./forms.ts";
import { leaf } from "./schema_parts.ts";

/** Of a session, of a static session, and of all sessions of an LNS. */
export const FIT = {
  fragmentation: v.optional(
    leaf(
      choice("allow", "auto", "forbid"),
      "Packets longer than the path's MTU: fragmented anywhere, fragmented here, or dropped",
    ),
    "allow",
  ),
  oversize: v.optional(
    leaf(
      choice("carry", "answer", "fragment"),
      "Frames too long for the path: carried, answered by ICMP, or IPv4 fragmented before",
    ),
    "carry",
  ),
  tcpMss: v.optional(
    leaf(SEGMENT_SIZE, "Largest TCP segment: auto is what fits, keep what the hosts say"),
    "auto",
  ),
  dscp: v.optional(
    leaf(
      DSCP,
      "DSCP of packets to the peer: 0 to 63; copy: that inside; priority: by the VLAN tag",
    ),
    0,
  ),
  ecn: v.optional(
    leaf(
      BOOLEAN,
      "ECN passes both ways, where the peer is known to have it too; see ecnCapability",
    ),
    false,
  ),
};
