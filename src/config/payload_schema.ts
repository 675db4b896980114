/**
 * The keys about what is in a session's packets: Frame Relay's addresses, HDLC's protocol, VLAN tags,
 * and how the order of numbered packets is judged.
 *
 * Names and meanings are those of the library's options (`endpoint/payload_options.ts`).
 */

import * as v from "valibot";
import { choice, duration, integer, numberChoice } from "./forms.ts";
import { block, leaf } from "./schema_parts.ts";

const VLAN = integer(1, 4094);

/** Spread into the keys of a session, with a control connection or without. */
export const PAYLOAD = {
  frameRelay: v.exactOptional(block({
    dlci: leaf(integer(0, 0x7fffff), "Circuit of the frames at the attachment"),
    addressLength: v.optional(
      leaf(numberChoice(2, 4), "Octets of the frames' addresses, the same at both ends"),
      2,
    ),
  }, "How Frame Relay frames are addressed; needed where the attachment is an interface")),
  hdlc: v.exactOptional(
    leaf(choice("ppp", "cisco"), "What HDLC frames are, where the attachment is an interface"),
  ),
  vlan: v.exactOptional(block({
    port: v.exactOptional(leaf(VLAN, "VLAN of the frames at the attachment; default: no tag")),
    peer: v.exactOptional(leaf(VLAN, "VLAN of the frames to and from the peer; default: no tag")),
  }, "Outermost VLAN tags that differ here and at the peer, for ethernet-vlan")),
  reorder: v.exactOptional(block({
    frames: v.optional(leaf(integer(1, 256), "Most packets that are held"), 32),
    time: v.optional(leaf(duration(1, 1_000), "Longest time that a packet is held"), "20ms"),
  }, "Numbered packets are held for those before them; default: they pass, late ones are dropped")),
  sequenceLimits: v.exactOptional(block({
    window: v.optional(
      leaf(integer(1, 0xffffff), "Numbers from the expected one on that are new"),
      0x800000,
    ),
    resetAfter: v.optional(
      leaf(integer(1, 65_535), "Old packets in a row after which the peer has begun anew"),
      16,
    ),
  }, "When a number is new, and when it is believed")),
};
