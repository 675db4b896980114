/**
 * What a configured connection does about its peer's comings and goings, and what the log says of it;
 * with an endpoint that only notes what is asked of it.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { resetSync } from "@logtape/logtape";
import { KeptConnection } from "../../src/daemon/kept_connection.ts";
import { Pools } from "../../src/daemon/pools.ts";
import { Subscribers } from "../../src/daemon/subscribers.ts";
import { configureLog } from "../../src/daemon/log.ts";
import type { ControlConnection } from "../../src/endpoint/control_connection.ts";
import type { Endpoint } from "../../src/endpoint/endpoint.ts";
import { ControlConnectionError } from "../../src/endpoint/errors.ts";
import type { ConnectOptions } from "../../src/endpoint/options.ts";
import type { ConnectionRequest, SessionRequest } from "../../src/endpoint/requests.ts";
import type { Session } from "../../src/endpoint/session.ts";
import type { CloseReason } from "../../src/model/close_reason.ts";
import type { Path } from "../../src/model/path.ts";
import { validConfiguration } from "../config/configurations.ts";

const PEER = "198.51.100.7";
const PATH: Path = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: PEER, port: 40_000 },
};

/** An attempt that the connection under test has begun. */
interface Attempt {
  readonly remote: string;
  readonly options: ConnectOptions;
  succeed(connection: ControlConnection): Promise<void>;
  fail(reason: CloseReason): Promise<void>;
}

/** Lets everything that is decided happen. */
const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** One configured connection on an endpoint of the test's, and its log. */
class World implements Disposable {
  readonly attempts: Attempt[] = [];
  readonly kept: KeptConnection;
  readonly #log: string[] = [];

  constructor(initiate: boolean, more: string = "") {
    configureLog({ level: "info", format: "text" }, (line) => this.#log.push(line));
    const text = `connections: { site-b: { remote: ${PEER}, initiate: ${initiate}${more} } }`;
    const [connection] = validConfiguration(text).connections;
    const connect = (remote: string, options: ConnectOptions) => {
      const { promise, resolve, reject } = Promise.withResolvers<ControlConnection>();
      this.attempts.push({
        remote,
        options,
        succeed: (made) => {
          resolve(made);
          return settled();
        },
        fail: (reason) => {
          reject(new ControlConnectionError("site-b", reason));
          return settled();
        },
      });
      return promise;
    };
    this.kept = new KeptConnection(
      { connect, connections: [] } as unknown as Endpoint,
      connection!,
      {
        announce: () => {},
        access: new Subscribers(new Pools()).access({}),
        find: () => undefined,
      },
    );
    this.kept.up();
  }

  /** The log since it was looked at last, without times. */
  get log(): string[] {
    return this.#log.splice(0).map((line) => line.trimEnd().replace(/^\S+ (\S+) +/, "$1 "));
  }

  async hearStray(): Promise<void> {
    await settled();
    this.kept.handleStray(PATH);
  }

  [Symbol.dispose](): void {
    this.kept.abandon();
    resetSync();
  }
}

/** An established connection with the peer, and the way to end it. */
function connectionWithPeer(requests: readonly SessionRequest[] = []) {
  const { promise, resolve } = Promise.withResolvers<CloseReason>();
  const connection = {
    peer: { hostName: "b.example" },
    path: PATH,
    closed: promise,
    sessions: [],
    sessionRequests: async function* () {
      yield* requests;
    },
    close: () => promise,
  } as unknown as ControlConnection;
  const end = (reason: CloseReason) => {
    resolve(reason);
    return settled();
  };
  return { connection, end };
}

/** The same, whose peer asks for a session when it is told to. */
function connectionAskedLater(
  request: SessionRequest,
  openSession: ControlConnection["openSession"],
) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { connection } = connectionWithPeer();
  Object.assign(connection, {
    openSession,
    sessionRequests: async function* () {
      await promise;
      yield request;
    },
  });
  const ask = () => {
    resolve();
    return settled();
  };
  return { connection, ask };
}

Deno.test("a passive side calls nobody, but who speaks of a connection that is gone, where it is", async () => {
  using world = new World(false);
  assertEquals(world.attempts, []);
  await world.hearStray();
  await world.hearStray();
  const [attempt, ...others] = world.attempts;
  assertEquals(others, []);
  assertEquals([attempt!.remote, attempt!.options.local], [`${PEER}:40000`, "192.0.2.1"]);
  assertMatch(world.log.join(), /INFO .*site-b: 198.51.100.7:40000 speaks of a connection/);
});

Deno.test("nobody is called with whom there is a connection, or was until just now", async () => {
  using world = new World(true);
  await world.hearStray();
  const { connection, end } = connectionWithPeer();
  await world.attempts[0]!.succeed(connection);
  await world.hearStray();
  await end({ cause: "remote", resultCode: 6, text: "shut down" });
  await world.hearStray();
  assertEquals(world.attempts.length, 1);
});

Deno.test("calls without a name that come at once are for one session each", async () => {
  const session = (name: string) =>
    `${name}: { pseudowire: ppp, attach: { socket: /run/${name}, peer: /run/${name}-peer } }`;
  using world = new World(false, `, version: 2, sessions: { ${session("s")}, ${session("t")} }`);
  const accepted: unknown[] = [];
  const call = {
    remoteEndId: new Uint8Array(),
    pseudowire: "ppp",
    accept: ({ name }: { name?: string }) => {
      accepted.push(name);
      return Promise.withResolvers().promise;
    },
  } as unknown as SessionRequest;
  const { connection } = connectionWithPeer([call, call]);
  await world.kept.accept(
    { accept: () => Promise.resolve(connection) } as unknown as ConnectionRequest,
  );
  await settled();
  assertEquals(accepted, ["s", "t"]);
});

Deno.test("a request for something else than is configured does nothing to the session that is there", async () => {
  const session = "s: { attach: { socket: /run/s, peer: /run/s-peer } }";
  using world = new World(true, `, sessions: { ${session} }`);
  let [asked, refused] = [0, 0];
  const request = {
    remoteEndId: new TextEncoder().encode("s"),
    pseudowire: "hdlc",
    refuse: () => refused++,
  } as unknown as SessionRequest;
  const { connection, ask } = connectionAskedLater(request, () => {
    asked++;
    return Promise.resolve({ closed: new Promise(() => {}) } as unknown as Session);
  });
  await world.attempts[0]!.succeed(connection);
  await ask();
  assertEquals([asked, refused], [1, 1]);
  assertMatch(world.log.join("\n"), /WARN .*asks for hdlc: s is ethernet here; .* there stays$/);
});

Deno.test("who was taken down by its operator calls nobody", async () => {
  using world = new World(false);
  await world.kept.down();
  await world.hearStray();
  assertEquals(world.attempts, []);
});

Deno.test("a side that waits to try again tries at once when the peer is heard", async () => {
  using world = new World(true);
  await world.attempts[0]!.fail({ cause: "timeout", text: "no answer" });
  assertEquals(world.kept.status().state, "waiting");
  await world.hearStray();
  assertEquals([world.attempts.length, world.kept.status().state], [2, "connecting"]);
  assertEquals(world.kept.status().retryAt, undefined);
});

Deno.test("a lost tie is no failure: the peer's own connection is waited for, and taken", async () => {
  using world = new World(true);
  const before = Date.now();
  await world.attempts[0]!.fail({ cause: "remote", resultCode: 3, text: "already exists" });
  const { state, failures, lastError, retryAt } = world.kept.status();
  assertEquals([state, failures, lastError], ["waiting", 0, null]);
  assert(Date.parse(retryAt!) - before > 2_000, "time for the peer");
  assertEquals(world.log, ["INFO site-b: connecting to 198.51.100.7"]);
  const { connection } = connectionWithPeer();
  const request = { accept: () => Promise.resolve(connection) } as unknown as ConnectionRequest;
  await world.kept.accept(request);
  assertEquals(world.log, ["INFO site-b: established with b.example at 198.51.100.7"]);
  assertEquals(world.attempts.length, 1);
});

Deno.test("an end that somebody wanted is news, one that nobody wanted a warning; what comes next is said", async () => {
  const cases: [boolean, CloseReason, RegExp][] = [
    [
      true,
      { cause: "remote", resultCode: 6, text: "being shut down" },
      /^INFO site-b: closed by b.example at 198.51.100.7: being shut down; next attempt in \d\.\d s$/,
    ],
    [
      false,
      { cause: "remote", resultCode: 1, text: "general request" },
      /^INFO site-b: closed by b.example at 198.51.100.7: general request; waiting for the peer$/,
    ],
    [
      false,
      { cause: "remote", resultCode: 2, text: "general error" },
      /^WARN site-b: closed by b.example at 198.51.100.7: general error; waiting for the peer$/,
    ],
    [
      true,
      { cause: "timeout", text: "no answer" },
      /^WARN site-b: lost b.example at 198.51.100.7: no answer; next attempt/,
    ],
  ];
  for (const [initiate, reason, expected] of cases) {
    using world = new World(initiate);
    const { connection, end } = connectionWithPeer();
    await world.kept.accept(
      { accept: () => Promise.resolve(connection) } as unknown as ConnectionRequest,
    );
    world.log;
    await end(reason);
    assertMatch(world.log.join("\n"), expected);
  }
});

Deno.test("when the daemon stops, the end of its connections is no warning, and nothing comes next", async () => {
  using world = new World(true);
  const { connection, end } = connectionWithPeer();
  await world.attempts[0]!.succeed(connection);
  world.log;
  world.kept.abandon();
  await end({ cause: "local", resultCode: 6, text: "closed by its operator" });
  assertMatch(
    world.log.join("\n"),
    /^INFO site-b: disconnected from b.example at 198.51.100.7: closed by its operator$/,
  );
});
