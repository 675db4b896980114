/**
 * The keys that every kind of control connection has, whoever begins it.
 */

import * as v from "valibot";
import { BOOLEAN, choice, duration, type Form, integer } from "./forms.ts";
import { block, leaf, oneOrMany } from "./schema_parts.ts";
import { SECRETS } from "./secret_schema.ts";

const HOUR = 3_600_000;

/** Which L2TP is spoken. */
export const VERSION: Form<"2" | "3" | "auto"> = {
  ...choice("3", "2", "auto"),
  json: { enum: [3, 2, "auto"] },
};

const retransmission = block({
  initial: v.optional(leaf(duration(100, 60_000), "Until the first retransmission"), "1s"),
  cap: v.optional(leaf(duration(8_000, HOUR), "Longest interval, at least 8s"), "8s"),
  limit: v.optional(leaf(integer(1, 1_000), "Retransmissions before giving up"), 10),
}, "Timing of control messages that are not acknowledged");

/** How a peer is authenticated and spoken to. */
export const CONTROL_CONNECTION = {
  secret: v.exactOptional(SECRETS),
  authentication: v.exactOptional(
    leaf(
      choice("none", "digest", "challenge"),
      "digest (L2TPv3), challenge (L2TPv2) or none; default: what fits, with a secret",
    ),
  ),
  digest: v.optional(leaf(choice("sha1", "md5"), "Digest that is sent"), "sha1"),
  hideAvps: v.optional(leaf(BOOLEAN, "Hide what may be hidden in control messages"), false),
  hello: v.optional(
    leaf(duration(0, 24 * HOUR), "Silence after which a HELLO asks for life; 0s: never"),
    "60s",
  ),
  retransmission: v.optional(retransmission, {}),
  diffServ: v.exactOptional(
    oneOrMany(
      integer(0, 63),
      "DSCPs for control messages, best first: one is agreed on with the peer (RFC 3308)",
    ),
  ),
  receiveWindow: v.optional(leaf(integer(1, 65_535), "Control messages accepted ahead"), 16),
  ecnCapability: v.optional(
    leaf(BOOLEAN, "Say that ECN passes here; it does in every session where the peer says so too"),
    false,
  ),
};
