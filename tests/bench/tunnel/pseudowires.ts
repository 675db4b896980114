/**
 * Every pseudowire type, each over UDP between two daemons: what they carry is compared with what
 * the plain Ethernet one does.
 */

import { type Contender, type End, INNER } from "./contender.ts";
import { longwire, type Shape } from "./longwire.ts";

/** A session that bridges its TAP. */
function bridged(name: string, session: Record<string, unknown>, version?: 2): Contender {
  return contender(name, { version, session: () => session });
}

/** A session that routes the packets of its TUN. */
function routed(
  name: string,
  session: (end: End) => Record<string, unknown>,
  version?: 2,
): Contender {
  return contender(name, { version, isRouted: true, session });
}

function contender(name: string, shape: Shape): Contender {
  return longwire(name, shape, { tcpOnly: true });
}

const FRAME_RELAY = { pseudowire: "frame-relay", frameRelay: { dlci: 100 } };
const CISCO = { pseudowire: "hdlc", hdlc: "cisco" };
const PPP_IN_HDLC = { pseudowire: "hdlc", hdlc: "ppp" };
const PPP = { pseudowire: "ppp" };

/** Adds that end's address, which PPP tells the other. */
const addressed = (session: Record<string, unknown>) => ({ side }: End) => ({
  ...session,
  ppp: { address: INNER.ipv4[side === "a" ? 0 : 1] },
});

/** Rewritten tags, then what bridges, then what routes. */
export const LONGWIRE_PSEUDOWIRES: readonly Contender[] = [
  bridged("VLAN tag put on", { pseudowire: "ethernet-vlan", vlan: { peer: 200 } }),
  bridged("Frame Relay, TAP", FRAME_RELAY),
  bridged("Cisco HDLC, TAP", CISCO),
  bridged("PPP in HDLC, TAP", PPP_IN_HDLC),
  bridged("PPP, TAP", PPP),
  bridged("PPP in L2TPv2, TAP", PPP, 2),
  routed("Frame Relay, TUN", () => FRAME_RELAY),
  routed("Cisco HDLC, TUN", () => CISCO),
  routed("PPP in HDLC, TUN", addressed(PPP_IN_HDLC)),
  routed("PPP, TUN", addressed(PPP)),
  routed("PPP in L2TPv2, TUN", addressed(PPP), 2),
];
