/**
 * L2TPv2 and L2TPv3 on one port, and the way from one to the other.
 *
 * RFC 3931 §4.7. REQUIREMENTS section 9; readings.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { V2_UDP, V3_IP, V3_UDP } from "../harness/cells.ts";
import { ascii, avp, numberIn, resultOf, u16, u32, valueOf } from "../harness/peer_message.ts";
import { type Cell } from "../harness/cells.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

const V2_ONLY = [2, 3, 9];
const AUTO = { settings: { version: "auto" } } as const;

/** The AVPs that only RFC 2661 has, as a v2 speaker must send them in an SCCRQ. */
const v2OnlyAvps = () => [avp(2, u16(0x0100)), avp(3, u32(3)), avp(9, u16(0x4242))];

/** A peer that speaks one version, told to a program that would take either. */
function automatic(cell: Cell): ScriptedPeer {
  return new ScriptedPeer(cell, AUTO);
}

Deno.test("the automatic SCCRQ is v2 in form, with all v2 needs, and every v3 AVP with M=0 [V3-CO-03, V3-HDR-06, V3-AVP-22, A-27]", () => {
  const peer = automatic(V2_UDP);
  peer.connect();
  const sccrq = peer.expect("SCCRQ");
  assertEquals([sccrq.flags, sccrq.connectionId, sccrq.sessionId], [0xc802, 0, 0]);
  for (const attribute of [...V2_ONLY, 7, 60, 61, 62]) {
    assert(valueOf(sccrq, attribute) !== undefined, `no AVP ${attribute}`);
  }
  for (const { attribute, mandatory } of sccrq.avps) {
    if (attribute >= 58) assertEquals(mandatory, false, `M of ${attribute}`);
  }
  assertEquals(sccrq.avps.find(({ attribute }) => attribute === 5)?.mandatory ?? false, false);
});

Deno.test("answered in v3, the automatic connection goes on in v3 [V3-CO-03, V3-CO-04, V3-CO-01]", () => {
  const peer = automatic(V3_UDP);
  peer.connect();
  const sccrq = peer.expect("SCCRQ");
  peer.remoteId = numberIn(sccrq, 61)!;
  peer.send("SCCRP", peer.setupAvps("SCCRP"));
  const scccn = peer.expect("SCCCN");
  assertEquals(scccn.flags, 0xc803);
  assertEquals(scccn.connectionId, peer.localId);
  assertEquals(peer.told("connectionUp")[0]!.peer.version, 3);
});

Deno.test("answered in v2, it falls back to v2 [V3-CO-05, V3-CO-01]", () => {
  const peer = automatic(V2_UDP);
  peer.connect();
  const sccrq = peer.expect("SCCRQ");
  peer.remoteId = numberIn(sccrq, 9)!;
  peer.send("SCCRP", peer.setupAvps("SCCRP"));
  const scccn = peer.expect("SCCCN");
  assertEquals(scccn.flags, 0xc802);
  assertEquals(scccn.connectionId, peer.localId);
  assertEquals(peer.told("connectionUp")[0]!.peer.version, 2);
});

Deno.test("a v2 SCCRQ that offers v3 is answered in v3, whatever the M bits of its v2 AVPs [V3-CO-04, V3-CO-06, V3-CO-07, A-28]", () => {
  for (const options of [{}, AUTO]) {
    const peer = new ScriptedPeer(V3_UDP, options);
    const v3 = peer.setupAvps("SCCRQ").map((each) => ({ ...each, mandatory: false }));
    peer.send("SCCRQ", [...v2OnlyAvps(), ...v3, avp(4, u32(3)), avp(6, u16(1))], {
      flags: 0xc802,
    });
    const sccrp = peer.expect("SCCRP");
    assertEquals([sccrp.flags, sccrp.connectionId], [0xc803, peer.localId]);
  }
});

Deno.test("a v3 SCCRQ may hold AVPs that only v2 has [V3-CO-06]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), ...v2OnlyAvps()]);
  assertEquals(peer.expect("SCCRP").flags, 0xc803);
});

Deno.test("a plain v2 SCCRQ is taken up in v2 where that is allowed [V3-CO-01, A-28]", () => {
  const peer = automatic(V2_UDP);
  peer.initiate();
  assert(peer.heard.every(({ message }) => message.flags === 0xc802));
});

Deno.test("a plain v2 SCCRQ to a program of v3 only is refused in v2 [A-28, V3-MSG-27]", () => {
  const peer = new ScriptedPeer(V2_UDP, { settings: { version: 3 } });
  peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
  const refusal = peer.expect("StopCCN");
  assertEquals(refusal.flags, 0xc802);
  assertEquals(resultOf(refusal), [5, 3]);
  assertEquals(peer.told("connectionRequested"), []);
});

Deno.test("a v3 SCCRQ to a program of v2 only is refused, with 2 as the highest version [V3-MSG-27]", () => {
  const peer = new ScriptedPeer(V3_UDP, { settings: { version: 2 } });
  peer.send("SCCRQ", peer.setupAvps("SCCRQ"));
  assertEquals(resultOf(peer.expect("StopCCN")), [5, 2]);
  assertEquals(peer.told("connectionRequested"), []);
});

Deno.test("v2 and v3 peers are served side by side on one socket [V3-CO-01]", () => {
  const peer = automatic(V3_UDP);
  peer.initiate();
  const v3 = { localId: peer.localId, remoteId: peer.remoteId, ns: peer.ns, nr: peer.nr };
  const other = new ScriptedPeer(V2_UDP, { ...AUTO, seed: 5 });
  // The second peer speaks to the same program.
  Object.assign(other, { lcce: peer.lcce });
  other.clock.moveTo(peer.now);
  other.initiate();
  other.expectAlive();
  Object.assign(peer, v3);
  peer.clear();
  peer.expectAlive();
});

Deno.test("over IP there is no fallback, nor any L2TPv2 [V3-CO-02]", () => {
  const peer = new ScriptedPeer(V3_IP, AUTO);
  peer.connect();
  assertEquals(peer.expect("SCCRQ").flags, 0xc803);
  const v2 = new ScriptedPeer(V3_IP, { settings: { version: 2 } });
  assertThrows(() => v2.connect(), RangeError, "UDP");
});

Deno.test("an unknown Preferred Language changes nothing: texts are in the default language [V3-I18N-01]", () => {
  const peer = new ScriptedPeer(V3_UDP);
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(72, ascii("xx"))]);
  peer.expect("SCCRP");
  peer.send("SCCCN", [avp(4242)]);
  const stop = peer.expect("StopCCN");
  assert(/^[\x20-\x7e]+$/.test(new TextDecoder().decode(valueOf(stop, 1)!.subarray(4))));
});
