/**
 * The data plane as a target: packets of sessions of both versions, as a peer sends them or damaged.
 * Each is a frame of the session's port, a payload for the main thread, or counted as dropped: one of
 * the three, and once.
 */

import { assert, assertEquals } from "@std/assert";
import type { FrameCounters } from "../../src/dataplane/counters.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import {
  BRIDGED,
  type Carriage,
  descriptorOf,
  mirrored,
  ROUTED,
  speaksPpp,
  v2DescriptorOf,
} from "../dataplane/sessions.ts";
import { MemoryDataplane } from "../harness/memory_dataplane.ts";
import type { Prng } from "../harness/prng.ts";
import { PPP_FRAMES } from "./corpus.ts";
import { damaged } from "./generate.ts";
import type { Execution, Target } from "./target.ts";

const OPEN = { ipv4: true, ipv6: true, bridged: true };

/** What a packet costs beside copies of it: tables of a batch, and the report of a payload. */
const FIXED_OCTETS = 4_096;

const NATIVE: readonly Carriage[] = [{ pseudowire: "ethernet" }, { pseudowire: "ppp" }];

/** The session of one side, by its key: its ids are its own. */
function anyDescriptor(prng: Prng, key: number): SessionDescriptor {
  if (prng.chance(0.5)) {
    return v2DescriptorOf({
      localSessionId: key,
      remoteSessionId: key,
      framing: prng.pick(["native", "routed", "bridged"] as const),
      transmitSequencing: prng.pick(["none", "all"] as const),
      sequencingFollowsPeer: prng.chance(0.5),
    });
  }
  const sublayer = prng.pick(["none", "default"] as const);
  const sequencing = sublayer === "none" ? "none" : prng.pick(["none", "non-ip", "all"] as const);
  const cookie = prng.octets(prng.pick([0, 4, 8]));
  return descriptorOf({
    ...prng.pick([...NATIVE, ...BRIDGED, ...ROUTED]),
    localSessionId: key,
    remoteSessionId: key,
    receiveCookie: cookie,
    transmitCookie: cookie,
    receiveSublayer: sublayer,
    transmitSublayer: sublayer,
    receiveSequencing: sequencing,
    transmitSequencing: sequencing,
  });
}

function anyFrame(prng: Prng, { framing = "native", pseudowire }: SessionDescriptor): Uint8Array {
  if (framing === "native" && pseudowire === "ppp") {
    return prng.chance(0.5) ? prng.pick(PPP_FRAMES).octets : prng.octets(1 + prng.below(60));
  }
  const frame = prng.octets(20 + prng.below(200));
  // An IP packet, or Ethernet with an ordinary type.
  if (framing === "routed") frame[0] = prng.pick([0x45, 0x60]);
  else frame.set(prng.pick([[8, 0], [0x86, 0xdd], [8, 6], [0x81, 0]]), 12);
  return frame;
}

function dropsIn({ drops }: FrameCounters): number {
  return Object.values(drops).reduce((sum, count) => sum + count, 0);
}

function received(dataplane: MemoryDataplane): number {
  return [1, 2, 3].reduce((sum, key) => sum + dataplane.counters(key).receivedFrames, 0);
}

/** Some sessions, the peer of each, and what has come of its packets. */
class Traffic {
  readonly #prng: Prng;
  readonly #near = new MemoryDataplane(() => {});
  readonly #far: MemoryDataplane;
  readonly #descriptors: readonly SessionDescriptor[];
  /** What the peers have sent. */
  readonly #packets: Uint8Array[] = [];
  /** Frames and drops, as the data plane counts them. */
  #counted = 0;
  #delivered = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
    this.#far = new MemoryDataplane((_path, packet) => this.#packets.push(packet));
    this.#descriptors = [1, 2, 3].map((key) => anyDescriptor(prng, key));
    for (const [index, descriptor] of this.#descriptors.entries()) {
      const key = index + 1;
      this.#near.installSession(key, descriptor, true);
      this.#far.installSession(key, mirrored(descriptor), true);
      if (descriptor.framing === undefined || descriptor.framing === "native") continue;
      if (!speaksPpp(descriptor)) continue;
      for (const end of [this.#near, this.#far]) end.setPppProtocols(key, OPEN);
    }
  }

  next(): Execution {
    const octets = this.#packet();
    return {
      octets,
      run: () => this.#near.receivePackets("udp", octets),
      check: () => this.#look(),
    };
  }

  #packet(): Uint8Array {
    const prng = this.#prng;
    if (prng.chance(0.02)) return prng.octets(prng.below(100));
    const key = 1 + prng.below(3);
    const descriptor = this.#descriptors[key - 1]!;
    if (prng.chance(0.3)) this.#far.transmitPayloads(key, prng.pick(PPP_FRAMES).octets);
    else this.#far.transmitFrames(key, anyFrame(prng, descriptor));
    const packet = this.#packets.splice(0)[0];
    // What fits no packet of this kind the peer has dropped itself.
    if (packet === undefined) return prng.octets(prng.below(100));
    if (prng.chance(0.4)) return packet;
    // Damage of the header reaches deepest.
    const head = damaged(prng, packet.subarray(0, 24));
    return prng.chance(0.5)
      ? damaged(prng, packet)
      : new Uint8Array([...head, ...packet.subarray(24)]);
  }

  #look(): void {
    const near = this.#near;
    const before = this.#counted;
    let punted = 0;
    let counted = dropsIn(near.strayCounters());
    for (const key of [1, 2, 3]) {
      const frames = near.takeFrames(key);
      assert(frames.every(({ length }) => length > 0), "a frame of nothing");
      this.#delivered += frames.length;
      punted += near.takePunted(key).length;
      const counters = near.counters(key);
      counted += counters.receivedFrames + dropsIn(counters);
    }
    assertEquals(received(near), this.#delivered, "frames that are counted");
    this.#counted = counted;
    assertEquals(counted - before + punted, 1, "what has come of a packet");
  }
}

/** Packets of sessions. */
export const DATA: Target = {
  name: "data messages",
  share: 8,
  isExposed: true,
  isRepeatable: false,
  fixedOctets: FIXED_OCTETS,
  executions: 250,
  begin: (prng) => {
    const traffic = new Traffic(prng);
    return () => traffic.next();
  },
};
