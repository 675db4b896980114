/**
 * One link and a peer that is played octet by octet, on virtual time. Packets are written and read
 * as text: `lcp 1 7 0506aabbccdd` is protocol, code, identifier and data.
 */

import { assert } from "@std/assert";
import type { AuthenticationVerdict } from "../../src/ppp/evidence.ts";
import type { PppEffect } from "../../src/ppp/ppp_effect.ts";
import { PppLink } from "../../src/ppp/ppp_link.ts";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { composePppFrame, readPppFrame } from "../../src/ppp/frame.ts";
import { Prng } from "../harness/prng.ts";

const NUMBERS: Readonly<Record<string, number>> = {
  lcp: 0xc021,
  pap: 0xc023,
  chap: 0xc223,
  ipcp: 0x8021,
  ipv6cp: 0x8057,
  bcp: 0x8031,
  ccp: 0x80fd,
  ipv4: 0x0021,
};

const NAMES = new Map(Object.entries(NUMBERS).map(([name, number]) => [number, name]));

/** A packet as its header's fields and the digits of its data. */
export interface Packet {
  readonly protocol: string;
  readonly code: number;
  readonly identifier: number;
  readonly data: string;
}

/** The octets of `code identifier data`. */
function composePacket(code: number, identifier: number, data: string): Uint8Array {
  const rest = Uint8Array.fromHex(data);
  const length = 4 + rest.length;
  return Uint8Array.from([code, identifier, length >> 8, length & 0xff, ...rest]);
}

function readPacket(octets: Uint8Array): Packet {
  assert(octets[0] === 0xff && octets[1] === 0x03, "address and control are there");
  const { protocol, information } = readPppFrame(octets)!;
  const [code = 0, identifier = 0, high = 0, low = 0] = information;
  assert((high << 8 | low) === information.length, "the length is right");
  const name = NAMES.get(protocol) ?? protocol.toString(16);
  return { protocol: name, code, identifier, data: information.subarray(4).toHex() };
}

/** A link with a played peer. */
export class ScriptedLink {
  readonly link: PppLink;
  readonly effects: PppEffect[] = [];
  readonly #heard: Packet[] = [];
  now = 1_000_000;

  constructor(settings: PppSettings, seed = 1) {
    this.link = new PppLink({ echoIntervalMs: 0, ...settings }, new Prng(seed));
    this.link.open(this.now);
    this.link.lowerUp(this.now);
    this.#drain();
  }

  /** Plays packets of the peer. */
  say(...packets: readonly string[]): void {
    for (const packet of packets) {
      const [protocol = "", code, identifier, data = ""] = packet.split(" ");
      this.sayOctets(
        composePppFrame(
          NUMBERS[protocol]!,
          composePacket(Number(code), Number(identifier), data),
        ),
      );
    }
  }

  sayOctets(octets: Uint8Array): void {
    this.link.handleFrame(octets, this.now);
    this.#drain();
  }

  /** What the link has said since it was asked last. */
  hear(): Packet[] {
    return this.#heard.splice(0);
  }

  /** The same as text. */
  hearText(): string[] {
    return this.hear().map(({ protocol, code, identifier, data }) =>
      `${protocol} ${code} ${identifier} ${data}`.trimEnd()
    );
  }

  /** The only packet of that protocol and code; the others stay to be heard. */
  hearOne(protocol: string, code: number): Packet {
    const heard = this.hear();
    const isIt = (packet: Packet) => packet.protocol === protocol && packet.code === code;
    const found = heard.filter(isIt);
    assert(found.length === 1, `${found.length} of ${protocol} ${code}: ${JSON.stringify(heard)}`);
    this.#heard.push(...heard.filter((packet) => !isIt(packet)));
    return found[0]!;
  }

  /** Acknowledges the link's last request of a protocol, and has one of its own acknowledged. */
  open(protocol: string, request = ""): void {
    const { identifier, data } = this.hearOne(protocol, 1);
    this.say(`${protocol} 2 ${identifier} ${data}`, `${protocol} 1 1 ${request}`);
    this.hearOne(protocol, 2);
  }

  judge(verdict: AuthenticationVerdict): void {
    const { evidence } = this.only("authenticate");
    this.link.answerAuthentication(evidence, verdict, this.now);
    this.#drain();
  }

  close(): void {
    this.link.close(this.now);
    this.#drain();
  }

  /** Lets time pass, timer by timer. */
  advance(durationMs: number): void {
    const end = this.now + durationMs;
    for (let at = this.link.nextTimeout(); at !== undefined && at <= end;) {
      this.now = Math.max(this.now, at);
      this.link.handleTimeout(this.now);
      this.#drain();
      at = this.link.nextTimeout();
    }
    this.now = end;
  }

  told<Kind extends PppEffect["kind"]>(kind: Kind): Extract<PppEffect, { kind: Kind }>[] {
    return this.effects.filter((effect) => effect.kind === kind) as Extract<
      PppEffect,
      { kind: Kind }
    >[];
  }

  only<Kind extends PppEffect["kind"]>(kind: Kind): Extract<PppEffect, { kind: Kind }> {
    const told = this.told(kind);
    assert(told.length === 1, `${told.length} times ${kind}`);
    return told[0]!;
  }

  /** Why frames were dropped, since the beginning. */
  get drops(): string[] {
    return this.told("dropped").map(({ reason }) => reason);
  }

  #drain(): void {
    for (let effect = this.link.poll(); effect !== undefined; effect = this.link.poll()) {
      if (effect.kind === "transmit") this.#heard.push(readPacket(effect.octets));
      else this.effects.push(effect);
    }
  }
}
