/**
 * Which rules a session's pseudowire has: by its type, and by what its port has.
 *
 * Read pseudowire.ts first.
 */

import {
  type Framing,
  LARGEST_DLCI,
  type PayloadForm,
  type SessionDescriptor,
} from "../model/session_descriptor.ts";
import { ETHERNET_PSEUDOWIRE } from "./ethernet.ts";
import {
  BridgedFrameRelay,
  FrameRelayCircuit,
  NATIVE_FRAME_RELAY,
  RoutedFrameRelay,
} from "./frame_relay.ts";
import { BRIDGED_CISCO_HDLC, NATIVE_HDLC, ROUTED_CISCO_HDLC } from "./hdlc.ts";
import { BridgedPpp, NATIVE_PPP, RoutedPpp } from "./ppp.ts";
import type { Pseudowire } from "./pseudowire.ts";
import { RetaggedEthernet } from "./vlan.ts";

/** What of a session decides about its pseudowire. */
export type PseudowireChoice = Pick<SessionDescriptor, "pseudowire"> & PayloadForm;

/** Whether PPP's machines are at work where the port is no native one: RFC 4349 §4.1 has it, too. */
export function carriesPpp({ pseudowire, hdlc = "ppp" }: PseudowireChoice): boolean {
  return pseudowire === "ppp" || (pseudowire === "hdlc" && hdlc === "ppp");
}

/**
 * The rules of a session's pseudowire, with a state of its own where it has one.
 *
 * @throws {RangeError} for what contradicts itself, or that this data plane does not carry.
 */
export function pseudowireFor(choice: PseudowireChoice): Pseudowire {
  const { pseudowire, framing = "native" } = choice;
  switch (pseudowire) {
    case "ppp":
      return pppFor(framing);
    case "frame-relay":
      return frameRelayFor(choice, framing);
    case "hdlc":
      return carriesPpp(choice) ? hdlcFor(framing) : ciscoFor(framing);
    default:
      return ethernetFor(choice, framing);
  }
}

function pppFor(framing: Framing): Pseudowire {
  if (framing === "native") return NATIVE_PPP;
  return framing === "routed" ? new RoutedPpp() : new BridgedPpp();
}

function hdlcFor(framing: Framing): Pseudowire {
  return framing === "native" ? NATIVE_HDLC : pppFor(framing);
}

function ciscoFor(framing: Framing): Pseudowire {
  if (framing === "native") return NATIVE_HDLC;
  return framing === "routed" ? ROUTED_CISCO_HDLC : BRIDGED_CISCO_HDLC;
}

function frameRelayFor({ frameRelay }: PseudowireChoice, framing: Framing): Pseudowire {
  if (frameRelay === undefined) {
    if (framing === "native") return NATIVE_FRAME_RELAY;
    throw new RangeError(`pseudowire frame-relay, carried ${framing}, needs a DLCI`);
  }
  const { dlci, length } = frameRelay;
  if (!Number.isInteger(dlci) || dlci < 0 || dlci > LARGEST_DLCI[length]) {
    throw new RangeError(
      `DLCI ${dlci}: an address of ${length} octets has room for 0 to ${LARGEST_DLCI[length]}`,
    );
  }
  if (framing === "native") return new FrameRelayCircuit(frameRelay);
  return framing === "routed"
    ? new RoutedFrameRelay(frameRelay)
    : new BridgedFrameRelay(frameRelay);
}

function ethernetFor({ pseudowire, vlan }: PseudowireChoice, framing: Framing): Pseudowire {
  if (framing === "routed") {
    throw new RangeError(`pseudowire ${pseudowire} carries Ethernet frames, not packets`);
  }
  if (vlan === undefined) return ETHERNET_PSEUDOWIRE;
  // ETH-17: a frame of a whole port is nobody's to change.
  if (pseudowire !== "ethernet-vlan") {
    throw new RangeError("VLAN tags are rewritten in pseudowire ethernet-vlan only");
  }
  return new RetaggedEthernet(vlan);
}
