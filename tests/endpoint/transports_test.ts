/** Which sockets and addresses an endpoint uses: families, encapsulations, names, namespaces. */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { NameResolutionError, openEndpoint, SystemError } from "../../mod.ts";
import type { SocketBinding } from "../../src/dataplane/commands.ts";
import type { Dataplane } from "../../src/dataplane/dataplane.ts";
import { Transports } from "../../src/endpoint/transports.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { resolveHost } from "../../src/endpoint/resolve_host.ts";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring } from "../harness/requires.ts";
import { addressOf, carry, frameOf, next, openLocal, openStreams } from "./loopback.ts";

const PEERS = [{ name: "near", secret: "s" }];

Deno.test("a connection goes by the family of the peer's address", async () => {
  const listen = ["udp://127.0.0.1:0", "udp://[::1]:0"];
  await using near = await openEndpoint({ hostName: "near", routerId: 1, listen });
  await using far = await openEndpoint({ hostName: "far", routerId: 2, listen, peers: PEERS });
  const port = far.listening.find(({ address }) => address === "::1")!.port;
  const answering = next(far.connectionRequests()).then((request) => request.accept());
  const connection = await near.connect(`[::1]:${port}`, { secret: "s" });
  assertEquals([connection.path.local.address, connection.path.remote.address], ["::1", "::1"]);
  const sessions = await openStreams({ near: connection, far: await answering });
  assertEquals(await carry(sessions.near, sessions.far, [frameOf(6)]), [frameOf(6)]);
});

Deno.test("an endpoint that listens on nothing connects from a port of its own, by name", async () => {
  await using near = await openEndpoint({ hostName: "near", routerId: 1, listen: [] });
  await using far = await openLocal("far", PEERS);
  assertEquals(near.listening, []);
  const answering = next(far.connectionRequests()).then((request) => request.accept());
  const port = far.listening[0]!.port;
  const local = "127.0.0.1";
  const connection = await near.connect(`localhost:${port}`, { secret: "s", local });
  await answering;
  assertEquals(connection.name, `localhost:${port}`);
  assertEquals(connection.path.remote, { address: "127.0.0.1", port });
  assert(connection.path.local.port > 0);
});

Deno.test("a local address of the other family, or not ours, is an error", async () => {
  await using near = await openLocal("near");
  await assertRejects(() => near.connect("127.0.0.1", { local: "::1" }), NameResolutionError);
  await assertRejects(() => near.connect("127.0.0.1", { local: "192.0.2.1" }), SystemError);
  await assertRejects(() => near.connect("[::1]:1", { encapsulation: "ip" }), RangeError, "ports");
});

Deno.test("a port that is taken is refused, also by another endpoint of this program", async () => {
  await using near = await openLocal("near");
  const listen = [`udp://${addressOf(near)}`];
  const error = await assertRejects(() => openEndpoint({ listen }), SystemError);
  assertEquals(error.code, "EADDRINUSE");
});

Deno.test("what finds no room in a receive buffer is counted, for control and for data", async () => {
  await using endpoint = await openLocal("near");
  const { dataDrops, controlDrops } = endpoint.counters();
  assertEquals([dataDrops["receiveBuffer"], controlDrops["receive-buffer"]], [0, undefined]);
  using sender = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  const [to] = endpoint.listening;
  // Nobody reads the control socket before this is over: 20 MB are more than it has room for.
  const control = new Uint8Array(1000).fill(0xc8, 0, 1);
  for (let count = 0; count < 20_000; count++) sender.send(control, sender.local, to!);
  assert((endpoint.counters().controlDrops["receive-buffer"] ?? 0) > 0);
  assertEquals(endpoint.counters().dataDrops["receiveBuffer"], 0);
});

Deno.test("a socket that is being given back is not lent again, but opened anew", async () => {
  const removal = Promise.withResolvers<void>();
  const transports = new Transports({
    dataplane: {
      workers: 1,
      addSocket: () => Promise.resolve(),
      removeSocket: () => removal.promise,
    } as unknown as Dataplane,
    namespace: undefined,
    offload: { segmentation: false, aggregation: false },
    watch: () => () => {},
    onReadable: () => {},
  });
  const end = { address: "127.77.1.1", port: 1701 };
  const path = { encapsulation: "udp", local: end, remote: end } as const;
  const giving = transports.giveBack(await transports.lend(path, 1));
  const lending = transports.lend(path, 2);
  removal.resolve();
  await giving;
  const again = await lending;
  assertStrictEquals(transports.find(path), again);
  transports.close();
});

Deno.test("a data socket cuts and aggregates where that is wanted, and nowhere else", async () => {
  for (const [segmentation, aggregation] of [[true, true], [true, false], [false, true]] as const) {
    const bindings: SocketBinding[] = [];
    const transports = new Transports({
      dataplane: {
        workers: 1,
        addSocket: (binding: SocketBinding) => Promise.resolve(void bindings.push(binding)),
      } as unknown as Dataplane,
      namespace: undefined,
      offload: { segmentation, aggregation },
      watch: () => () => {},
      onReadable: () => {},
    });
    const end = { address: "127.77.1.2", port: 1701 };
    await transports.lend({ encapsulation: "udp", local: end, remote: end }, 1);
    const asked = bindings.map(({ segments, aggregates }) => ({ segments, aggregates }));
    assertEquals(asked, [{ segments: segmentation, aggregates: aggregation }]);
    transports.close();
  }
});

Deno.test("names are resolved as the system does it, and literals are their own", async () => {
  assert((await resolveHost("localhost")).every((address) => /^(127\.|::1)/.test(address)));
  assertEquals(await resolveHost("2001:DB8::1"), ["2001:db8::1"]);
  await assertRejects(() => resolveHost("nowhere.invalid"), NameResolutionError, "nowhere.invalid");
});

testRequiring(
  [root, iproute2],
  "sessions pass over IP protocol 115, both families, sockets in namespaces",
  async () => {
    await using namespaces = new Namespaces("lwE-ip");
    const [a, b] = [await namespaces.add("a"), await namespaces.add("b")];
    await namespaces.link(
      { namespace: a, name: "wan", addresses: ["192.0.2.1/24", "fd00:115::1/64"] },
      { namespace: b, name: "wan", addresses: ["192.0.2.2/24", "fd00:115::2/64"] },
    );
    const encapsulation = "ip";
    const listen = ["ip://0.0.0.0", "ip://[::]"];
    await using near = await openEndpoint({ hostName: "near", namespace: a, listen });
    await using far = await openEndpoint({
      hostName: "far",
      namespace: b,
      listen,
      peers: [{ name: "near", encapsulation, remote: ["192.0.2.1", "fd00:115::1"] }],
    });
    // The first local IPv4 address of the namespace.
    assertEquals([near.routerId, far.routerId], [0xc0000201, 0xc0000202]);
    for (const remote of ["192.0.2.2", "fd00:115::2"]) {
      const answering = next(far.connectionRequests()).then((request) => request.accept());
      const connection = await near.connect(remote, { encapsulation });
      assertEquals([connection.path.local.port, connection.path.remote.port], [0, 0]);
      const sessions = await openStreams({ near: connection, far: await answering });
      assertEquals(await carry(sessions.near, sessions.far, [frameOf(7)]), [frameOf(7)]);
      assertEquals(await carry(sessions.far, sessions.near, [frameOf(8)]), [frameOf(8)]);
    }
    await assertRejects(
      () => near.connect("198.51.100.1", { encapsulation }),
      SystemError,
      "route",
    );
  },
);
