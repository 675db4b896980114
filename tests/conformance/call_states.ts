/**
 * What the suites of both versions' session state tables have in common: every message and wish that
 * may come in a state, what may come of it, and how that is seen.
 */

import { assertEquals } from "@std/assert";
import type { SessionHandle } from "../../src/core/effect.ts";
import { isAck, type ScriptedPeer } from "../harness/scripted_peer.ts";

/** A session in some state, and what addresses it. */
export interface Scene<Peer extends ScriptedPeer> {
  readonly peer: Peer;
  readonly session: SessionHandle;
  /** The program's Session ID. */
  readonly remoteId: number;
}

const SET_UP = ["ICRQ", "ICRP", "ICCN", "OCRQ", "OCRP", "OCCN"] as const;
const OTHERS = ["CDN", "SLI", "WEN"] as const;
const WISHES = ["close", "call placed", "call failed"] as const;

/** A message of the peer. */
export type CallMessage = typeof SET_UP[number] | typeof OTHERS[number];

/** What may happen in any state: a message, or something that the application wants. */
export type Input = CallMessage | typeof WISHES[number];

/**
 * `dies`: it ends in silence; `CDN`: the peer is told; `same`: nothing of it changes; `waits`: on to
 * another state of set-up; any other is the message that goes on with it, or `up`.
 */
export type Outcome = "dies" | "CDN" | "same" | "up" | "ICCN" | "OCCN" | "waits";

/** The outcomes in one state that are not the rule: a set-up message out of turn gets a CDN. */
export type Exceptions = Partial<Record<Input, [Outcome, rule: string]>>;

/** What the RFC or the reading says where there is no exception. */
function usualOutcome(input: Input): Outcome {
  if (input === "CDN") return "dies";
  if (input === "SLI" || input === "WEN" || input.startsWith("call ")) return "same";
  return "CDN";
}

function isWish(input: Input): input is typeof WISHES[number] {
  return WISHES.some((wish) => wish === input);
}

function wish(what: typeof WISHES[number], { lcce, now }: ScriptedPeer, session: SessionHandle) {
  if (what === "close") lcce.closeSession(session, { resultCode: 3 }, now);
  else if (what === "call placed") lcce.handleCallPlaced(session, now);
  else lcce.handleCallFailed(session, { resultCode: 8 }, now);
}

/** What was seen to come of it. */
function outcomeOf({ peer, session }: Scene<ScriptedPeer>, before: string): Outcome {
  const sent = peer.inbox.map(({ message }) => message).filter((each) => !isAck(each))
    .map(({ type }) => type);
  const ended = peer.told("sessionDown").some((down) => down.session === session);
  const state = peer.lcce.describeSession(session)?.state;
  assertEquals(ended, state === undefined, "the application is told of every end");
  assertEquals(peer.told("connectionDown"), [], "the connection lives on (V3-AVP-07)");
  if (ended) return sent.includes("CDN") ? "CDN" : "dies";
  if (state === before) return "same";
  if (state !== "established") return "waits";
  assertEquals(peer.told("sessionUp").map((up) => up.session), [session]);
  const last = sent.at(-1);
  return last === "ICCN" || last === "OCCN" ? last : "up";
}

/** Tries everything in one state, each time from the beginning; `say` has the peer send a message. */
export function checkState<Peer extends ScriptedPeer>(
  state: string,
  enter: () => Scene<Peer>,
  exceptions: Exceptions,
  say: (message: CallMessage, scene: Scene<Peer>) => void,
): void {
  for (const input of [...SET_UP, ...OTHERS, ...WISHES]) {
    const scene = enter();
    const { peer, session } = scene;
    peer.advance(50);
    peer.clear();
    const before = peer.lcce.describeSession(session)!.state;
    if (isWish(input)) wish(input, peer, session);
    else say(input, scene);
    peer.drain();
    peer.advance(50);
    const [expected, rule] = exceptions[input] ?? [usualOutcome(input), "A-08, A-16"];
    assertEquals(outcomeOf(scene, before), expected, `${state}, ${input}: ${rule}`);
  }
}
