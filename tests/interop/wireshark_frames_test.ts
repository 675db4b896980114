/**
 * What our pseudowires carry, overheard: of every type tshark's dissectors must find the very packet
 * inside that a host has sent, below the headers that the type is to have.
 *
 * Each session has a control connection, and addresses, of its own: tshark learns from ICRQ, ICRP and
 * ICCN what the session's packets look like, and loses track where several are set up at once.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { LINKED_LANS, program, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon } from "../netns/daemon.ts";
import { FrameSocket, testFrame } from "../netns/frame_socket.ts";
import { type End, makeTwoSites, type TwoSites } from "../netns/two_sites.ts";
import {
  addressOf,
  ALL_WAYS,
  interfaceOf,
  isRouted,
  kindsOf,
  sessionOf,
  type Way,
} from "../netns/pseudowire_kinds.ts";
import { Capture } from "./lab/capture.ts";

const NEEDS = [...LINKED_LANS, program("tcpdump", "tcpdump"), program("tshark", "tshark")];

/** What tshark is to read of the headers of each kind, besides what is in the frame. */
const HEADERS: Readonly<Record<string, readonly [field: string, value: string][]>> = {
  ethernet: [["eth.type", "0x0800,0x0800"]],
  vlan: [["vlan.id", "200"], ["eth.type", "0x0800,0x8100"]],
  fr: [["fr.dlci", "100"], ["fr.nlpid", "0x00,0x80"], ["fr.snap.pid", "0x0007"]],
  frlong: [["fr.dlci", String(0x123456)], ["fr.nlpid", "0x00,0x80"], ["fr.snap.pid", "0x0007"]],
  hdlc: [["chdlc.address", "0x0f"], ["chdlc.protocol", "0x6558"]],
  hdlcppp: [["ppp.protocol", "0x0031"], ["bcp_bpdu.mac_type", "1"]],
  ppp: [["ppp.protocol", "0x0031"], ["bcp_bpdu.mac_type", "1"]],
  frtun: [["fr.dlci", "101"], ["fr.nlpid", "0xcc"]],
  hdlctun: [["chdlc.address", "0x0f"], ["chdlc.protocol", "0x0800"]],
  hdlcppptun: [["ppp.protocol", "0x0021"]],
  ppptun: [["ppp.protocol", "0x0021"]],
};

/** What tshark has to be told of: it knows no payload of type 4, and Cisco's HDLC alone. */
const DECODE_AS: Readonly<Record<string, string>> = {
  vlan: "l2tp.pw_type==4,eth",
  hdlcppp: "l2tp.pw_type==6,ppp",
  hdlcppptun: "l2tp.pw_type==6,ppp",
};

const FIELDS = [
  ...new Set(Object.values(HEADERS).flat().map(([field]) => field)),
  ...["ip.src", "ip.dst", "icmp.type", "vlan.etype", "eth.dst"],
];

const WAYS = ALL_WAYS.filter(({ kind }) => kind === "dynamic");
const CASES = WAYS.flatMap((way) => kindsOf(way).map((kind) => ({ way, kind })));

interface Case {
  readonly way: Way;
  readonly kind: string;
}

/** Where the tunnel of a case begins and ends. */
function outerAddress({ way, kind }: Case, end: End): string {
  const index = kindsOf(way).indexOf(kind);
  return `10.115.${10 + ALL_WAYS.indexOf(way)}.${(end === "a" ? 1 : 101) + index}`;
}

function configuration(sites: TwoSites, end: End): ConfigurationText {
  const other = end === "a" ? "b" : "a";
  const listen = CASES.map((each) => `${each.way.encapsulation}://${outerAddress(each, end)}`);
  return {
    listen,
    connections: Object.fromEntries(CASES.map((each) => {
      const { way, kind } = each;
      const name = interfaceOf(way, kind);
      return [name, {
        remote: outerAddress(each, other),
        local: outerAddress(each, end),
        encapsulation: way.encapsulation,
        version: way.version ?? 3,
        initiate: end === "a",
        secret: { file: "secret" },
        sessions: { [name]: sessionOf(way, kind, end, sites) },
      }];
    })),
  };
}

testRequiring(NEEDS, "tshark finds what hosts send in every pseudowire", async (t) => {
  await using namespaces = new Namespaces("lw-inner");
  const sites = await makeTwoSites(namespaces);
  for (const [end, site] of [["a", sites.siteA], ["b", sites.siteB]] as const) {
    const lines = CASES.map((each) => `address add ${outerAddress(each, end)}/24 dev wan`);
    await namespaces.ipBatch(site, lines);
  }
  await using capture = await Capture.start(namespaces, sites.siteA, "wan");
  await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b"));
  await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a"));
  await Promise.all([a.established(), b.established()]);
  for (const { way, kind } of CASES) {
    const ping = ["ping", "-c", "1", "-W", "1", addressOf(way, kind, "b")];
    const answers = async () => (await namespaces.run(sites.lanA, ping)).code === 0;
    await eventually(answers, () => `${a.log}\n${b.log}`, 10_000);
    if (isRouted(kind)) continue;
    using near = new FrameSocket(sites.lanA, interfaceOf(way, kind));
    using far = new FrameSocket(sites.lanB, interfaceOf(way, kind));
    near.send(testFrame(200, [[0x8100, 100]]));
    assertEquals(far.receive(5000)?.length, 200);
  }
  const read = new Map<string | undefined, Promise<Reading[]>>();
  for (const each of CASES) {
    await t.step(interfaceOf(each.way, each.kind), async () => {
      const decodeAs = DECODE_AS[each.kind];
      const reading = read.get(decodeAs) ?? readings(capture, decodeAs);
      read.set(decodeAs, reading);
      judgeFrames(await reading, each);
    });
  }
});

/** A packet as tshark reads it: each of `FIELDS`, a comma between the values of one. */
type Reading = Readonly<Record<string, string>>;

async function readings(capture: Capture, decodeAs: string | undefined): Promise<Reading[]> {
  const lines = await capture.packets("icmp.type == 8 || vlan.id == 100", FIELDS, decodeAs);
  return lines.map((line) =>
    Object.fromEntries(line.map((value, index) => [FIELDS[index], value]))
  );
}

function judgeFrames(all: readonly Reading[], each: Case): void {
  const { way, kind } = each;
  const own = all.filter(({ "ip.src": source }) =>
    source?.split(",")[0] === outerAddress(each, "a")
  );
  const request = own.findLast((reading) => reading["icmp.type"] === "8");
  assertEquals(request?.["ip.dst"], `${outerAddress(each, "b")},${addressOf(way, kind, "b")}`);
  for (const [field, value] of HEADERS[kind]!) assertEquals(request?.[field], value, field);
  if (isRouted(kind)) return;
  const [tagged] = own.filter((reading) => reading["icmp.type"] === "");
  assertEquals(tagged?.["vlan.id"], kind === "vlan" ? "200,100" : "100");
  const inner = ["vlan.etype", "eth.dst"].map((field) => tagged?.[field]?.split(",").at(-1));
  assertEquals(inner, ["0x88b5", "ff:ff:ff:ff:ff:ff"]);
}
