/**
 * PPP as a target: a peer that answers as it should or as it likes, in any phase, to a link of any
 * settings. Whatever it says, the link answers by whole frames, tells things in their order, and
 * lets nobody in whom the verifier has not accepted.
 */

import { assert } from "@std/assert";
import type { AuthenticationEvidence } from "../../src/ppp/evidence.ts";
import { composePppFrame, readPppFrame } from "../../src/ppp/frame.ts";
import type { PppEffect } from "../../src/ppp/ppp_effect.ts";
import { PppLink } from "../../src/ppp/ppp_link.ts";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import type { Prng } from "../harness/prng.ts";
import { PASSWORD, user, utf8 } from "../ppp/two_links.ts";
import { PPP_FRAMES } from "./corpus.ts";
import { damaged } from "./generate.ts";
import type { Execution, Target } from "./target.ts";

/** Effects of one frame: answers, news, and what follows from them. */
const MOST_EFFECTS = 16;

/** Frames and news that the shortest frame may bring forth. */
const EFFECT_OCTETS = 16_384;

const CHAP = 0xc223;
const PROTOCOLS = [0xc021, 0xc023, 0xc223, 0x8021, 0x8057, 0x8031, 0x80fd, 0x0021, 0x0057, 0x0100];
/** Requests that every link acknowledges or answers, by protocol. */
const RIGHT_REQUESTS: readonly (readonly [protocol: number, data: string])[] = [
  [0xc021, "0506deadbeef"],
  [0xc023, "036a6f6502abcd"],
  [0x8021, "03060a000002"],
  [0x8021, "03060a00000281060a000035"],
  [0x8057, "010a0000000000000007"],
  [0x8031, "0303010803010902"],
];
const PROOFS = ["pap", "chap", "ms-chap-v2"] as const;
const NOTHING = new Uint8Array(0);
const SECRET_DIGITS = utf8(PASSWORD).toHex();

function anySettings(prng: Prng): PppSettings {
  return {
    ...(prng.chance(0.8) ? { ipv4: { local: "10.0.0.1", dns: ["10.0.0.53"] } } : {}),
    ...(prng.chance(0.5) ? { ipv6: {} } : {}),
    ...(prng.chance(0.5) ? { bridge: {} } : {}),
    ...(prng.chance(0.5) ? { authenticate: [prng.pick(PROOFS)] } : {}),
    // PAP says the password; whether anything else does is looked for.
    ...(prng.chance(0.5)
      ? { credentials: { ...user("joe"), protocols: ["chap", "ms-chap-v2"] } }
      : {}),
    echoIntervalMs: prng.pick([0, 1_000]),
  };
}

function packet(code: number, identifier: number, data: Uint8Array): Uint8Array {
  const length = 4 + data.length;
  return Uint8Array.from([code, identifier, length >> 8, length & 0xff, ...data]);
}

/** Options of any protocol, most of them of a length that fits. */
function anyOptions(prng: Prng): Uint8Array {
  const octets: number[] = [];
  for (let left = prng.below(6); left > 0; left--) {
    const size = prng.pick([0, 1, 2, 3, 4, 8, prng.below(250)]);
    const length = prng.chance(0.97) ? 2 + size : prng.below(256);
    const type = prng.pick([prng.below(12), prng.below(12), 129 + prng.below(4), prng.below(256)]);
    octets.push(type, length, ...prng.octets(size));
  }
  return Uint8Array.from(octets);
}

/** One link, the peer that plays with it, and what has been seen. */
class Game {
  readonly #prng: Prng;
  readonly #link: PppLink;
  readonly #mayPass: boolean;
  /** What the link has said, for the peer to answer. */
  readonly #heard: Uint8Array[] = [];
  #evidence: AuthenticationEvidence | undefined;
  #isAccepted = false;
  #isUp = false;
  #isOver = false;
  #now = 1_000_000;

  constructor(prng: Prng) {
    this.#prng = prng;
    const settings = anySettings(prng);
    this.#mayPass = settings.authenticate === undefined;
    this.#link = new PppLink(settings, prng);
    this.#link.open(this.#now);
    this.#link.lowerUp(this.#now);
    this.#look();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  next(): Execution {
    if (this.#prng.chance(0.1)) return this.#event();
    const octets = this.#frame();
    return {
      octets,
      run: () => this.#link.handleFrame(octets, this.#now),
      check: () => {
        const effects = this.#look();
        assert(this.#isOver || effects <= MOST_EFFECTS, `${effects} effects`);
      },
    };
  }

  #frame(): Uint8Array {
    const prng = this.#prng;
    const fate = prng.below(40);
    if (fate === 0) return prng.octets(prng.below(60));
    if (fate === 1) return damaged(prng, prng.pick(PPP_FRAMES).octets);
    const heard = this.#heard.shift();
    if (fate < 28 && heard !== undefined) return this.#answer(heard);
    if (fate < 36) {
      const [protocol, data] = prng.pick(RIGHT_REQUESTS);
      return composePppFrame(protocol, packet(1, prng.below(256), Uint8Array.fromHex(data)));
    }
    const code = prng.pick([1, 1, 1, 2, 3, 4, 6, 7, 8, 9, 10, prng.below(256)]);
    const data = prng.chance(0.8) ? anyOptions(prng) : prng.octets(prng.below(80));
    return composePppFrame(prng.pick(PROTOCOLS), packet(code, prng.below(256), data));
  }

  /** An answer to what the link has said, mostly the right one. */
  #answer(octets: Uint8Array): Uint8Array {
    const prng = this.#prng;
    const { protocol, information } = readPppFrame(octets)!;
    const [code = 0, identifier = 0] = information;
    const data = information.subarray(4);
    if (protocol === CHAP && code === 1) return this.#response(identifier);
    const answer = code !== 1 ? code + 1 : prng.chance(0.9) ? 2 : prng.pick([3, 4]);
    const frame = composePppFrame(protocol, packet(answer, identifier, data));
    return prng.chance(0.97) ? frame : damaged(prng, frame);
  }

  #response(identifier: number): Uint8Array {
    const size = this.#prng.pick([16, 49, this.#prng.below(60)]);
    const data = Uint8Array.from([size, ...this.#prng.octets(size), 0x6a]);
    return composePppFrame(CHAP, packet(2, identifier, data));
  }

  /** The verifier answers, or time goes by, or the link is closed. */
  #event(): Execution {
    const prng = this.#prng;
    const choice = prng.below(20);
    const evidence = this.#evidence;
    const accepted = prng.chance(0.7);
    const run = (): void => {
      if (choice < 8 && evidence !== undefined) {
        this.#isAccepted ||= accepted;
        this.#link.answerAuthentication(evidence, { accepted }, this.#now);
      } else if (choice < 19 || prng.chance(0.9)) this.#advance(prng.below(3_000));
      else this.#link.close(this.#now);
    };
    return { octets: NOTHING, run, check: () => void this.#look() };
  }

  #advance(durationMs: number): void {
    const end = this.#now + durationMs;
    for (let at = this.#link.nextTimeout(); at !== undefined && at <= end;) {
      assert(at >= this.#now, "a timer lies in the past");
      this.#now = at;
      this.#link.handleTimeout(at);
      at = this.#link.nextTimeout();
    }
    this.#now = end;
  }

  #look(): number {
    let count = 0;
    for (let effect = this.#link.poll(); effect !== undefined; effect = this.#link.poll()) {
      count++;
      this.#judge(effect);
    }
    this.#heard.splice(0, this.#heard.length - 6);
    const timeout = this.#link.nextTimeout();
    assert(timeout === undefined || timeout >= this.#now, "a timer lies in the past");
    return count;
  }

  #judge(effect: PppEffect): void {
    switch (effect.kind) {
      case "transmit":
        return this.#hear(effect.octets);
      case "authenticate":
        this.#evidence = effect.evidence;
        this.#isUp = false;
        return;
      case "linkUp":
        assert(this.#mayPass || this.#isAccepted, "a link without a verdict");
        this.#isUp = true;
        return;
      case "ipv4Up":
      case "ipv6Up":
      case "bridgeUp":
        return assert(this.#isUp, `${effect.kind} before linkUp`);
      case "down":
        assert(!this.#isOver, "a second end");
        this.#isOver = true;
        return assert(effect.cause.text.length > 0);
    }
  }

  #hear(octets: Uint8Array): void {
    const frame = readPppFrame(octets);
    assert(frame !== undefined && octets[0] === 0xff && octets[1] === 0x03);
    const { information } = frame;
    assert((information[2]! << 8 | information[3]!) === information.length, "a wrong length");
    assert(!octets.toHex().includes(SECRET_DIGITS), "the password on the line");
    this.#heard.push(octets);
  }
}

/** A link and any peer. */
export const PPP: Target = {
  name: "ppp",
  share: 9,
  isExposed: true,
  isRepeatable: false,
  fixedOctets: EFFECT_OCTETS,
  executions: 250,
  begin: (prng) => {
    let game = new Game(prng);
    return () => {
      if (game.isOver) game = new Game(prng);
      return game.next();
    };
  },
};
