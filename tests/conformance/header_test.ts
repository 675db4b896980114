/**
 * The control message header and what precedes it, in everything that a connection ever sends.
 *
 * RFC 3931 §3.2.1, §4.1.1.2, §4.1.2; RFC 2661 §3.1. REQUIREMENTS sections 1.1 to 1.3, 10.1, 10.2.
 */

import { assert, assertEquals } from "@std/assert";
import {
  ALL_CELLS,
  eachCell,
  V2_CELLS,
  V2_UDP,
  V3_CELLS,
  V3_IP,
  V3_IP_DIGEST,
  V3_UDP,
} from "../harness/cells.ts";
import { avp, numberIn, u16 } from "../harness/peer_message.ts";
import { isAck, ScriptedPeer } from "../harness/scripted_peer.ts";
import { wholeLife } from "./whole_life.ts";

eachCell(
  V3_CELLS,
  "the first word of every control message is C803, reserved bits zero [V3-HDR-02, V3-HDR-03, V3-HDR-04, V3-HDR-06]",
  (cell) => {
    for (const { message } of wholeLife(cell)) assertEquals(message.flags, 0xc803);
  },
);

eachCell(
  V2_CELLS,
  "the first word of every control message is C802, reserved bits zero [V2-HDR-02, V2-HDR-03, V2-HDR-04, V2-HDR-05, V2-HDR-06, V2-HDR-08]",
  (cell) => {
    for (const { message } of wholeLife(cell)) assertEquals(message.flags, 0xc802);
  },
);

eachCell(
  [V3_IP, V3_IP_DIGEST],
  "over IP four zero octets precede the message, and Length leaves them out [V3-HDR-07, V3-IP-06, V3-IP-01]",
  (cell) => {
    for (const { message } of wholeLife(cell)) {
      assertEquals(message.datagram.subarray(0, 4), new Uint8Array(4));
      assertEquals(message.length, message.datagram.length - 4);
    }
  },
);

eachCell(
  [V3_UDP, V2_UDP],
  "over UDP Length is that of the datagram [V3-HDR-07, V3-IP-02, V2-HDR-11]",
  (cell) => {
    for (const { message } of wholeLife(cell)) {
      assertEquals(message.length, message.datagram.length);
    }
  },
);

Deno.test("numbers go out high octet first [V3-HDR-01, V2-HDR-17]", () => {
  for (const cell of [V3_UDP, V2_UDP]) {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    // Length and the peer's id, read octet by octet from an answer.
    peer.send("HELLO");
    const { octets } = peer.expectAck();
    assertEquals(octets.subarray(2, 4), Uint8Array.of(0, octets.length));
    const id = cell.version === 2 ? [0x51, 0x51, 0, 0] : [0x51, 0x51, 0x51, 0x51];
    assertEquals(octets.subarray(4, 8), Uint8Array.from(id));
  }
});

eachCell(
  ALL_CELLS,
  "reserved header bits are ignored on receipt [V3-HDR-05, V2-HDR-07]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"), { flags: cell.version === 3 ? 0xfff3 : 0xfcf2 });
    peer.expect("SCCRP");
  },
);

eachCell(
  ALL_CELLS,
  "the header bears the recipient's id from the moment it is known [V3-HDR-08, V3-CC-10, V2-CC-06, V2-HDR-12]",
  (cell) => {
    for (const { message } of wholeLife(cell)) {
      if (message.type !== "SCCRQ") {
        assertEquals(message.connectionId, cell.version === 2 ? 0x5151 : 0x51515151);
      }
    }
  },
);

eachCell(
  ALL_CELLS,
  "Ns counts messages from 0, acknowledgements apart [V3-HDR-09, V3-REL-01, V3-REL-06, V2-REL-01, V2-REL-04, V2-HDR-16]",
  (cell) => {
    for (const role of ["initiator", "responder"] as const) {
      let next = 0;
      for (const { message } of wholeLife(cell, role)) {
        assertEquals(message.ns, next, `${message.type}`);
        if (!isAck(message)) next++;
      }
      assert(next > 3);
    }
  },
);

eachCell(
  ALL_CELLS,
  "Nr is one more than the last message received in order [V3-HDR-10]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    for (let i = 0; i < 5; i++) {
      peer.send("HELLO");
      assertEquals(peer.expectAck().nr, peer.ns);
    }
  },
);

eachCell(
  ALL_CELLS,
  "a message with a malformed header is dropped: no answer, nothing changes [V3-HDR-12, V2-HDR-19]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const hello = peer.compose("HELLO", [], { digest: "none" });
    const at = cell.encapsulation === "ip" ? 4 : 0;
    const spoilt = (change: (octets: Uint8Array) => void) => {
      const octets = hello.slice();
      change(octets);
      return octets;
    };
    const variants = [
      hello.subarray(0, at + 11),
      hello.subarray(0, at + 1),
      hello.subarray(0, at),
      spoilt((octets) => octets[at + 3] = 11),
      spoilt((octets) => octets[at + 3]!++),
      spoilt((octets) => octets[at + 2] = 0xff),
      spoilt((octets) => octets[at]! &= ~0x40),
      spoilt((octets) => octets[at]! &= ~0x08),
    ];
    for (const octets of variants) {
      const count = peer.heard.length;
      peer.inject(octets);
      peer.advance(200);
      assertEquals(peer.heard.length, count, octets.toHex());
    }
    peer.expectAlive();
  },
);

Deno.test("a datagram of another version is dropped in silence [V2-HDR-09, V2-HDR-10, V3-CO-08]", () => {
  for (const version of [0, 1, 4, 5, 15]) {
    const peer = new ScriptedPeer(V3_UDP);
    peer.initiate();
    peer.clear();
    peer.send("HELLO", [], { flags: 0xc800 | version, ns: peer.ns });
    peer.expectSilence();
    assertEquals(peer.told("dropped").map(({ reason }) => reason), ["unknown-version"]);
  }
});

eachCell(
  ALL_CELLS.filter(({ encapsulation }) => encapsulation === "udp"),
  "the answer goes to the address and port the request came from [V3-UDP-07, V2-UDP-02, V3-UDP-09]",
  (cell) => {
    const peer = new ScriptedPeer(cell);
    peer.path = { ...peer.path, remote: { ...peer.path.remote, port: 40_000 } };
    const paths = observePaths(peer, () => peer.initiate());
    assertEquals(paths, ["192.0.2.2:40000 from 1701"]);
  },
);

Deno.test("the initiator begins at port 1701 and follows the responder to another [V3-UDP-06, V3-UDP-07, V2-UDP-01, V2-UDP-02]", () => {
  for (const cell of [V3_UDP, V2_UDP]) {
    const peer = new ScriptedPeer(cell);
    const first = observePaths(peer, () => peer.connect());
    assertEquals(first, ["192.0.2.2:1701 from 1701"]);
    peer.expect("SCCRQ");
    peer.path = { ...peer.path, remote: { ...peer.path.remote, port: 50_000 } };
    const later = observePaths(peer, () => {
      peer.send("SCCRP", peer.setupAvps("SCCRP"));
      peer.expect("SCCCN");
      peer.ack();
    });
    assertEquals(later, ["192.0.2.2:50000 from 1701"]);
    assertEquals(peer.told("connectionUp")[0]!.path.remote.port, 50_000);
  }
});

Deno.test("an established connection does not follow its peer to another port [V3-UDP-08, V2-UDP-03]", () => {
  for (const cell of [V3_UDP, V2_UDP]) {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    const elsewhere = { ...peer.path, remote: { ...peer.path.remote, port: 60_000 } };
    peer.send("HELLO", [], { path: elsewhere, ns: peer.ns });
    peer.expectSilence();
    assertEquals(peer.told("dropped").map(({ reason }) => reason), ["wrong-path"]);
    peer.expectAlive();
  }
});

Deno.test("a conversation begins with Ns 0: an SCCRQ with another begins nothing [V3-REL-01, V2-REL-01]", () => {
  for (const cell of [V3_UDP, V2_UDP]) {
    const peer = new ScriptedPeer(cell);
    peer.send("SCCRQ", peer.setupAvps("SCCRQ"), { ns: 5 });
    peer.expectSilence();
    assertEquals(peer.told("connectionRequested"), []);
  }
});

Deno.test("data on the control socket is not taken for control, whatever its bits [V3-UDP-05, V3-IP-05]", () => {
  for (const cell of [V3_UDP, V3_IP]) {
    const peer = new ScriptedPeer(cell);
    peer.initiate();
    peer.inject(Uint8Array.of(0x7f, 0xf3, 0xff, 0xff, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9));
    peer.expectSilence();
    assertEquals(peer.told("dropped").map(({ reason }) => reason), ["data-on-control-socket"]);
  }
});

Deno.test("over IP every message bears a digest even without a secret [V3-IP-07, V3-AUTH-23, A-01]", () => {
  for (const { message } of wholeLife(V3_IP)) {
    assertEquals(message.avps[1]?.attribute, 59, message.type);
    assertEquals(new ScriptedPeer(V3_IP).verifies(message), true);
  }
});

Deno.test("reserved and empty fields are sent as zero [V3-HDR-11, V2-HDR-18, V3-AVP-01, V2-AVP-01]", () => {
  for (const cell of ALL_CELLS) {
    for (const { message } of wholeLife(cell)) {
      assertEquals(message.flags & 0x37f0, 0);
      assert(message.avps.every(({ reserved }) => reserved === 0), `${cell.name} ${message.type}`);
    }
  }
});

Deno.test("a control message over IP cannot be L2TPv2 [V3-CO-02]", () => {
  const peer = new ScriptedPeer(V3_IP);
  peer.send("SCCRQ", [...peer.setupAvps("SCCRQ"), avp(2, u16(0x0100))], { flags: 0xc802 });
  peer.expectSilence();
});

Deno.test("the SCCRQ's header id is zero, its Assigned id is not [V3-CC-11, V3-CC-09, V3-CC-08, V2-CC-07, V2-CC-04, V2-CC-05]", () => {
  for (const cell of ALL_CELLS) {
    const peer = new ScriptedPeer(cell);
    peer.connect();
    const sccrq = peer.expect("SCCRQ");
    assertEquals(sccrq.connectionId, 0);
    assertEquals(sccrq.sessionId, 0);
    assert(numberIn(sccrq, cell.version === 2 ? 9 : 61)! > 0);
  }
});

/** Where messages go while something is done, each place once. */
function observePaths(peer: ScriptedPeer, during: () => void): string[] {
  const before = peer.paths.length;
  during();
  const places = peer.paths.slice(before)
    .map(({ remote, local }) => `${remote.address}:${remote.port} from ${local.port}`);
  return [...new Set(places)];
}
