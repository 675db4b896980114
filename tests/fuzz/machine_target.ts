/**
 * The state machine as a target: a peer that knows the secret, counts right, and says anything, in
 * any order, to an endpoint whose application is busy, too.
 */

import { assert } from "@std/assert";
import type { ConnectionHandle } from "../../src/core/effect.ts";
import { anyCall } from "../harness/application.ts";
import { ALL_CELLS, type Cell } from "../harness/cells.ts";
import { hidingKey, numberIn } from "../harness/peer_message.ts";
import type { Prng } from "../harness/prng.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";
import { SECRET } from "../harness/settings.ts";
import { V2Peer } from "../harness/v2_peer.ts";
import { damaged, distorted, TYPE_NAMES, usualAvps, usualV2Avps } from "./generate.ts";
import type { Execution, Target } from "./target.ts";

/** What one message may cause, beside what it ends: answers, acknowledgements, news. */
const MOST_EFFECTS = 16;

/** What its answers take to be written, sealed and kept, and a pool of node:buffer for digests. */
const ANSWER_OCTETS = 2_048 + 8_192;

const CALL_TYPES = TYPE_NAMES.filter((type) => /^[IO]C|^CDN$|^WEN$|^SLI$/.test(type));

/** How often a message is about a call. */
const MOSTLY_CALLS = 0.9;

const NOTHING = new Uint8Array(0);

/** One endpoint under attack, from its set-up to its end. */
class Attack {
  readonly #prng: Prng;
  readonly #peer: ScriptedPeer;
  readonly #key: Uint8Array;
  readonly #remoteIds: number[] = [];
  readonly #connections: ConnectionHandle[] = [];
  /** Ns of messages sent before their turn, or after it. */
  readonly #outOfTurn = new Set<number>();
  #isOver = false;

  constructor(prng: Prng, cell: Cell) {
    this.#prng = prng;
    this.#key = hidingKey(cell.version, SECRET);
    const options = { seed: prng.uint32() };
    this.#peer = cell.version === 3 ? new ScriptedPeer(cell, options) : new V2Peer(options, cell);
    const begin = prng.below(4);
    if (begin === 0) this.#peer.connect();
    else if (begin === 1) this.#connections.push(this.#peer.respond());
    else if (begin === 2) this.#connections.push(this.#peer.initiate());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  next(): Execution {
    return this.#prng.chance(0.85) ? this.#datagram() : this.#event();
  }

  #datagram(): Execution {
    const most = MOST_EFFECTS * this.#delivered();
    const octets = this.#octets();
    const peer = this.#peer;
    return {
      octets,
      run: () => peer.lcce.handleDatagram(peer.path, octets, peer.now),
      check: () => this.#look(most),
    };
  }

  #octets(): Uint8Array {
    const prng = this.#prng;
    const peer = this.#peer;
    if (prng.chance(0.02)) return prng.octets(prng.below(200));
    // Most of the others end the connection, and there would be no call to be had.
    const type = prng.pick(prng.chance(MOSTLY_CALLS) ? CALL_TYPES : TYPE_NAMES);
    const isV2 = peer instanceof V2Peer;
    const avps = isV2
      ? usualV2Avps(prng, peer, type)
      : usualAvps(prng, peer, type, this.#remoteIds);
    const sessionId = isV2 && prng.chance(0.9) && this.#remoteIds.length > 0
      ? prng.pick(this.#remoteIds)
      : 0;
    const isPlain = prng.chance(0.5);
    const ns = prng.chance(0.9) ? peer.ns : (peer.ns + prng.below(20) - 8) & 0xffff;
    const octets = peer.compose(type, isPlain ? avps : distorted(prng, avps, this.#key), {
      ns,
      sessionId,
    });
    if (ns !== peer.ns) this.#outOfTurn.add(ns);
    if (prng.chance(0.05)) return damaged(prng, octets);
    if (ns === peer.ns && type !== "ACK") peer.ns = (peer.ns + 1) & 0xffff;
    return octets;
  }

  /** The application does something, or time goes by. */
  #event(): Execution {
    const prng = this.#prng;
    const { lcce, now, cell } = this.#peer;
    const sessions = this.#peer.told("sessionUp").map(({ session }) => session);
    const ups = this.#peer.told("connectionUp").map(({ connection }) => connection);
    const connections = [...this.#connections, ...ups];
    const choice = prng.below(6);
    const act = (): void => {
      if (choice === 0 && connections.length > 0) {
        lcce.openSession(prng.pick(connections), anyCall(prng, cell.version), now);
      } else if (choice === 1 && sessions.length > 0) {
        lcce.closeSession(prng.pick(sessions), { resultCode: 3 }, now);
      } else if (choice === 2 && sessions.length > 0) {
        lcce.setCircuitStatus(prng.pick(sessions), prng.below(4), now);
        lcce.tellLinkInformation(prng.pick(sessions), { lastSent: prng.octets(9) }, now);
      }
    };
    return {
      octets: NOTHING,
      run: act,
      check: () => {
        this.#look();
        if (choice > 2) this.#peer.advance(prng.below(choice === 5 ? 20_000 : 1_500));
        this.#look();
      },
    };
  }

  /** How many messages the next one in turn can deliver: itself, and those that waited for it. */
  #delivered(): number {
    let count = 1;
    while (this.#outOfTurn.has((this.#peer.ns + count) & 0xffff)) count++;
    return count;
  }

  /** Takes what was caused; `most` is how much that may be. */
  #look(most = Infinity): void {
    const peer = this.#peer;
    const before = peer.effects.length + peer.heard.length;
    peer.drain();
    const caused = peer.effects.length + peer.heard.length - before;
    this.#isOver = peer.told("connectionDown").length > 0;
    if (!this.#isOver) assert(caused <= most, `${caused} effects`);
    const timeout = peer.lcce.nextTimeout();
    assert(timeout === undefined || timeout >= peer.now, "a timer lies in the past");
    for (const { message } of peer.inbox.splice(0)) {
      const id = numberIn(message, 63) ?? numberIn(message, 14);
      if (id !== undefined && !this.#remoteIds.includes(id)) this.#remoteIds.push(id);
    }
  }
}

export const MACHINE: Target = {
  name: "state machine",
  share: 18,
  isExposed: true,
  isRepeatable: false,
  fixedOctets: ANSWER_OCTETS,
  executions: 250,
  begin: (prng) => {
    const cell = prng.pick(ALL_CELLS);
    let attack = new Attack(prng, cell);
    return () => {
      if (attack.isOver) attack = new Attack(prng, cell);
      return attack.next();
    };
  },
};
