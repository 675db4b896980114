/**
 * Real workers with TUNs in network namespaces: PPP sessions of L2TPv2 that carry packets, one TUN
 * that sessions share, offloads, and control frames that pass by the main thread. Needs root.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { type Dataplane, openDataplane } from "../../src/dataplane/dataplane.ts";
import { openTransport, type Transport } from "../../src/dataplane/steering.ts";
import { openTun, type Tun } from "../../src/io/tun.ts";
import { L2TP_PORT } from "../../src/model/path.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { openDescriptors } from "../io/descriptors.ts";
import { eventually } from "../harness/eventually.ts";
import { v2DescriptorOf } from "./sessions.ts";
import { command, Ground, ip, SOCKET_KEY } from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2, program("ping", "iputils-ping")];
const OPEN = { ipv4: true, ipv6: true, bridged: false };
const OUTER = ["10.115.0.1", "10.115.0.2"] as const;

/** The LNS's own addresses, and its two clients', by session. */
const SERVER = ["10.92.0.254", "fd00:92::fe"];
const CLIENTS: readonly (readonly string[])[] = [
  ["10.92.0.1", "fd00:92::1"],
  ["10.92.0.2", "fd00:92::2"],
];

/** The session of client `index`, as the first site (0) or the second has it. */
function descriptorAt(end: 0 | 1, index: number): SessionDescriptor {
  const ids = [{ tunnel: 100, session: 10 + index }, { tunnel: 200, session: 20 + index }];
  const [local, remote] = end === 0 ? ids : ids.toReversed();
  return v2DescriptorOf({
    framing: "routed",
    path: {
      encapsulation: "udp",
      local: { address: OUTER[end], port: L2TP_PORT },
      remote: { address: OUTER[1 - end]!, port: L2TP_PORT },
    },
    localTunnelId: local!.tunnel,
    remoteTunnelId: remote!.tunnel,
    localSessionId: local!.session,
    remoteSessionId: remote!.session,
    transmitSequencing: index === 0 ? "none" : "all",
  });
}

interface Site {
  readonly dataplane: Dataplane;
  readonly tuns: readonly Tun[];
  /** What was for the main thread, by session. */
  readonly punted: Uint8Array[][];
}

/** An LNS with one TUN in a namespace, and two clients with a TUN each in namespaces of their own. */
class Link implements AsyncDisposable {
  readonly ground: Ground;
  readonly server: Site;
  readonly clients: Site;
  readonly namespaces: readonly string[];
  readonly #opened: AsyncDisposableStack;

  private constructor(
    ground: Ground,
    server: Site,
    clients: Site,
    namespaces: readonly string[],
    opened: AsyncDisposableStack,
  ) {
    this.ground = ground;
    this.server = server;
    this.clients = clients;
    this.namespaces = namespaces;
    this.#opened = opened;
  }

  static async open(prefix: string, offloads: boolean): Promise<Link> {
    await using opened = new AsyncDisposableStack();
    const ground = opened.use(new Ground(prefix));
    const namespaces = [`${prefix}-la`, `${prefix}-a`];
    const site = async (end: 0 | 1): Promise<Site> => {
      const transport = openTransport({
        encapsulation: "udp",
        address: "0.0.0.0",
        namespace: `${prefix}-${end === 0 ? "a" : "b"}`,
      });
      opened.adopt(transport, (open: Transport) => open.close());
      const dataplane = openDataplane();
      const tuns = end === 0
        ? CLIENTS.map((own, index) => openTunAt(namespaces[index]!, own, SERVER, offloads))
        : [openTunAt(`${prefix}-lb`, SERVER, CLIENTS.flat(), offloads)];
      for (const tun of tuns) opened.adopt(tun, (open) => open.close());
      opened.use(dataplane);
      const { data } = transport;
      await dataplane.addSocket({
        key: SOCKET_KEY,
        fd: data.descriptor.number,
        encapsulation: "udp",
        family: "ipv4",
        segments: offloads && data.canSegment(),
        aggregates: offloads && data.enableAggregation(),
      });
      const punted: Uint8Array[][] = CLIENTS.map(() => []);
      for (const [index, addresses] of CLIENTS.entries()) {
        const fd = (tuns[index] ?? tuns[0]!).descriptor.number;
        await dataplane.installSession({
          key: index,
          descriptor: descriptorAt(end, index),
          socketKey: SOCKET_KEY,
          port: {
            kind: "tun",
            fd,
            offloads,
            coalesces: offloads,
            routes: end === 0 ? undefined : addresses,
          },
          onPunt: (frames) => punted[index]!.push(...frames),
          transmit: true,
        });
      }
      return { dataplane, tuns, punted };
    };
    const [clients, server] = [await site(0), await site(1)];
    return new Link(ground, server, clients, namespaces, opened.move());
  }

  /** Opens every session's protocols at both ends. */
  async openProtocols(): Promise<void> {
    for (const { dataplane } of [this.clients, this.server]) {
      for (const key of CLIENTS.keys()) await dataplane.setPppProtocols(key, OPEN);
    }
  }

  /** Pings from a client's namespace, once; a loaded machine may take its time to answer. */
  ping(client: number, words: string, waitS = 5): boolean {
    const line = `netns exec ${this.namespaces[client]} ping -n -q -c 1 -W ${waitS} ${words}`;
    const options = { args: line.split(" "), stdout: "null", stderr: "null" } as const;
    return new Deno.Command("ip", options).outputSync().success;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

function openTunAt(
  namespace: string,
  own: readonly string[],
  others: readonly string[],
  offloads: boolean,
): Tun {
  const tun = openTun({ name: "lw0", namespace, offloadHeader: offloads });
  if (offloads) tun.enableOffloads();
  // The kernel would give it an address of its own accord, and speak from it.
  ip(`-n ${namespace} link set lw0 addrgenmode none`);
  ip(`-n ${namespace} link set lw0 mtu 1400 up`);
  ip(`-n ${namespace} addr add ${own[0]}/32 dev lw0`);
  ip(`-n ${namespace} addr add ${own[1]}/128 dev lw0 nodad`);
  for (const other of others) ip(`-n ${namespace} route add ${other} dev lw0`);
  return tun;
}

for (const offloads of [false, true]) {
  const name = offloads ? "all" : "nothing";
  testRequiring(
    NEEDS,
    `clients reach their LNS through one TUN, ${name} offloaded [V2-DP-01, PPP-04]`,
    async () => {
      await using link = await Link.open(`lwU${Number(offloads)}`, offloads);
      assertEquals(link.ping(0, SERVER[0]!, 0.3), false, "no protocol is open yet");
      await link.openProtocols();
      for (const [client] of CLIENTS.entries()) {
        for (const address of SERVER) assertEquals(link.ping(client, address), true, address);
        const { drops, receivedFrames } = link.server.dataplane.counters(client);
        assertEquals([drops.spoofed, receivedFrames >= 2], [0, true]);
      }
      assertEquals(link.clients.dataplane.counters(0).drops.protocolClosed >= 1, true);
    },
  );
}

testRequiring(NEEDS, "20 MB of TCP pass through TUNs with offloads, both ways", async () => {
  await using link = await Link.open("lwU2", true);
  await link.openProtocols();
  const { ground: { prefix }, namespaces: [client = ""] } = link;
  const server = `${prefix}-lb`;
  await using processes = new Namespaces(prefix);
  for (
    const [from, to, address] of [[client, server, SERVER[0]!], [server, client, CLIENTS[0]![0]!]]
  ) {
    await using traffic = await TrafficPair.start(processes, from!, to!);
    await traffic.move(address!, 20_000_000);
  }
  const { drops } = link.server.dataplane.counters(0);
  assertEquals([drops.malformed, drops.spoofed, drops.protocol], [0, 0, 0]);
});

testRequiring(
  NEEDS,
  "a client cannot send as another, nor be reached at what is not its own",
  async () => {
    await using link = await Link.open("lwU3", false);
    await link.openProtocols();
    const { dataplane } = link.server;
    const [, second] = CLIENTS;
    ip(`-n ${link.namespaces[0]} addr add ${second![0]}/32 dev lw0`);
    assertEquals(link.ping(0, `-I ${second![0]} ${SERVER[0]}`, 0.3), false);
    await eventually(() => dataplane.counters(0).drops.spoofed === 1, "a drop");
    assertEquals(dataplane.counters(1).receivedFrames, 0);
    await dataplane.setRoutes(1, [second![0]!, "10.93.0.0/16"]);
    ip(`-n ${link.namespaces[1]} addr add 10.93.1.1/32 dev lw0`);
    ip(`-n ${link.ground.prefix}-lb route add 10.93.0.0/16 dev lw0`);
    assertEquals(link.ping(1, `-I 10.93.1.1 ${SERVER[0]}`), true);
    await dataplane.removeSession(1);
    const before = dataplane.workerCounters().drops.noRoute;
    const line = `netns exec ${link.ground.prefix}-lb ping -n -q -c 1 -W 0.3 ${second![0]}`;
    new Deno.Command("ip", { args: line.split(" "), stdout: "null" }).outputSync();
    const noRoute = () => dataplane.workerCounters().drops.noRoute;
    await eventually(() => noRoute() === before + 1, "a drop");
    assertEquals(link.ping(0, SERVER[0]!), true, "the other session is not disturbed");
  },
);

testRequiring(
  NEEDS,
  "control frames pass between the main threads, whole, and not without bound",
  async () => {
    await using link = await Link.open("lwU4", false);
    const request = Uint8Array.of(0xff, 0x03, 0xc0, 0x21, 1, 1, 0, 8, 5, 6, 7, 8);
    const chap = Uint8Array.of(0xc2, 0x23, 1, 1, 0, 4);
    await link.clients.dataplane.transmitPayloads(1, [request, chap]);
    const arrived = link.server.punted[1]!;
    await eventually(() => arrived.length === 2, "both frames arrive");
    assertEquals(arrived, [request, chap]);
    for (let n = 0; n < 20; n++) {
      await link.clients.dataplane.transmitPayloads(0, new Array(50).fill(request));
    }
    const flooded = link.server.dataplane;
    await eventually(() => flooded.counters(0).drops.punted > 0, "what is too much is dropped");
    assertEquals(flooded.counters(1).drops.punted, 0);
    assertEquals(link.server.punted[0]!.length < 1000, true);
  },
);

testRequiring(
  NEEDS,
  "a TUN that is deleted is told to each of its sessions; nothing is left open",
  async () => {
    const round = async () => {
      await using link = await Link.open("lwU5", false);
      await link.openProtocols();
      const { dataplane, tuns } = link.server;
      const gone: number[] = [];
      for (const key of CLIENTS.keys()) {
        await dataplane.removeSession(key);
        await dataplane.installSession({
          key,
          descriptor: descriptorAt(1, key),
          socketKey: SOCKET_KEY,
          port: {
            kind: "tun",
            fd: tuns[0]!.descriptor.number,
            routes: CLIENTS[key]!,
            onGone: () => gone.push(key),
          },
        });
      }
      command("ip", `-n ${link.ground.prefix}-lb link del lw0`);
      await eventually(() => gone.length === 2, "both sessions are told");
      assertEquals(gone.toSorted(), [0, 1]);
    };
    await round();
    const before = openDescriptors().length;
    await round();
    await eventually(() => openDescriptors().length <= before, "no descriptor is left");
  },
);
