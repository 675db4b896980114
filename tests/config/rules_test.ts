/** What several keys must agree on; each rule with a configuration that breaks it alone. */

import { assertEquals } from "@std/assert";
import { readConfiguration } from "../../src/config/load.ts";
import { captureFile } from "../endpoint/captures.ts";
import { messagesOf, validConfiguration, withFolder } from "./configurations.ts";

/** A connection `b` with these lines, and what is told of it. */
const CONNECTIONS: readonly [lines: string, told: string][] = [
  ["hideAvps: true", "connections.b.hideAvps: hiding needs a secret and authentication"],
  [
    "authentication: digest",
    "connections.b.authentication: digest needs a secret; add secret: { file: PATH }",
  ],
  [
    "{ version: 2, secret: { file: s }, authentication: digest }",
    "connections.b.authentication: digest belongs to L2TPv3; write challenge, or version: 3",
  ],
  [
    "{ secret: { file: s }, authentication: challenge }",
    "connections.b.authentication: challenge belongs to L2TPv2; write digest, or version: 2",
  ],
  [
    "{ secret: { file: s }, authentication: none }",
    "warning: connections.b.authentication: none leaves the secret unused: everybody who reaches us may connect",
  ],
  [
    "{ encapsulation: ip, remote: '192.0.2.1:1701' }",
    "connections.b.remote: over ip there are no ports; leave the port out",
  ],
  [
    "{ encapsulation: ip, version: auto }",
    "connections.b.version: version auto is not possible over ip; write version: 3 or encapsulation: udp",
  ],
  [
    "local: 2001:db8::1",
    "connections.b.local: 2001:db8::1 cannot reach 192.0.2.1; write an IPv4 address",
  ],
  [
    "retransmission: { initial: 20s }",
    "connections.b.retransmission.initial: is longer than cap; make it shorter",
  ],
  [
    "{ initiate: false, remote: a.example }",
    "connections.b.remote: a peer that is waited for under a name needs a secret; add one, or write its address",
  ],
  [
    "{ version: 2, sessions: { lan: } }",
    "connections.b.sessions.lan.pseudowire: L2TPv2 carries ppp and nothing else; write ppp",
  ],
  [
    "{ version: 2, sessions: { lan: { pseudowire: hdlc, hdlc: cisco } } }",
    "connections.b.sessions.lan.pseudowire: L2TPv2 carries ppp and nothing else; write ppp",
  ],
  [
    "sessions: { lan: { pseudowire: hdlc } }",
    "connections.b.sessions.lan: hdlc for an interface needs hdlc: cisco or hdlc: ppp: what is in it",
  ],
  [
    "sessions: { lan: { pseudowire: frame-relay } }",
    "connections.b.sessions.lan: frame-relay needs frameRelay: { dlci: … }: the circuit's number here",
  ],
  [
    "sessions: { lan: { pseudowire: frame-relay, frameRelay: { dlci: 1024 } } }",
    "connections.b.sessions.lan.frameRelay.dlci: 1024 does not fit an address of 2 octets (0 to 1023); write addressLength: 4",
  ],
  [
    "sessions: { lan: { vlan: { port: 7 } } }",
    "connections.b.sessions.lan.vlan: is for pseudowire ethernet-vlan, and this one is ethernet",
  ],
  [
    "sessions: { lan: { reorder: { time: 5ms } } }",
    "connections.b.sessions.lan.reorder: needs sequencing: all or non-ip",
  ],
  [
    "sessions: { lan: { ppp: { user: u } } }",
    "connections.b.sessions.lan.ppp: only pseudowire: ppp has it, and hdlc: ppp",
  ],
  [
    "sessions: { lan: { attach: { tun: t } } }",
    "connections.b.sessions.lan.attach.tun: a tun is for packets, and ethernet carries frames; write tap",
  ],
  [
    "sessions: { v: { pseudowire: ppp, attach: { tun: t, tap: p } } }",
    "connections.b.sessions.v.attach.tun: a session has one: tap or tun",
  ],
  [
    "sessions: { v: { pseudowire: ppp, attach: { bridge: br0 } } }",
    "connections.b.sessions.v.attach.bridge: bridge needs a tap: PPP then bridges (BCP)",
  ],
  [
    "sessions: { v: { pseudowire: ppp, attach: { tap: t, routes: default } } }",
    "connections.b.sessions.v.attach.routes: routes lead through a tun, not a tap",
  ],
  [
    "sessions: { v: { attach: { pty: /run/x } } }",
    "connections.b.sessions.v.attach.pty: PPP comes from a pty, not ethernet",
  ],
  [
    "sessions: { v: { attach: { pcap: { pace: fast } } } }",
    "connections.b.sessions.v.attach.pcap: which file? Add play: FILE, record: FILE, or both",
  ],
  [
    "sessions: { v: { attach: { pcap: { record: out.pcap, loop: true } } } }",
    "connections.b.sessions.v.attach.pcap.loop: there is nothing to play; add play: FILE",
  ],
  [
    "sessions: { v: { attach: { pcap: { record: out.pcap }, tap: t } } }",
    "connections.b.sessions.v.attach.pcap: a session has one: tap or pcap",
  ],
  [
    "sessions: { v: { attach: { pcap: { record: out.pcap }, bridge: br0 } } }",
    "connections.b.sessions.v.attach.bridge: is for a tap, which is made for the session; leave it out",
  ],
  [
    "sessions: { v: { attach: { pcap: { record: x } } }, w: { attach: { pcap: { record: x } } } }",
    "connections.b.sessions.w.attach.pcap.record: is the file of connections.b.sessions.v already; each session needs its own",
  ],
  [
    "sessions: { v: { pseudowire: hdlc, attach: { pcap: { play: ethernet.pcap } } } }",
    "connections.b.sessions.v.attach.pcap.play: cannot be played: it has frames of link type 1 (Ethernet); pseudowire hdlc carries 104 (Cisco HDLC) or 50 (PPP in HDLC)",
  ],
  [
    "sessions: { v: { attach: { pcap: { play: none.pcap } } } }",
    "connections.b.sessions.v.attach.pcap.play: cannot be read: no such file",
  ],
  [
    "sessions: { v: { attach: { pcap: { play: s } } } }",
    "connections.b.sessions.v.attach.pcap.play: cannot be played: it is neither a pcapng nor a pcap file",
  ],
  [
    "sessions: { v: { attach: { pcap: { play: cut.pcap } } } }",
    "connections.b.sessions.v.attach.pcap.play: cannot be played: it has no whole frame",
  ],
  [
    "sessions: { v: { pseudowire: ppp, ppp: { user: alice } } }",
    "connections.b.sessions.v.ppp.user: needs its password; add secret: { file: PATH }",
  ],
  [
    "sessions: { v: { retry: { first: 31s } } }",
    "connections.b.sessions.v.retry.first: is longer than longest; make it shorter",
  ],
  [
    "sessions: { v: { pseudowire: hdlc, hdlc: ppp, ppp: { user: alice } } }",
    "connections.b.sessions.v.ppp.user: needs its password; add secret: { file: PATH }",
  ],
  [
    "sessions: { v: { pseudowire: hdlc, hdlc: ppp, attach: { bridge: br0, routes: default } } }",
    "connections.b.sessions.v.attach.routes: routes lead through a tun, not a tap",
  ],
  [
    "sessions: { v: { pseudowire: hdlc, hdlc: cisco, ppp: { user: u } } }",
    "connections.b.sessions.v.ppp: only pseudowire: ppp has it, and hdlc: ppp",
  ],
  [
    "sessions: { v: { pseudowire: ppp, ppp: { secret: { file: s } } } }",
    "connections.b.sessions.v.ppp.secret: is whose? Add user: NAME",
  ],
  [
    "sessions: { lan: { sequencing: all, sublayer: none } }",
    "connections.b.sessions.lan.sequencing: all needs sublayer: default, where the numbers are",
  ],
  [
    "sessions: { lan: , dmz: { remoteEndId: lan } }",
    "connections.b.sessions.dmz.remoteEndId: names the same circuit as connections.b.sessions.lan; each session of a connection needs its own",
  ],
  [
    "sessions: { lan: { attach: { tap: t } }, dmz: { attach: { tap: t } } }",
    "connections.b.sessions.dmz.attach.tap: is the interface of connections.b.sessions.lan already; each session needs its own",
  ],
];

const ETHERNET_CAPTURE = captureFile("pcap", 1, [{ octets: new Uint8Array(60), atMs: 0 }]);
const CUT_CAPTURE = ETHERNET_CAPTURE.slice();
// The original length of the only frame.
new DataView(CUT_CAPTURE.buffer).setUint32(36, 61, true);

for (const [lines, told] of CONNECTIONS) {
  Deno.test(`a connection with ${lines}`, () => {
    withFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/s`, "x", { mode: 0o600 });
      Deno.writeFileSync(`${folder}/ethernet.pcap`, ETHERNET_CAPTURE);
      Deno.writeFileSync(`${folder}/cut.pcap`, CUT_CAPTURE);
      const keys = lines.replace(/^\{(.*)\}$/, "$1");
      const remote = keys.includes("remote:") ? "" : "remote: 192.0.2.1, ";
      const text = `connections: { b: { ${remote}${keys} } }`;
      assertEquals(messagesOf(readConfiguration(`${folder}/x.yaml`, text)), told);
    });
  });
}

/** Whole files, and what is told of them. */
const FILES: readonly [text: string, told: string][] = [
  [
    "connections: { b: { remote: 192.0.2.1, join: c } }",
    "connections.b.join: there is no connection c; add it below connections",
  ],
  [
    "connections: { b: { remote: 192.0.2.1, join: b } }",
    "connections.b.join: leads back to the same peer; name another connection",
  ],
  [
    "connections: { b: { remote: 192.0.2.1, version: 2, join: c, sessions: { vpn: { pseudowire: ppp } } }, c: { remote: 192.0.2.2 } }",
    "connections.b.join: a call of L2TPv2 does not say whether it is for vpn; remove one of them",
  ],
  [
    "{ listen: 'udp://0.0.0.0', connections: { b: { remote: 192.0.2.1, encapsulation: ip } } }",
    "connections.b.encapsulation: nothing in listen fits this peer; add ip://0.0.0.0 to listen",
  ],
  [
    "{ listen: 'udp://0.0.0.0', connections: { b: { remote: 2001:db8::1 } } }",
    "connections.b.remote: nothing in listen fits this peer; add udp://[::]:1701 to listen",
  ],
  [
    "connections: { b: { remote: 192.0.2.1 }, c: { remote: '192.0.2.1:1701' } }",
    "connections.c.remote: is the peer of connections.b already; put all sessions into one connection",
  ],
  [
    "static: { s: { remote: a, localSessionId: 1, remoteSessionId: 2 }, t: { remote: a, localSessionId: 1, remoteSessionId: 3 } }",
    "static.t.localSessionId: is the id of static.s already; an id may be used once on this machine",
  ],
  [
    "static: { s: { remote: a, encapsulation: ip, localSessionId: 0xffffffff, remoteSessionId: 1 }, t: { remote: a, encapsulation: ip, localSessionId: 0xffffffff, remoteSessionId: 2 } }",
    "static.t.remote: is the peer of static.s already; of session id 0xffffffff two addresses have one",
  ],
  [
    "static: { s: { remote: 'a:1', localSessionId: 1, remoteSessionId: 2 } }",
    "static.s.remote: the port of a static session goes into remotePort",
  ],
  [
    "static: { s: { remote: a, encapsulation: ip, localPort: 1, localSessionId: 1, remoteSessionId: 2 } }",
    "static.s.localPort: over ip there are no ports; leave it out",
  ],
];

for (const [text, told] of FILES) {
  Deno.test(`a file with ${text}`, () => {
    assertEquals(messagesOf(readConfiguration("x.yaml", text)), told);
  });
}

Deno.test("a static session's PPP has its secret, where there is PPP", () => {
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/s`, "open sesame", { mode: 0o600 });
    const session = (id: number, more: string) =>
      `{ remote: a${id}, localSessionId: ${id}, remoteSessionId: 1, ${more} }`;
    const ppp = "ppp: { user: u, secret: { file: s }, address: 10.0.0.1 }";
    const { configuration } = readConfiguration(
      `${folder}/x.yaml`,
      `static: {
        p: ${session(1, `pseudowire: ppp, ${ppp}`)},
        h: ${session(2, `pseudowire: hdlc, hdlc: ppp, ${ppp}`)},
        c: ${session(3, "pseudowire: hdlc, hdlc: cisco")},
      }`,
    );
    const secrets = configuration?.static.map((each) =>
      new TextDecoder().decode(each.ppp?.secret?.reveal())
    );
    assertEquals(secrets, ["open sesame", "open sesame", ""]);
    assertEquals(configuration?.static[1]?.ppp?.address, "10.0.0.1");
    assertEquals(configuration?.static[2]?.ppp, undefined);
  });
});

Deno.test("keyed tunnels to two peers have one session id [K6-02]", () => {
  const tunnel = (remote: string) =>
    `{ remote: ${remote}, encapsulation: ip, ` +
    `localSessionId: 0xffffffff, remoteSessionId: 0xffffffff }`;
  const text = `static: { s: ${tunnel("2001:db8::1")}, t: ${tunnel("2001:db8::2")} }`;
  assertEquals(messagesOf(readConfiguration("x.yaml", text)), "");
});

Deno.test("the same interface name in two namespaces is two interfaces", () => {
  const attach = (namespace: string) => `{ attach: { tap: t, namespace: ${namespace} } }`;
  validConfiguration(
    `connections: { b: { remote: a, sessions: { l: ${attach("x")}, d: ${attach("y")} } } }`,
  );
});

Deno.test("a rule waits until the keys that it reads are well formed", () => {
  const text = "connections: { b: { remote: a, secrt: { file: s }, authentication: digest } }";
  assertEquals(
    messagesOf(readConfiguration("x.yaml", text)),
    "connections.b.secrt: unknown key; did you mean secret?",
  );
});
