/** `longwire import`: other systems' texts become checked configurations. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { loadConfiguration } from "../../src/config/load.ts";
import { typed } from "./recorded_terminal.ts";

const IP_L2TP = `Tunnel 20, encap UDP
  From 198.51.100.7 to 192.0.2.1
  Peer tunnel 10
  UDP source / dest ports: 5000/5001
  UDP checksum: disabled
Tunnel 21, encap IP
  From 2001:db8::7 to 2001:db8::1
  Peer tunnel 11
Session 2000 in tunnel 20
  Peer session 1000, tunnel 10
  interface name: lw0
  offset 0, peer offset 0
  cookie 0011223344556677  peer cookie 8899aabb
Session 2001 in tunnel 21
  Peer session 1001, tunnel 11
  interface name: l2tpeth1
  offset 0, peer offset 0
  sequence numbering: send recv
Session 2002 in tunnel 99
  Peer session 1002, tunnel 98
`;

const NETWORKD = `# A comment
[NetDev]
Name=l2tp-site
Kind=l2tp

[L2TP]
TunnelId=10
PeerTunnelId=11
Local=auto@eth0
Remote=192.0.2.2
EncapsulationType=udp
UDPSourcePort=3000
UDPDestinationPort=4000

[L2TPSession]
Name=l2tp-sess0
SessionId=25
PeerSessionId=26

[L2TPSession]
Name=l2tp-sess1
SessionId=27
PeerSessionId=28
Layer2SpecificHeader=none
`;

const GO_L2TP = `# ql2tpd
[tunnel.t1]
version = "l2tpv3"
encap = "udp"
local = "127.0.0.1:5000"
peer = "[2001:db8::2]:5001"
tid = 62719
ptid = 72819

[tunnel.t1.session.s1]
sid = 12389
psid = 1234
pseudowire = "eth"
cookie = [ 0x12, 0xe9, 0x54, 0x0f, 0xe2, 0x68, 0x72, 0xbc ]
peer_cookie = [ 0x74, 0x2e, 0x28, 0xa8 ]
interface_name = "l2tpeth42"
l2spec_type = "default"

[tunnel.t2]
version = "l2tpv2"
peer = "192.0.2.9:1701"
encap = "udp"
`;

async function imported(text: string, ...words: string[]) {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, text);
    const { code, out, err } = await typed("import", file, ...words);
    return { code, err: err.replaceAll(file, "FILE"), statics: parse(out)?.static, out };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("what ip l2tp shows", async () => {
  const { code, err, statics } = await imported(IP_L2TP);
  assertEquals(code, 0);
  assertEquals(statics, {
    lw0: {
      remote: "192.0.2.1",
      local: "198.51.100.7",
      encapsulation: "udp",
      localPort: 5000,
      remotePort: 5001,
      localSessionId: 2000,
      remoteSessionId: 1000,
      sublayer: "default",
      receiveCookie: "0x8899aabb",
      transmitCookie: "0x0011223344556677",
      attach: { tap: "lw0" },
    },
    l2tpeth1: {
      remote: "2001:db8::1",
      local: "2001:db8::7",
      encapsulation: "ip",
      localSessionId: 2001,
      remoteSessionId: 1001,
      sublayer: "default",
      sequencing: "all",
      attach: { tap: "l2tpeth1" },
    },
  });
  assertStringIncludes(err, "session 2002: its tunnel 99 is missing: ip l2tp show tunnel");
  assertStringIncludes(err, "sublayer is taken to be default");
});

Deno.test("a .netdev file of systemd-networkd", async () => {
  const { code, err, statics } = await imported(NETWORKD);
  assertEquals([code, err], [0, ""]);
  const tunnel = { remote: "192.0.2.2", encapsulation: "udp", localPort: 3000, remotePort: 4000 };
  assertEquals(statics, {
    "l2tp-sess0": {
      ...tunnel,
      localSessionId: 25,
      remoteSessionId: 26,
      sublayer: "default",
      attach: { tap: "l2tp-sess0" },
    },
    "l2tp-sess1": {
      ...tunnel,
      localSessionId: 27,
      remoteSessionId: 28,
      sublayer: "none",
      attach: { tap: "l2tp-sess1" },
    },
  });
});

Deno.test("go-l2tp's TOML, and what of it cannot be taken over", async () => {
  const { statics, err } = await imported(
    GO_L2TP.replace('"127.0.0.1:5000"', '"[2001:db8::1]:5000"'),
  );
  assertEquals(statics, {
    "t1-s1": {
      remote: "2001:db8::2",
      local: "2001:db8::1",
      encapsulation: "udp",
      localPort: 5000,
      remotePort: 5001,
      localSessionId: 12389,
      remoteSessionId: 1234,
      sublayer: "default",
      receiveCookie: "0x742e28a8",
      transmitCookie: "0x12e9540fe26872bc",
      attach: { tap: "l2tpeth42" },
    },
  });
  assertStringIncludes(err, "FILE: tunnel t2: only l2tpv3 has static sessions");
});

Deno.test("a file that is written is for its owner, and loads", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const out = `${folder}/longwire.yaml`;
    await imported(NETWORKD, "--out", out);
    assertEquals(Deno.statSync(out).mode! & 0o777, 0o600);
    assertEquals(loadConfiguration(out).mistakes, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what cannot be read, or is no configuration, says so", async () => {
  assertEquals((await imported("hello")).code, 2);
  assertEquals((await imported("hello", "--from", "junos")).code, 2);
  const empty = await imported("[L2TP]\nRemote=192.0.2.2\n");
  assertEquals([empty.code, empty.out], [1, ""]);
  assertStringIncludes(empty.err, "there is no session in it");
  assertStringIncludes((await imported("[tunnel.\n", "--from", "go-l2tp")).err, "longwire: FILE: ");
  const broken = await imported(NETWORKD.replace("SessionId=25", "SessionId=0"));
  assertEquals(broken.code, 4);
  assertStringIncludes(broken.err, "static.l2tp-sess0.localSessionId");
});
