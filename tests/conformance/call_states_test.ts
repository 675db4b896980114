/**
 * The session state tables, every state with every message and wish: what the program does must be
 * what the row says, and where the RFC has no row, what the reading says.
 *
 * RFC 3931 §7.3 and §7.4. REQUIREMENTS sections 14.2 to 14.5; readings. The
 * table below was written from the RFC, not from the program's.
 */

import { V3_UDP } from "../harness/cells.ts";
import { avp, concat, numberIn, u16 } from "../harness/peer_message.ts";
import { ScriptedPeer, SESSION_SETTINGS } from "../harness/scripted_peer.ts";
import { type CallMessage, checkState, type Exceptions, type Scene } from "./call_states.ts";

const PEER_ID = 7;

/** How each state of each role is reached. "requested": the application has not answered yet. */
const SCENES = {
  "icrq-sender wait-reply": () => calling("incoming"),
  "icrq-sender established": () => {
    const scene = calling("incoming");
    scene.peer.send("ICRP", scene.peer.icrpAvps(PEER_ID, scene.remoteId));
    return scene;
  },
  "icrq-recipient requested": () => called("ICRQ", false),
  "icrq-recipient wait-connect": () => called("ICRQ", true),
  "icrq-recipient established": () => {
    const scene = called("ICRQ", true);
    scene.peer.send("ICCN", scene.peer.sessionAvps(PEER_ID, scene.remoteId));
    return scene;
  },
  "ocrq-sender wait-reply": () => calling("outgoing"),
  "ocrq-sender wait-connect": () => {
    const scene = calling("outgoing");
    scene.peer.send("OCRP", scene.peer.icrpAvps(PEER_ID, scene.remoteId));
    return scene;
  },
  "ocrq-sender established": () => {
    const scene = calling("outgoing");
    scene.peer.send("OCRP", scene.peer.icrpAvps(PEER_ID, scene.remoteId));
    scene.peer.send("OCCN", scene.peer.sessionAvps(PEER_ID, scene.remoteId));
    return scene;
  },
  "ocrq-recipient requested": () => called("OCRQ", false),
  "ocrq-recipient wait-cs-answer": () => called("OCRQ", true),
  "ocrq-recipient established": () => {
    const scene = called("OCRQ", true);
    scene.peer.lcce.handleCallPlaced(scene.session, scene.peer.now);
    scene.peer.drain();
    return scene;
  },
} as const satisfies Record<string, () => Scene<ScriptedPeer>>;

type State = keyof typeof SCENES;

function calling(call: "incoming" | "outgoing"): Scene<ScriptedPeer> {
  const peer = new ScriptedPeer(V3_UDP);
  peer.autoAck = true;
  const session = peer.openSession(peer.initiate(), { ...SESSION_SETTINGS, call });
  const remoteId = numberIn(peer.expect(call === "incoming" ? "ICRQ" : "OCRQ"), 63)!;
  return { peer, session, remoteId };
}

function called(type: "ICRQ" | "OCRQ", accepted: boolean): Scene<ScriptedPeer> {
  const peer = new ScriptedPeer(V3_UDP, { answersCalls: false });
  peer.initiate();
  peer.acceptsSessions = accepted;
  peer.autoAck = true;
  peer.send(type, peer.icrqAvps(PEER_ID));
  const { session } = peer.told("sessionRequested")[0]!;
  const remoteId = peer.lcce.describeSession(session)!.localSessionId;
  return { peer, session, remoteId };
}

/** The outcomes that are not the rule. The rule: a set-up message out of turn gets a CDN. */
const EXCEPTIONS: Readonly<Record<State, Exceptions>> = {
  "icrq-sender wait-reply": { ICRP: ["ICCN", "S3IS-05"], ICCN: ["dies", "S3IS-09"] },
  "icrq-sender established": {},
  "icrq-recipient requested": { ICCN: ["dies", "S3IR-04"] },
  "icrq-recipient wait-connect": { ICCN: ["up", "S3IR-05"] },
  "icrq-recipient established": {},
  "ocrq-sender wait-reply": { OCRP: ["waits", "S3OS-04"] },
  "ocrq-sender wait-connect": { OCCN: ["up", "S3OS-09"] },
  "ocrq-sender established": {},
  "ocrq-recipient requested": { OCCN: ["dies", "S3OR-04"] },
  "ocrq-recipient wait-cs-answer": {
    "call placed": ["OCCN", "S3OR-05"],
    "call failed": ["CDN", "S3OR-06"],
  },
  "ocrq-recipient established": {},
};

/** What the peer sends. */
function say(message: CallMessage, { peer, remoteId }: Scene<ScriptedPeer>): void {
  const ids = peer.sessionAvps(PEER_ID, remoteId);
  switch (message) {
    case "CDN":
      return void peer.send("CDN", [...ids, avp(1, u16(3))]);
    case "SLI":
      return void peer.send("SLI", [...ids, avp(71, u16(0))]);
    case "WEN":
      return void peer.send("WEN", [...ids, avp(34, concat(u16(0), new Uint8Array(24)))]);
    case "ICRQ":
    case "OCRQ": {
      const rest = peer.icrqAvps(PEER_ID).filter(({ attribute }) => ![63, 64].includes(attribute));
      return void peer.send(message, [...ids, ...rest]);
    }
    case "ICRP":
    case "OCRP":
      return void peer.send(message, peer.icrpAvps(PEER_ID, remoteId));
    default:
      return void peer.send(message, ids);
  }
}

for (const state of Object.keys(SCENES) as State[]) {
  Deno.test(`${state}: each message and each wish has the outcome that the tables give it [V3-SES-04, V3-SES-05, V3-SES-06, V3-SES-07, S3IS-09, S3IS-12, S3IR-03, S3IR-04, S3IR-07, S3IR-10, S3OS-06, S3OS-10, S3OS-11, S3OS-12, S3OS-13, S3OR-03, S3OR-04, S3OR-07, S3OR-08, S3OR-09, S3OR-10, A-08, A-16]`, () => {
    checkState(state, SCENES[state], EXCEPTIONS[state], say);
  });
}
