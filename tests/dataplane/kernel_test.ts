/**
 * Real workers, TAPs and sockets in network namespaces: frames from one LAN to another over every
 * transport, and what happens when an interface or the network is not there. Needs root.
 */

import { assertEquals } from "@std/assert";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { openDescriptors } from "../io/descriptors.ts";
import { eventually } from "../harness/eventually.ts";
import {
  ALL_OFFLOADS,
  type Carriage,
  closeSite,
  command,
  descriptorAt,
  Ground,
  ip,
  NO_OFFLOADS,
  openSite,
  SESSION_KEY,
  type Shape,
  type Site,
  type SiteOffloads,
  SOCKET_KEY,
} from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];
const ECHO_PORT = 7007;

const PLAIN: Shape = {
  encapsulation: "udp",
  family: "ipv4",
  cookie: new Uint8Array(0),
  sublayer: "none",
  sequencing: "none",
};

const SHAPES: readonly Shape[] = [
  PLAIN,
  { ...PLAIN, family: "ipv6", cookie: new Uint8Array(4).fill(0x44), sublayer: "default" },
  {
    ...PLAIN,
    encapsulation: "ip",
    cookie: new Uint8Array(8).fill(0x88),
    sublayer: "default",
    sequencing: "all",
  },
  {
    ...PLAIN,
    encapsulation: "ip",
    family: "ipv6",
    cookie: new Uint8Array(8).fill(0x88),
    sublayer: "default",
    sequencing: "non-ip",
  },
];

/** Both sites, and an ordinary UDP socket in each LAN: what they exchange are ARP and IP frames. */
class Link implements AsyncDisposable {
  readonly ground: Ground;
  readonly sites: readonly [Site, Site];
  readonly hosts: readonly [DatagramSocket, DatagramSocket];
  readonly #opened: AsyncDisposableStack;

  private constructor(
    ground: Ground,
    sites: readonly [Site, Site],
    hosts: readonly [DatagramSocket, DatagramSocket],
    opened: AsyncDisposableStack,
  ) {
    this.ground = ground;
    this.sites = sites;
    this.hosts = hosts;
    this.#opened = opened;
  }

  static async open(
    prefix: string,
    first: Shape,
    second: Shape = first,
    offloads: SiteOffloads = NO_OFFLOADS,
  ): Promise<Link> {
    await using opened = new AsyncDisposableStack();
    const ground = opened.use(new Ground(prefix));
    const site = async (end: 0 | 1, shape: Shape) =>
      opened.adopt(await openSite(ground, end, shape, offloads), closeSite);
    const sites = [await site(0, first), await site(1, second)] as const;
    const host = (end: 0 | 1) =>
      opened.use(openDatagramSocket({
        kind: "udp",
        address: `10.91.0.${end + 1}`,
        port: ECHO_PORT,
        receiveBuffer: 1 << 22,
        namespace: sites[end].lan,
      }));
    return new Link(ground, sites, [host(0), host(1)], opened.move());
  }

  /** One datagram from one LAN to the other. */
  send(end: 0 | 1, octets: Uint8Array): void {
    const [from, to] = [this.hosts[end], this.hosts[end === 0 ? 1 : 0]];
    assertEquals(from.send(octets, from.local, to.local), 0);
  }

  /** Sends a datagram and waits for it at the other end. */
  async pass(end: 0 | 1, octets: Uint8Array): Promise<void> {
    this.send(end, octets);
    let arrived: Uint8Array | undefined;
    const receiver = this.hosts[end === 0 ? 1 : 0];
    await eventually(
      () => (arrived = receiver.receive()?.octets.slice()) !== undefined,
      `${octets.length} octets from ${end}`,
    );
    assertEquals(arrived, octets);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

function payload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index * 7);
}

/** Ethernet as the other pseudowires bridge it. */
const CARRIAGES: readonly Carriage[] = [
  { pseudowire: "ppp", framing: "bridged" },
  { pseudowire: "frame-relay", framing: "bridged", frameRelay: { length: 2, dlci: 100 } },
  { pseudowire: "hdlc", framing: "bridged", hdlc: "cisco" },
];

const CASES = [
  ...SHAPES.flatMap((shape) =>
    [NO_OFFLOADS, ALL_OFFLOADS].map((offloads) => ({ shape, offloads }))
  ),
  ...CARRIAGES.map((carriage, index) => ({
    shape: { ...SHAPES[index]!, carriage },
    offloads: ALL_OFFLOADS,
  })),
];

for (const [index, { shape, offloads }] of CASES.entries()) {
  const { encapsulation, family, cookie, sublayer, sequencing, carriage } = shape;
  const name =
    `${
      carriage?.pseudowire ?? "ethernet"
    }, ${encapsulation} over ${family}, cookie ${cookie.length}, sublayer ${sublayer}, ` +
    `sequencing ${sequencing}, ${offloads === NO_OFFLOADS ? "nothing" : "all"} offloaded`;
  testRequiring(
    NEEDS,
    `${name}: small, full and jumbo frames pass both ways [V3-MTU-01]`,
    async () => {
      await using link = await Link.open(`lwDs${index}`, shape, shape, offloads);
      for (const length of [1, 1472, 8900]) {
        await link.pass(0, payload(length));
        await link.pass(1, payload(length));
      }
      for (const { dataplane } of link.sites) {
        const { drops, transmittedFrames, receivedFrames } = dataplane.counters(SESSION_KEY);
        // What IPv6 says before PPP's protocols are open is lost.
        const { protocolClosed: _early, ...others } = drops;
        assertEquals(Object.entries(others).filter(([, count]) => count > 0), []);
        // ARP and three datagrams each way, beside what IPv6 says of its own accord.
        assertEquals(transmittedFrames >= 4 && receivedFrames >= 4, true);
      }
    },
  );
}

testRequiring(NEEDS, "what was opened is closed again, down to the last descriptor", async () => {
  const round = async () => {
    await using link = await Link.open("lwD4", PLAIN);
    await link.pass(0, payload(100));
  };
  // The runtime opens some for itself when it first starts a worker and a command.
  await round();
  const before = openDescriptors().length;
  await round();
  await round();
  await eventually(() => openDescriptors().length <= before, "no descriptor is left");
});

testRequiring(NEEDS, "with a wrong cookie no frame passes [V3-DP-05]", async () => {
  const other = { ...PLAIN, cookie: new Uint8Array(8).fill(2) };
  await using link = await Link.open(
    "lwD5",
    { ...PLAIN, cookie: new Uint8Array(8).fill(1) },
    other,
  );
  const [first, second] = link.sites;
  for (let n = 0; n < 5; n++) link.send(0, payload(100));
  await eventually(() => second.dataplane.counters(SESSION_KEY).drops.cookie > 0, "a drop");
  assertEquals(second.dataplane.counters(SESSION_KEY).receivedFrames, 0);
  assertEquals(first.dataplane.counters(SESSION_KEY).transmittedFrames > 0, true);
});

testRequiring(
  NEEDS,
  "a TAP that is down loses frames and comes back; nothing else stops",
  async () => {
    await using link = await Link.open("lwD6", PLAIN);
    const { dataplane, lan } = link.sites[1];
    await link.pass(0, payload(100));
    ip(`-n ${lan} link set lw0 down`);
    const down = dataplane.counters(SESSION_KEY).drops.tapDown;
    link.send(0, payload(100));
    await eventually(() => dataplane.counters(SESSION_KEY).drops.tapDown > down, "a drop");
    ip(`-n ${lan} link set lw0 up`);
    await link.pass(0, payload(100));
    await link.pass(1, payload(100));
  },
);

testRequiring(
  NEEDS,
  "a TAP that is deleted is told of once, and its session can be removed",
  async () => {
    await using link = await Link.open("lwD7", PLAIN);
    const { dataplane, lan, tap } = link.sites[1];
    let gone = 0;
    await dataplane.removeSession(SESSION_KEY);
    await dataplane.installSession({
      key: SESSION_KEY,
      descriptor: descriptorAt(1, PLAIN),
      socketKey: SOCKET_KEY,
      port: { kind: "tap", fd: tap.descriptor.number, onGone: () => gone++ },
      transmit: true,
    });
    await link.pass(0, payload(100));
    ip(`-n ${lan} link del lw0`);
    await eventually(() => gone === 1, "the TAP is gone");
    link.send(0, payload(100));
    await eventually(() => dataplane.counters(SESSION_KEY).drops.tapDown > 0, "a drop");
    await dataplane.removeSession(SESSION_KEY);
    assertEquals(gone, 1);
  },
);

testRequiring(
  NEEDS,
  "without a way to the peer packets are counted, and the way may come back",
  async () => {
    await using link = await Link.open("lwD8", PLAIN);
    const { dataplane } = link.sites[0];
    const outer = `-n ${link.ground.prefix}-a`;
    await link.pass(0, payload(100));
    ip(`${outer} link set ul0 down`);
    link.send(0, payload(100));
    const unreachable = () => dataplane.counters(SESSION_KEY).drops.unreachable;
    await eventually(() => unreachable() > 0, "a drop");
    ip(`${outer} link set ul0 up`);
    await link.pass(0, payload(100));
  },
);

testRequiring(
  NEEDS,
  "where fragments are forbidden, what is too long for the path is counted",
  async () => {
    await using link = await Link.open("lwD9", PLAIN);
    const { dataplane, tap } = link.sites[0];
    // The neighbours are known from here on: what the peer sends goes to the other socket.
    await link.pass(0, payload(100));
    using strict = openDatagramSocket({
      kind: "udp",
      address: "10.115.0.1",
      fragmentation: "forbid",
      namespace: `${link.ground.prefix}-a`,
    });
    const fd = strict.descriptor.number;
    await dataplane.addSocket({ key: 2, fd, encapsulation: "udp", family: "ipv4" });
    await dataplane.removeSession(SESSION_KEY);
    const descriptor = descriptorAt(0, PLAIN);
    const port = { kind: "tap", fd: tap.descriptor.number } as const;
    await dataplane.installSession({ key: 2, descriptor, socketKey: 2, port, transmit: true });
    link.send(0, payload(8000));
    await eventually(() => dataplane.counters(2).drops.oversize === 1, "one frame too long");
    link.send(0, payload(100));
    await eventually(() => link.hosts[1].receive()?.octets.length === 100, "one that fits");
    await dataplane.removeSession(2);
    await dataplane.removeSocket(2);
  },
);

testRequiring(
  [...NEEDS, program("tc", "iproute2")],
  "a link that is slower than its sender holds it up for a moment instead of losing frames",
  async () => {
    await using link = await Link.open("lwD10", PLAIN);
    const { dataplane } = link.sites[0];
    const { prefix } = link.ground;
    const shaping =
      `-n ${prefix}-a qdisc add dev ul0 root tbf rate 100mbit burst 20000 limit 4000000`;
    command("tc", shaping);
    using small = openDatagramSocket({
      kind: "udp",
      address: "10.115.0.1",
      sendBuffer: 32_768,
      namespace: `${prefix}-a`,
    });
    using peer = openDatagramSocket({
      kind: "udp",
      address: "10.115.0.2",
      receiveBuffer: 1 << 23,
      namespace: `${prefix}-b`,
    });
    const fd = small.descriptor.number;
    await dataplane.addSocket({ key: 2, fd, encapsulation: "udp", family: "ipv4" });
    const { path, ...rest } = descriptorAt(0, PLAIN);
    const descriptor = { ...rest, localSessionId: 5, path: { ...path, remote: peer.local } };
    const port = { kind: "streams", onFrames: () => undefined } as const;
    await dataplane.installSession({ key: 2, descriptor, socketKey: 2, port, transmit: true });
    await dataplane.transmitFrames(2, new Array(1000).fill(payload(1000)));
    const { drops, transmittedFrames } = dataplane.counters(2);
    assertEquals([transmittedFrames, drops.noBuffer], [1000, 0]);
    let arrived = 0;
    await eventually(() => {
      while (peer.receive() !== undefined) arrived++;
      return arrived === 1000;
    }, "1,000 frames arrive");
  },
);
