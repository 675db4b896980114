/**
 * L2TPv2's session state tables, every state with every message and wish: what the program does must
 * be what the row says, and where the RFC has no row, what the reading says.
 *
 * RFC 2661 §7.4 and §7.5. REQUIREMENTS sections 14.7 to 14.10; readings A-08, A-16. The table below
 * was written from the RFC, not from the program's.
 */

import { avp, numberIn, u16, u32 } from "../harness/peer_message.ts";
import { NO_ERRORS, V2Peer } from "../harness/v2_peer.ts";
import { type CallMessage, checkState, type Exceptions, type Scene } from "./call_states.ts";

const PEER_ID = 7;

/** How each state of each role is reached. "requested": the application has not answered yet. */
const SCENES = {
  "LAC, incoming: wait-reply": () => asking("incoming"),
  "LAC, incoming: established": () => {
    const scene = asking("incoming");
    scene.peer.sendTo(scene.remoteId, "ICRP", scene.peer.nameAvps(PEER_ID));
    return scene;
  },
  "LNS, incoming: requested": () => asked("ICRQ", false),
  "LNS, incoming: wait-connect": () => asked("ICRQ", true),
  "LNS, incoming: established": () => {
    const scene = asked("ICRQ", true);
    scene.peer.sendTo(scene.remoteId, "ICCN", scene.peer.connectAvps());
    return scene;
  },
  "LAC, outgoing: requested": () => asked("OCRQ", false),
  "LAC, outgoing: wait-cs-answer": () => asked("OCRQ", true),
  "LAC, outgoing: established": () => {
    const scene = asked("OCRQ", true);
    scene.peer.lcce.handleCallPlaced(scene.session, scene.peer.now);
    scene.peer.drain();
    return scene;
  },
  "LNS, outgoing: wait-reply": () => asking("outgoing"),
  "LNS, outgoing: wait-connect": () => {
    const scene = asking("outgoing");
    scene.peer.sendTo(scene.remoteId, "OCRP", scene.peer.nameAvps(PEER_ID));
    return scene;
  },
  "LNS, outgoing: established": () => {
    const scene = asking("outgoing");
    scene.peer.sendTo(scene.remoteId, "OCRP", scene.peer.nameAvps(PEER_ID));
    scene.peer.sendTo(scene.remoteId, "OCCN", scene.peer.connectAvps());
    return scene;
  },
} as const satisfies Record<string, () => Scene<V2Peer>>;

type State = keyof typeof SCENES;

function asking(call: "incoming" | "outgoing"): Scene<V2Peer> {
  const peer = new V2Peer();
  peer.autoAck = true;
  const session = peer.ask(peer.initiate(), { call });
  const remoteId = numberIn(peer.expect(call === "incoming" ? "ICRQ" : "OCRQ"), 14)!;
  return { peer, session, remoteId };
}

function asked(type: "ICRQ" | "OCRQ", accepted: boolean): Scene<V2Peer> {
  const peer = new V2Peer({ answersCalls: false });
  peer.initiate();
  peer.acceptsSessions = accepted;
  peer.autoAck = true;
  peer.send(type, peer.requestAvps(type, PEER_ID));
  const { session } = peer.told("sessionRequested")[0]!;
  return { peer, session, remoteId: peer.lcce.describeSession(session)!.localSessionId };
}

/** The outcomes that are not the rule. The rule: a set-up message out of turn gets a CDN. */
const EXCEPTIONS: Readonly<Record<State, Exceptions>> = {
  "LAC, incoming: wait-reply": { ICRP: ["ICCN", "S2LI-05"], ICCN: ["dies", "S2LI-08"] },
  "LAC, incoming: established": {},
  "LNS, incoming: requested": { ICCN: ["dies", "S2NI-04"] },
  "LNS, incoming: wait-connect": { ICCN: ["up", "S2NI-05"] },
  "LNS, incoming: established": {},
  "LAC, outgoing: requested": { OCCN: ["dies", "S2LO-04"] },
  "LAC, outgoing: wait-cs-answer": {
    "call placed": ["OCCN", "S2LO-05"],
    "call failed": ["CDN", "S2LO-06"],
  },
  "LAC, outgoing: established": {},
  "LNS, outgoing: wait-reply": { OCRP: ["waits", "S2NO-04"] },
  "LNS, outgoing: wait-connect": { OCCN: ["up", "S2NO-07"] },
  "LNS, outgoing: established": {},
};

/** What the peer sends. */
function say(message: CallMessage, { peer, remoteId }: Scene<V2Peer>): void {
  switch (message) {
    case "CDN":
      return peer.sendTo(remoteId, "CDN", [avp(1, u16(3)), ...peer.nameAvps(PEER_ID)]);
    case "SLI":
      return peer.sendTo(remoteId, "SLI", [avp(35, new Uint8Array([0, 0, ...u32(0), ...u32(0)]))]);
    case "WEN":
      return peer.sendTo(remoteId, "WEN", [avp(34, NO_ERRORS)]);
    case "ICRQ":
    case "OCRQ":
      return peer.sendTo(remoteId, message, peer.requestAvps(message, PEER_ID));
    case "ICRP":
    case "OCRP":
      return peer.sendTo(remoteId, message, peer.nameAvps(PEER_ID));
    default:
      return peer.sendTo(remoteId, message, peer.connectAvps());
  }
}

for (const state of Object.keys(SCENES) as State[]) {
  Deno.test(`${state}: each message and each wish has the outcome that the tables give it [V2-SES-11, V2-SES-12, S2LI-05, S2LI-07, S2LI-08, S2LI-09, S2LI-10, S2LI-11, S2LI-12, S2NI-03, S2NI-04, S2NI-05, S2NI-07, S2NI-08, S2NI-09, S2NI-10, S2LO-03, S2LO-04, S2LO-05, S2LO-06, S2LO-07, S2LO-08, S2LO-09, S2LO-10, S2NO-04, S2NO-06, S2NO-07, S2NO-08, S2NO-09, S2NO-10, S2NO-11]`, () => {
    checkState(state, SCENES[state], EXCEPTIONS[state], say);
  });
}
