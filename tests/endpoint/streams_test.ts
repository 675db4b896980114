/** Endpoints on loopback, end to end, without root: connections, sessions, frames, and their end. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ControlConnectionError, openEndpoint, SessionError } from "../../mod.ts";
import { Lcce } from "../../src/core/lcce.ts";
import { monotonicMs } from "../../src/io/clock.ts";
import { eventually } from "../harness/eventually.ts";
import {
  addressOf,
  carry,
  frameOf,
  link,
  next,
  openFileCount,
  openLocal,
  openStreams,
} from "./loopback.ts";

const SECRET = "loopback";
const PEERS = [{ name: "near", secret: SECRET }];
const STREAMS = { kind: "streams" } as const;

Deno.test("frames pass both ways through a session of streams", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const sessions = await openStreams(await link(near, far, { secret: SECRET }));
  const frames = [frameOf(1), frameOf(2, 1514), frameOf(3, 9018), frameOf(4, 14)];
  assertEquals(await carry(sessions.near, sessions.far, frames), frames);
  assertEquals(await carry(sessions.far, sessions.near, frames), frames);
  const { receivedFrames, receivedOctets, drops } = sessions.far.counters();
  assertEquals([receivedFrames, receivedOctets], [4, 60 + 1514 + 9018 + 14]);
  assertEquals(Object.values(drops).reduce((sum, one) => sum + one, 0), 0);
});

Deno.test("status tells both ends' identifiers, names and cookies", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const linked = await link(near, far, { name: "to-far", secret: SECRET });
  await openStreams(linked);
  const here = near.status().connections[0]!;
  const there = far.status().connections[0]!;
  assertEquals([here.name, there.name], ["to-far", "near"]);
  assertEquals([here.state, there.state, here.version], ["established", "established", 3]);
  assertEquals([here.remote.hostName, there.remote.hostName], ["far", "near"]);
  assertEquals([here.local.id, here.remote.id], [there.remote.id, there.local.id]);
  assertEquals(here.remote.port, there.local.port);
  const [session, peerSession] = [here.sessions[0]!, there.sessions[0]!];
  assertEquals(session.localSessionId, peerSession.remoteSessionId);
  assertEquals([session.receiveCookieLength, session.transmitCookieLength], [8, 8]);
  assertEquals([session.name, session.interface, session.lastError], ["lan", null, null]);
  assertEquals(session.circuit, { local: "up", remote: "up" });
});

Deno.test("cookies that are not agreed on yet have no length in the status", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const linked = await link(near, far, { secret: SECRET });
  const opening = linked.near.openSession({ remoteEndId: "lan", attach: STREAMS });
  const request = await next(linked.far.sessionRequests());
  const cookies = () => {
    const [session] = near.status().connections[0]!.sessions;
    return [session!.receiveCookieLength, session!.transmitCookieLength];
  };
  assertEquals(cookies(), [null, null]);
  await request.accept({ attach: STREAMS });
  await opening;
  assertEquals(cookies(), [8, 8]);
});

Deno.test("ECN passes where both ends have said so, and where it is known to [ECN-04]", async () => {
  for (
    const [ours, theirs, known] of [
      [true, true, false],
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ] as const
  ) {
    await using near = await openLocal("near");
    await using far = await openLocal("far", [{ ...PEERS[0]!, ecnCapability: theirs }]);
    const linked = await link(near, far, { secret: SECRET, ecnCapability: ours });
    await openStreams(linked, "lan", { ecn: known });
    const passes = (endpoint: typeof near) =>
      endpoint.status().connections[0]!.sessions[0]!.path.ecn;
    assertEquals([passes(near), passes(far)], [ours && theirs || known, ours && theirs]);
  }
});

Deno.test("a circuit that is set down is down at the peer, and nothing is sent to it [V3-SLI-05]", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const sessions = await openStreams(await link(near, far, { secret: SECRET }));
  sessions.near.setCircuitActive(false);
  await eventually(() => sessions.far.status().circuit.remote === "down");
  const writer = sessions.far.writable.getWriter();
  await writer.write(frameOf(1));
  writer.releaseLock();
  assertEquals(sessions.far.counters().drops["transmitClosed"], 1);
  sessions.near.setCircuitActive(true);
  await eventually(() => sessions.far.status().circuit.remote === "up");
  assertEquals(await carry(sessions.far, sessions.near, [frameOf(2)]), [frameOf(2)]);
});

Deno.test("a session in standby neither sends nor takes, and is down at the peer [ECS-08, ECS-09, ECS-10]", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const sessions = await openStreams(await link(near, far, { secret: SECRET }));
  sessions.near.setStandby(true);
  await eventually(() => sessions.far.status().circuit.remote === "down");
  const writer = sessions.near.writable.getWriter();
  await writer.write(frameOf(1));
  writer.releaseLock();
  assertEquals(sessions.near.counters().drops["transmitClosed"], 1);
  sessions.near.setStandby(false);
  await eventually(() => sessions.far.status().circuit.remote === "up");
  assertEquals(await carry(sessions.near, sessions.far, [frameOf(2)]), [frameOf(2)]);
  assertEquals(await carry(sessions.far, sessions.near, [frameOf(3)]), [frameOf(3)]);
});

Deno.test("an outgoing call carries frames as an incoming one does [V3-SES-03]", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const linked = await link(near, far, { secret: SECRET });
  const sessions = await openStreams(linked, "lan", { call: "outgoing" });
  assertEquals(await carry(sessions.near, sessions.far, [frameOf(1)]), [frameOf(1)]);
  assertEquals(await carry(sessions.far, sessions.near, [frameOf(2)]), [frameOf(2)]);
});

Deno.test("data from the peer is a sign of life, no data is none [V3-KA-01]", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const told: number[] = [];
  const original = Lcce.prototype.handleDataActivity;
  Lcce.prototype.handleDataActivity = function (connection, at) {
    told.push(at);
    original.call(this, connection, at);
  };
  try {
    const begun = monotonicMs();
    const sessions = await openStreams(await link(near, far, { secret: SECRET, hello: 1000 }));
    await carry(sessions.far, sessions.near, [frameOf(1)]);
    await eventually(() => told.length === 1);
    // Its first HELLO would have been due by then; data has put it off, and is not told of twice.
    await eventually(() => monotonicMs() > begun + 2500);
    assertEquals(told.length, 1);
  } finally {
    Lcce.prototype.handleDataActivity = original;
  }
});

Deno.test("closing a session ends it at the peer, with its streams", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const linked = await link(near, far, { secret: SECRET });
  const sessions = await openStreams(linked);
  const reason = await sessions.near.close({ text: "maintenance" });
  assertEquals([reason.cause, reason.resultCode], ["local", 3]);
  const remote = await sessions.far.closed;
  assertEquals([remote.cause, remote.resultCode], ["remote", 3]);
  assertEquals((await sessions.far.readable.getReader().read()).done, true);
  assertEquals([linked.near.sessions.length, linked.far.sessions.length], [0, 0]);
  assertEquals(linked.near.state, "established");
  await openStreams(linked, "another");
});

Deno.test("closing a connection ends its sessions, each once, and tells the peer", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const linked = await link(near, far, { secret: SECRET });
  const sessions = await openStreams(linked);
  await linked.near.close();
  assertEquals((await linked.far.closed).cause, "remote");
  assertEquals((await sessions.near.closed).cause, "connection");
  assertEquals((await sessions.far.closed).cause, "connection");
  assertEquals([near.connections.length, far.connections.length], [0, 0]);
  await assertRejects(
    () => linked.near.openSession({ attach: STREAMS }),
    SessionError,
    "shut down",
  );
});

Deno.test("a connection that is refused is an error with the peer's code", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const refusing = next(far.connectionRequests()).then((request) => {
    assertEquals([request.peerName, request.peer.hostName], ["near", "near"]);
    request.refuse({ text: "not today" });
    request.refuse();
    return request;
  });
  const error = await assertRejects(
    () => near.connect(addressOf(far), { secret: SECRET }),
    ControlConnectionError,
    "not today",
  );
  assertEquals([error.reason.cause, error.reason.resultCode], ["remote", 4]);
  await assertRejects(async () => await (await refusing).accept(), TypeError, "answered");
});

Deno.test("a session that is refused is an error with the peer's code", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const linked = await link(near, far, { secret: SECRET });
  const refusing = next(linked.far.sessionRequests()).then((request) => {
    assertEquals([request.pseudowire, request.remoteEndIdText], ["ethernet", "lan"]);
    request.refuse({ resultCode: 5, text: "no such circuit" });
  });
  const error = await assertRejects(
    () => linked.near.openSession({ remoteEndId: "lan", attach: STREAMS }),
    SessionError,
    "no such circuit",
  );
  await refusing;
  assertEquals([error.reason.cause, error.reason.resultCode], ["remote", 5]);
  assertEquals(linked.near.sessions.length, 0);
});

Deno.test("strangers and liars are met with silence, and counted", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const attempts = [{}, { secret: "a guess" }].map(async (options) => {
    const controller = new AbortController();
    const attempt = near.connect(addressOf(far), { ...options, signal: controller.signal });
    await eventually(() => Object.keys(far.counters().controlDrops).length > 0);
    controller.abort();
    await assertRejects(() => attempt, DOMException);
  });
  await Promise.all(attempts);
  assertEquals(far.connections.length, 0);
  const { controlDrops } = far.counters();
  assert((controlDrops["bad-digest"] ?? 0) + (controlDrops["missing-digest"] ?? 0) > 0);
});

Deno.test("a connection that nobody answers can be given up", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const controller = new AbortController();
  const attempt = near.connect(addressOf(far), { secret: SECRET, signal: controller.signal });
  const request = await next(far.connectionRequests());
  assertEquals(near.connections.map(({ state }) => state), ["connecting"]);
  controller.abort(new RangeError("enough"));
  await assertRejects(() => attempt, RangeError, "enough");
  await eventually(() => near.connections.length === 0);
  await assertRejects(() => request.accept(), ControlConnectionError);
});

Deno.test("an endpoint that closes refuses what waits, and ends every iteration", async () => {
  await using near = await openLocal("near");
  const far = await openLocal("far", PEERS);
  const iterating = (async () => {
    const names: string[] = [];
    for await (const request of far.connectionRequests()) {
      names.push(request.peerName);
      await request.accept();
    }
    return names;
  })();
  const connection = await near.connect(addressOf(far), { secret: SECRET });
  await eventually(() => far.connections[0]?.state === "established");
  const session = assertRejects(() => connection.openSession({ attach: STREAMS }), SessionError);
  await far.close();
  assertEquals(await iterating, ["near"]);
  assertEquals((await connection.closed).resultCode, 6);
  await session;
  await far.closed;
  await assertRejects(() => far.connect("127.0.0.1"), TypeError, "closed");
});

Deno.test("two ends that call each other at once end with one connection between them", async () => {
  await using left = await openLocal("left", [{ name: "right", secret: SECRET }]);
  await using right = await openLocal("right", [{ name: "left", secret: SECRET }]);
  const [toRight, toLeft] = await Promise.all([
    left.connect(addressOf(right), { name: "right", secret: SECRET }),
    right.connect(addressOf(left), { name: "left", secret: SECRET }),
  ]);
  assertEquals([left.connections.length, right.connections.length], [1, 1]);
  const sessions = await openStreams({ near: toRight, far: toLeft });
  assertEquals(await carry(sessions.near, sessions.far, [frameOf(9)]), [frameOf(9)]);
});

Deno.test("static sessions carry frames where both are told the same, and none with a wrong cookie", async () => {
  await using near = await openEndpoint({ hostName: "near", routerId: 1, listen: [] });
  await using far = await openEndpoint({ hostName: "far", routerId: 2, listen: [] });
  const loopback = { remote: "127.0.0.1", local: "127.0.0.1", attach: STREAMS } as const;
  const a = await near.openStaticSession({
    ...loopback,
    localPort: 31_011,
    remotePort: 31_012,
    localSessionId: 1,
    remoteSessionId: 2,
    transmitCookie: "0x0011223344556677",
  });
  const b = await far.openStaticSession({
    ...loopback,
    localPort: 31_012,
    remotePort: 31_011,
    localSessionId: 2,
    remoteSessionId: 1,
    receiveCookie: "0x0011223344556677",
  });
  assertEquals(await carry(a, b, [frameOf(1)]), [frameOf(1)]);
  assertEquals(await carry(b, a, [frameOf(2)]), [frameOf(2)]);
  assertEquals(near.status().static.map(({ state, circuit }) => [state, circuit.remote]), [
    ["established", "up"],
  ]);
  await b.close();
  const liar = await far.openStaticSession({
    ...loopback,
    localPort: 31_012,
    remotePort: 31_011,
    localSessionId: 2,
    remoteSessionId: 1,
    receiveCookie: "0x0011223344556678",
  });
  const writer = a.writable.getWriter();
  await writer.write(frameOf(3));
  writer.releaseLock();
  await eventually(() => (liar.counters().drops["cookie"] ?? 0) === 1);
  assertEquals(liar.counters().receivedFrames, 0);
});

Deno.test("two hundred times up and down leave no file descriptor and no session behind", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  const cycle = async () => {
    const linked = await link(near, far, { secret: SECRET });
    await openStreams(linked);
    await linked.near.close();
    await linked.far.closed;
  };
  await cycle();
  const before = await openFileCount();
  for (let count = 0; count < 200; count++) await cycle();
  assertEquals(await openFileCount(), before);
  assertEquals([near.connections.length, far.connections.length], [0, 0]);
});

Deno.test("endpoints that are opened and closed leave no file descriptor behind", async () => {
  await (await openLocal("warm")).close();
  const before = await openFileCount();
  for (let count = 0; count < 10; count++) await (await openLocal("again")).close();
  assertEquals(await openFileCount(), before);
  await assertRejects(() => openEndpoint({ listen: ["udp://192.0.2.1:1"] }), Error, "192.0.2.1");
  assertEquals(await openFileCount(), before);
});
