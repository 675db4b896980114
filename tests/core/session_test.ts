/** Sessions between two control planes: what the data plane is told and when, ties, circuits, ends. */

import { assertEquals } from "@std/assert";
import {
  CIRCUIT_ACTIVE,
  CIRCUIT_RECEIVE_FAULT,
  CIRCUIT_STANDBY,
} from "../../src/model/circuit_status.ts";
import type { ConnectionHandle } from "../../src/core/effect.ts";
import { call, type End, TwoLcces } from "./two_lcces.ts";

const ICRP = 11;
const ICCN = 12;
const CDN = 14;
const SLI = 16;

function typeOf(octets: Uint8Array): number {
  return octets.length > 12 ? octets[18]! << 8 | octets[19]! : 0;
}

/** What an end did about sessions, in order; messages by their type. */
function story(end: End): (string | number)[] {
  return end.effects.map((effect) =>
    effect.kind === "transmit" ? typeOf(effect.octets) : effect.kind
  );
}

function established(): { pair: TwoLcces; a: ConnectionHandle; b: ConnectionHandle } {
  const pair = new TwoLcces();
  const connection = pair.connect();
  pair.a.effects.length = 0;
  pair.b.effects.length = 0;
  return { pair, ...connection };
}

Deno.test("the receive half is there before the message that invites data leaves [V3-SES-31, V3-SES-01]", () => {
  const { pair, a } = established();
  pair.openSession(a);
  assertEquals(story(pair.a), [10, "installSession", "sessionUp", "circuitStatus", ICCN]);
  assertEquals(story(pair.b), [
    "sessionRequested",
    "installSession",
    ICRP,
    "updateSession",
    "sessionUp",
    "circuitStatus",
    0,
  ]);
  assertEquals(pair.a.told("installSession").map(({ transmit }) => transmit), [true]);
  assertEquals(pair.b.told("installSession").map(({ transmit }) => transmit), [false]);
  assertEquals(pair.b.told("updateSession").map(({ transmit }) => transmit), [true]);
});

Deno.test("both ends asking for one circuit get one session [V3-SES-19, V3-SES-21, V3-SES-22, S3IS-07, S3IS-08]", () => {
  const { pair, a, b } = established();
  const ofA = pair.a.lcce.openSession(a, call("lan"), pair.now);
  const ofB = pair.b.lcce.openSession(b, call("lan"), pair.now);
  pair.settle();
  for (const [end, own] of [[pair.a, ofA], [pair.b, ofB]] as const) {
    assertEquals(end.told("sessionUp").length, 1);
    assertEquals(end.told("sessionDown"), []);
    assertEquals(end.told("sessionRequested"), []);
    const [replaced] = end.told("sessionReplaced");
    assertEquals(end.told("sessionUp")[0]!.session, replaced?.kept ?? own);
  }
  const replaced = [...pair.a.told("sessionReplaced"), ...pair.b.told("sessionReplaced")];
  assertEquals(replaced.length, 1);
});

Deno.test("requests for different circuits do not tie [V3-SES-19]", () => {
  const { pair, a, b } = established();
  pair.a.lcce.openSession(a, call("left"), pair.now);
  pair.b.lcce.openSession(b, call("right"), pair.now);
  pair.settle();
  assertEquals([pair.a.told("sessionUp").length, pair.b.told("sessionUp").length], [2, 2]);
  const ids = pair.a.told("sessionUp").map(({ descriptor }) => descriptor.localSessionId);
  assertEquals(new Set(ids).size, 2);
});

Deno.test("each change of the circuit is told once, and data stops where it must [V3-SLI-05, ETH-11, ECS-06, ECS-09]", () => {
  const { pair, a } = established();
  const session = pair.openSession(a);
  pair.a.effects.length = 0;
  pair.b.effects.length = 0;
  const set = (bits: number) => {
    pair.a.lcce.setCircuitStatus(session, bits, pair.now);
    pair.settle();
  };
  set(CIRCUIT_ACTIVE | CIRCUIT_RECEIVE_FAULT);
  set(CIRCUIT_RECEIVE_FAULT);
  set(CIRCUIT_ACTIVE | CIRCUIT_STANDBY);
  set(CIRCUIT_ACTIVE);
  assertEquals(pair.a.told("transmit").map(({ octets }) => typeOf(octets)), [SLI, SLI, SLI]);
  assertEquals(pair.b.told("circuitStatus").map(({ remote }) => remote), [
    CIRCUIT_RECEIVE_FAULT,
    CIRCUIT_ACTIVE | CIRCUIT_STANDBY,
    CIRCUIT_ACTIVE,
  ]);
  assertEquals(pair.b.told("updateSession").map(({ transmit }) => transmit), [false, true]);
  assertEquals(pair.a.told("updateSession").map(({ transmit }) => transmit), [false, true]);
});

Deno.test("a session that waits for its connection is asked for as soon as that is up [S3IS-01, S3IS-04]", () => {
  const pair = new TwoLcces();
  pair.b.accepts = false;
  const { a } = pair.connect();
  const session = pair.openSession(a);
  assertEquals(pair.a.lcce.describeSession(session)?.state, "wait-control-conn");
  pair.b.accepts = true;
  const [requested] = pair.b.told("connectionRequested");
  pair.b.lcce.acceptConnection(requested!.connection, pair.now);
  pair.settle();
  assertEquals(pair.a.lcce.describeSession(session)?.state, "established");
});

Deno.test("a request that nobody answers is given up with CDN 16 [S3IS-10, V3-SES-32]", () => {
  const { pair, a } = established();
  pair.b.accepts = false;
  const session = pair.openSession(a);
  pair.advance(71_000);
  const [down] = pair.a.told("sessionDown");
  assertEquals([down?.session, down?.reason.cause, down?.reason.resultCode], [
    session,
    "timeout",
    16,
  ]);
  assertEquals(pair.b.told("sessionDown").map(({ reason }) => reason.resultCode), [16]);
  assertEquals(pair.a.lcce.describeConnection(a)?.state, "established");
});

Deno.test("a type that the peer did not list is not asked for [V3-SES-26]", () => {
  const pair = new TwoLcces({}, { b: { pseudowireCapabilities: ["ethernet-vlan"] } });
  const { a } = pair.connect();
  pair.a.effects.length = 0;
  pair.openSession(a);
  assertEquals(story(pair.a), ["sessionDown"]);
  assertEquals(pair.a.told("sessionDown")[0]!.reason.resultCode, 14);
});

Deno.test("a circuit of another type than was asked for refuses with CDN 14 [V3-SES-27]", () => {
  const { pair, a } = established();
  pair.a.lcce.openSession(a, { ...call("lan"), pseudowire: "ethernet-vlan" }, pair.now);
  pair.settle();
  assertEquals(pair.a.told("sessionDown").map(({ reason }) => reason.resultCode), [14]);
  assertEquals(pair.b.told("sessionDown").length, 1);
  assertEquals(pair.b.told("installSession"), []);
});

Deno.test("the end of a connection ends its sessions without a CDN, each once [V3-CC-31, V3-CC-04]", () => {
  const { pair, a } = established();
  pair.openSession(a, "one");
  pair.openSession(a, "two");
  pair.a.effects.length = 0;
  pair.b.effects.length = 0;
  pair.a.lcce.closeConnection(a, { resultCode: 6, text: "going home" }, pair.now);
  pair.settle();
  for (const end of [pair.a, pair.b]) {
    assertEquals(end.told("sessionDown").map(({ reason }) => reason.cause), [
      "connection",
      "connection",
    ]);
    assertEquals(end.told("removeSession").length, 2);
    assertEquals(end.told("transmit").some(({ octets }) => typeOf(octets) === CDN), false);
  }
  assertEquals(pair.b.told("sessionDown")[0]!.reason.text.includes("going home"), true);
});

Deno.test("a session asked of a connection that has ended ends at once", () => {
  const { pair, a } = established();
  pair.a.lcce.closeConnection(a, { resultCode: 1 }, pair.now);
  const session = pair.openSession(a);
  const downs = pair.a.told("sessionDown").map((down) => [down.session, down.reason.cause]);
  assertEquals(downs, [[session, "connection"]]);
});

Deno.test("the application's answer to a request that is gone does nothing [V3-MSG-18]", () => {
  const { pair, a } = established();
  pair.b.accepts = false;
  const session = pair.openSession(a);
  const [requested] = pair.b.told("sessionRequested");
  pair.a.lcce.closeSession(session, { resultCode: 3 }, pair.now);
  pair.settle();
  assertEquals(pair.b.told("sessionDown").map((down) => down.session), [requested!.session]);
  pair.b.effects.length = 0;
  pair.b.lcce.acceptSession(requested!.session, call("lan"), pair.now);
  pair.b.lcce.refuseSession(requested!.session, { resultCode: 4 }, pair.now);
  pair.settle();
  assertEquals(pair.b.effects, []);
});
