/**
 * What a frame costs in our own code, without a system call: batches of 64 frames of 1,400 octets
 * from the attachment circuit to the network and back. Run with `deno bench tests/bench`.
 */

import { allocateCounters, DirectionCounters } from "../../src/dataplane/counters.ts";
import { DecapForwarder } from "../../src/dataplane/decap_forwarder.ts";
import { EncapForwarder } from "../../src/dataplane/encap_forwarder.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import type { FrameSink } from "../../src/dataplane/frame_port.ts";
import { judgeSequence, SequenceState } from "../../src/dataplane/sequencing.ts";
import { ReceiveRow, TransmitRow } from "../../src/dataplane/session_row.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";

const FRAMES = 64;
const FRAME_OCTETS = 1400;

const PATH = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: "192.0.2.2", port: 1701 },
} as const;

const PLAIN: SessionDescriptor = {
  version: 3,
  path: PATH,
  pseudowire: "ethernet",
  localSessionId: 7,
  remoteSessionId: 7,
  receiveCookie: new Uint8Array(0),
  transmitCookie: new Uint8Array(0),
  receiveSublayer: "none",
  transmitSublayer: "none",
  receiveSequencing: "none",
  transmitSequencing: "none",
};

const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** Everything that a session can have. */
const FULL: SessionDescriptor = {
  ...PLAIN,
  receiveCookie: COOKIE,
  transmitCookie: COOKIE,
  receiveSublayer: "default",
  transmitSublayer: "default",
  receiveSequencing: "non-ip",
  transmitSequencing: "non-ip",
};

/** IP packets in PPP, as an LNS has them. */
const ROUTED_PPP: SessionDescriptor = {
  ...PLAIN,
  version: 2,
  pseudowire: "ppp",
  framing: "routed",
  localTunnelId: 7,
  remoteTunnelId: 7,
};

/** Ethernet in Frame Relay. */
const BRIDGED_FRAME_RELAY: SessionDescriptor = {
  ...PLAIN,
  pseudowire: "frame-relay",
  framing: "bridged",
  frameRelay: { length: 2, dlci: 100 },
};

const OPEN = { ipv4: true, ipv6: true, bridged: true };

/** As a packet it is IPv4, as Ethernet nothing known. */
const FRAME = Uint8Array.from({ length: FRAME_OCTETS }, (_, index) => index === 0 ? 0x45 : 0);

const NOWHERE: FrameSink = {
  send: (batch: FrameBatch, first: number, count: number) => batch.settle(first, count),
};

/** Frames that are always there, at the place where a socket or a TAP would put them. */
class Endless {
  readonly key = 1;
  readonly overUdp = true;
  readonly unfinished = false;
  readonly #length: number;

  constructor(batch: FrameBatch, packet: Uint8Array) {
    this.#length = packet.length;
    for (let slot = 0; slot < batch.slots; slot++) batch.place(slot, packet);
  }

  receive(batch: FrameBatch): number {
    for (let slot = 0; slot < batch.slots; slot++) {
      batch.starts[slot] = batch.packetStart(slot);
      batch.lengths[slot] = this.#length;
    }
    return batch.slots;
  }
}

function encapTurn(descriptor: SessionDescriptor): () => void {
  const batch = new FrameBatch(FRAMES);
  const forwarder = new EncapForwarder(batch);
  const counters = new DirectionCounters(allocateCounters(), "encap");
  forwarder.install(new TransmitRow(1, descriptor, NOWHERE, counters));
  forwarder.setTransmit(1, true);
  if (descriptor.pseudowire === "ppp") forwarder.setPppProtocols(1, OPEN);
  const source = new Endless(batch, FRAME);
  return () => {
    forwarder.turn(1, source);
  };
}

/** With one packet in all slots, a number would be old after the first: S is 0 there. */
function decapTurn(descriptor: SessionDescriptor, header: readonly number[]): () => void {
  const batch = new FrameBatch(FRAMES);
  const memory = allocateCounters();
  const counters = new DirectionCounters(memory, "decap");
  const forwarder = new DecapForwarder(batch, counters);
  forwarder.install(new ReceiveRow(1, descriptor, 1, NOWHERE, counters));
  if (descriptor.pseudowire === "ppp") forwarder.setPppProtocols(1, OPEN);
  const packet = Uint8Array.from([...header, ...FRAME]);
  const source = new Endless(batch, packet);
  return () => {
    forwarder.turn(source);
  };
}

const UDP_HEADER = [0, 3, 0, 0, 0, 0, 0, 7];

Deno.bench("encapsulate 64 frames, plain session", encapTurn(PLAIN));
Deno.bench("encapsulate 64 frames, cookie, sublayer, sequencing of non-IP", encapTurn(FULL));
Deno.bench("decapsulate 64 packets, plain session", decapTurn(PLAIN, UDP_HEADER));
Deno.bench(
  "decapsulate 64 packets, cookie, sublayer, sequencing",
  decapTurn(FULL, [...UDP_HEADER, ...COOKIE, 0, 0, 0, 0]),
);

Deno.bench("encapsulate 64 packets, L2TPv2, PPP", encapTurn(ROUTED_PPP));
Deno.bench(
  "decapsulate 64 packets, L2TPv2, PPP",
  decapTurn(ROUTED_PPP, [0, 2, 0, 7, 0, 7, 0xff, 3, 0, 0x21]),
);
Deno.bench("encapsulate 64 frames, Frame Relay", encapTurn(BRIDGED_FRAME_RELAY));
Deno.bench(
  "decapsulate 64 packets, Frame Relay",
  decapTurn(BRIDGED_FRAME_RELAY, [
    ...UDP_HEADER,
    ...[0x18, 0x41, 0x03, 0x00, 0x80, 0x00, 0x80, 0xc2, 0x00, 0x07],
  ]),
);

const state = new SequenceState();
let sequence = 0;
Deno.bench("judge 64 sequence numbers", () => {
  for (let n = 0; n < FRAMES; n++) {
    judgeSequence(state, sequence);
    sequence = (sequence + 1) & 0xff_ffff;
  }
});
