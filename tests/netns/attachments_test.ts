/**
 * Attachments that are there already: an interface of others, and a Unix datagram socket by which a
 * program speaks Frame Relay.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { TrafficPair } from "../../src/cli/traffic_pair.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { readCapture } from "../../src/endpoint/pcapng.ts";
import { libc } from "../../src/io/libc.ts";
import { openUnixDatagram, UnixDatagramWriter } from "../../src/io/unix_datagram.ts";
import { type Refusal, refusing } from "../harness/refusing_kernel.ts";
import { LINKED_LANS, program, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { type End, makeTwoSites, sitesFrom, type TwoSites } from "./two_sites.ts";

const TCP_OCTETS = 20_000_000;

/** One static session with its attachment, as end A or B has it. */
function configuration(end: End, session: ConfigurationText): ConfigurationText {
  const [own, other] = sitesFrom(end);
  const [localSessionId, remoteSessionId] = end === "a" ? [1, 2] : [2, 1];
  return {
    listen: [`udp://${own.ipv4}`],
    static: {
      s: {
        remote: other.ipv4,
        local: own.ipv4,
        localSessionId,
        remoteSessionId,
        localPort: 5000,
        remotePort: 5000,
        ...session,
      },
    },
  };
}

/** Gives a site a port: a veth pair, the other end of which is in the LAN. */
async function addPort({ namespaces }: TwoSites, site: string, lan: string, address: string) {
  await namespaces.link(
    { namespace: lan, name: "eth0", addresses: [`${address}/24`] },
    { namespace: site, name: "port", addresses: [] },
    1400,
  );
}

/** What each pseudowire that can carry Ethernet says besides. */
const BRIDGING: Readonly<Record<string, ConfigurationText>> = {
  ethernet: {},
  "frame-relay": { frameRelay: { dlci: 100 } },
  hdlc: { hdlc: "cisco" },
  ppp: {},
};

/** Each of them, and Ethernet once more where the kernel does not keep what is sent from us. */
const PORTS: readonly [name: string, pseudowire: string, refused: readonly Refusal[]][] = [
  ...Object.keys(BRIDGING).map((each): [string, string, Refusal[]] => [each, each, []]),
  ["ethernet, on a kernel before 4.20", "ethernet", ["ignore-outgoing"]],
];

for (const [what, pseudowire, refused] of PORTS) {
  const name = "an interface of others is a port: tags are kept, TCP passes, nothing comes twice";
  testRequiring(LINKED_LANS, `${name}: ${what} [ETH-16, ETH-17]`, async () => {
    await using namespaces = new Namespaces("lw-port");
    const sites = await makeTwoSites(namespaces);
    await addPort(sites, sites.siteA, sites.lanA, "10.96.0.1");
    await addPort(sites, sites.siteB, sites.lanB, "10.96.0.2");
    const session = { pseudowire, ...BRIDGING[pseudowire], attach: { interface: "port" } };
    const start = (end: End, site: string) =>
      Daemon.start(
        namespaces,
        site,
        configuration(end, session),
        (command) => refused.length > 0 ? refusing(refused, command) : command,
      );
    await using b = await start("b", sites.siteB);
    await using a = await start("a", sites.siteA);
    await Promise.all([a.established(), b.established()]);
    // PPP's first request may have found nobody; the next comes 3 s later (RFC 1661 §4.6).
    const ping = ["ping", "-c", "1", "-W", "1", "10.96.0.2"];
    const answers = async () => (await namespaces.run(sites.lanA, ping)).code === 0;
    await eventually(answers, () => `${a.log}\n${b.log}`, 10_000);
    {
      using near = new FrameSocket(sites.lanA, "eth0");
      using far = new FrameSocket(sites.lanB, "eth0");
      const tags: [number, number][][] = [[], [[0x8100, 0xa064]], [[0x88a8, 5], [0x8100, 0xe064]]];
      for (const frame of tags.map((each) => testFrame(1000, each))) {
        near.send(frame);
        assertEquals(far.receive(5000), frame);
        far.send(frame);
        assertEquals(near.receive(5000), frame);
      }
      // What this host sends by its port is no frame of the line.
      using own = new FrameSocket(sites.siteB, "port");
      own.send(testFrame(1000));
      assertEquals(far.receive(5000), testFrame(1000));
      assertEquals(near.receive(50), undefined);
    }
    await using traffic = await TrafficPair.start(namespaces, sites.lanA, sites.lanB);
    await traffic.move("10.96.0.2", TCP_OCTETS);
  });
}

testRequiring(
  LINKED_LANS,
  "hosts behind an interface are told by its line what fits the path [V3-MTU-03]",
  async () => {
    await using namespaces = new Namespaces("lw-answer");
    const sites = await makeTwoSites(namespaces, 1300);
    await addPort(sites, sites.siteA, sites.lanA, "10.96.0.1");
    await addPort(sites, sites.siteB, sites.lanB, "10.96.0.2");
    const session = { oversize: "answer", attach: { interface: "port" } };
    await using b = await Daemon.start(namespaces, sites.siteB, configuration("b", session));
    await using a = await Daemon.start(namespaces, sites.siteA, configuration("a", session));
    await Promise.all([a.established(), b.established()]);
    const { static: [status] } = await a.status();
    const ping = ["ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1300"];
    const { stdout } = await namespaces.run(sites.lanA, [...ping, "10.96.0.2"]);
    assertMatch(stdout, new RegExp(`mtu ?= ?${status!.path.payload}`));
  },
);

/** A session of one end whose frames a program gives and takes; the program's socket is beside. */
function circuitOf(end: End, folder: string): ConfigurationText {
  return {
    pseudowire: "frame-relay",
    frameRelay: { dlci: end === "a" ? 100 : 200 },
    attach: { socket: `${folder}/${end}`, peer: `${folder}/${end}-program` },
  };
}

/** Q.922 addresses of DLCI 100 and 200, and what follows them. */
const DLCI_100 = [0x18, 0x41];
const DLCI_200 = [0x30, 0x81];
const REST = [0x03, 0xcc, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];

testRequiring(
  LINKED_LANS,
  "a program speaks Frame Relay by a Unix datagram socket [FR-16, FR-20]",
  async () => {
    await using namespaces = new Namespaces("lw-fr");
    const sites = await makeTwoSites(namespaces);
    const folder = await Deno.makeTempDir({ prefix: "longwire-fr-" });
    const session = (end: End): ConfigurationText => ({
      pseudowire: "frame-relay",
      frameRelay: { dlci: end === "a" ? 100 : 200 },
      attach: { socket: `${folder}/${end}`, peer: `${folder}/${end}-program` },
    });
    using near = openUnixDatagram(`${folder}/a-program`);
    using far = openUnixDatagram(`${folder}/b-program`);
    const batch = new FrameBatch(1);
    const writer = new UnixDatagramWriter(batch, `${folder}/a`);
    const send = (frame: readonly number[]) => {
      batch.place(0, Uint8Array.from(frame));
      assertEquals(writer.write(near.number, batch.starts[0]!, frame.length), frame.length);
    };
    try {
      await using b = await Daemon.start(namespaces, sites.siteB, configuration("b", session("b")));
      await using a = await Daemon.start(namespaces, sites.siteA, configuration("a", session("a")));
      await Promise.all([a.established(), b.established()]);
      send([...DLCI_200, ...REST]);
      send([...DLCI_100, ...REST]);
      const room = new Uint8Array(new ArrayBuffer(2000));
      let length = 0;
      const arrived = () => (length = libc().recv(far.number, room, room.length, 0)) > 0;
      await eventually(arrived, () => `${a.log}\n${b.log}`);
      assertEquals([...room.subarray(0, length)], [...DLCI_200, ...REST]);
      const { static: [status] } = await a.status();
      assertEquals(status!.counters.drops.address, 1, "the other DLCI is none of this session's");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testRequiring(
  [...LINKED_LANS, program("python3", "python3")],
  "the example speaks Frame Relay with a TUN: its Inverse ARP is answered [FR-16, FR-20, MPFR-04]",
  async () => {
    await using namespaces = new Namespaces("lw-inarp");
    const sites = await makeTwoSites(namespaces);
    const folder = await Deno.makeTempDir({ prefix: "longwire-inarp-" });
    const example = new URL("../../examples/frame_relay_socket.py", import.meta.url).pathname;
    const tun: ConfigurationText = {
      ...circuitOf("b", folder),
      attach: { tun: "fr0", address: "10.0.0.2/24", namespace: sites.lanB },
    };
    try {
      await using b = await Daemon.start(namespaces, sites.siteB, configuration("b", tun));
      const own = configuration("a", circuitOf("a", folder));
      await using a = await Daemon.start(namespaces, sites.siteA, own);
      await Promise.all([a.established(), b.established()]);
      const speaker = new Deno.Command("python3", {
        args: [example, `${folder}/a-program`, `${folder}/a`, "100", "10.0.0.1"],
        stdout: "piped",
      }).spawn();
      const said = speaker.stdout.getReader();
      const line = new TextDecoder().decode((await said.read()).value);
      await said.cancel();
      speaker.kill();
      await speaker.status;
      // The end of the line may come in a piece of its own.
      assertEquals(line.trimEnd(), "DLCI 100 leads to 10.0.0.2");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testRequiring(
  LINKED_LANS,
  "the example's capture is played at one end and recorded at the other",
  async () => {
    await using namespaces = new Namespaces("lw-pcap");
    const sites = await makeTwoSites(namespaces);
    const folder = await Deno.makeTempDir({ prefix: "longwire-pcap-" });
    const play = new URL("../../examples/frame-relay.pcap", import.meta.url).pathname;
    const record = `${folder}/answers.pcapng`;
    const line = (pcap: Record<string, unknown>): ConfigurationText => ({
      pseudowire: "frame-relay",
      attach: { pcap },
    });
    const framesOf = (file: string) =>
      [...readCapture(Deno.readFileSync(file))].map(({ linkType, octets }) => [linkType, octets]);
    try {
      const far = configuration("b", line({ record }));
      await using b = await Daemon.start(namespaces, sites.siteB, far);
      await b.established();
      const near = configuration("a", line({ play, pace: "fast" }));
      await using a = await Daemon.start(namespaces, sites.siteA, near);
      await a.logged(/frame-relay\.pcap: 6 frames played/, 5000);
      const state = () => `${a.log}\n${b.log}`;
      await eventually(() => framesOf(record).length === 6, state);
      assertEquals(framesOf(record), framesOf(play));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
