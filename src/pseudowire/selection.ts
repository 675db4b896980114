/**
 * Which rules a session's pseudowire has: by its type, and by what its port has.
 *
 * Read pseudowire.ts first.
 */

import type { Framing, SessionDescriptor } from "../model/session_descriptor.ts";
import { ETHERNET_PSEUDOWIRE } from "./ethernet.ts";
import { BridgedPpp, NATIVE_PPP, RoutedPpp } from "./ppp.ts";
import type { Pseudowire } from "./pseudowire.ts";

/** What of a session decides about its pseudowire. */
export type PseudowireChoice = Pick<
  SessionDescriptor,
  "pseudowire" | "framing" | "frameRelay" | "hdlc"
>;

/**
 * The rules of a session's pseudowire, with a state of its own where it has one.
 *
 * @throws {RangeError} for one that this data plane does not carry.
 */
export function pseudowireFor(choice: PseudowireChoice): Pseudowire {
  const { pseudowire, framing = "native" } = choice;
  const chosen = pseudowire === "ppp" ? pppFor(framing) : ethernetFor(choice, framing);
  if (chosen !== undefined) return chosen;
  throw new RangeError(
    `pseudowire ${pseudowire} cannot be carried ${framing}: the data plane knows ethernet and ` +
      "ethernet-vlan with Ethernet frames, and ppp",
  );
}

function pppFor(framing: Framing): Pseudowire {
  if (framing === "native") return NATIVE_PPP;
  return framing === "routed" ? new RoutedPpp() : new BridgedPpp();
}

function ethernetFor({ pseudowire }: PseudowireChoice, framing: Framing): Pseudowire | undefined {
  const isEthernet = pseudowire === "ethernet" || pseudowire === "ethernet-vlan";
  return isEthernet && framing !== "routed" ? ETHERNET_PSEUDOWIRE : undefined;
}
