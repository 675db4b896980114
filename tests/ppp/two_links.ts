/**
 * Two links with a line between them, on virtual time: frames go through an impaired path each way,
 * evidence is judged by one password.
 */

import { assert } from "@std/assert";
import type { Path } from "../../src/model/path.ts";
import type { AuthenticationEvidence, AuthenticationVerdict } from "../../src/ppp/evidence.ts";
import type { PppEffect } from "../../src/ppp/ppp_effect.ts";
import { PppLink } from "../../src/ppp/ppp_link.ts";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { verifyByPassword } from "../../src/ppp/verification.ts";
import { CLEAN, type Impairment, Link } from "../harness/link.ts";
import { Prng } from "../harness/prng.ts";

/** The password of everybody in these tests. */
export const PASSWORD = "s3cret-word";

const PATH: Path = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: "192.0.2.2", port: 1701 },
};

/** Text in UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Who knows the password, or another one. */
export function user(name: string, password = PASSWORD): NonNullable<PppSettings["credentials"]> {
  return { name: utf8(name), secret: utf8(password) };
}

/** One end, what it has said and what has been told of it. */
export class End {
  readonly link: PppLink;
  /** News, without frames. */
  readonly effects: PppEffect[] = [];
  /** Frames that it has sent, in hexadecimal digits. */
  readonly sent: string[] = [];
  /** Judges evidence; `undefined` leaves it waiting. */
  verify: (evidence: AuthenticationEvidence) => AuthenticationVerdict | undefined = (evidence) =>
    verifyByPassword(evidence, utf8(PASSWORD));

  readonly #carry: (octets: Uint8Array, now: number) => void;

  /** `carry` takes what it sends. */
  constructor(
    settings: PppSettings,
    prng: Prng,
    carry: (octets: Uint8Array, now: number) => void,
  ) {
    this.link = new PppLink(settings, prng);
    this.#carry = carry;
  }

  told<Kind extends PppEffect["kind"]>(kind: Kind): Extract<PppEffect, { kind: Kind }>[] {
    return this.effects.filter((effect) => effect.kind === kind) as Extract<
      PppEffect,
      { kind: Kind }
    >[];
  }

  /** The only news of its kind. */
  only<Kind extends PppEffect["kind"]>(kind: Kind): Extract<PppEffect, { kind: Kind }> {
    const told = this.told(kind);
    assert(told.length === 1, `${told.length} times ${kind}`);
    return told[0]!;
  }

  drain(now: number): void {
    for (let effect = this.link.poll(); effect !== undefined; effect = this.link.poll()) {
      if (effect.kind === "transmit") {
        this.sent.push(effect.octets.toHex());
        this.#carry(effect.octets, now);
        continue;
      }
      this.effects.push(effect);
      if (effect.kind !== "authenticate") continue;
      const verdict = this.verify(effect.evidence);
      if (verdict !== undefined) this.link.answerAuthentication(effect.evidence, verdict, now);
    }
  }
}

/** Both ends and the time that they share. */
export class TwoLinks {
  readonly left: End;
  readonly right: End;
  readonly #fromLeft: Link;
  readonly #fromRight: Link;
  now = 1_000_000;

  constructor(left: PppSettings, right: PppSettings, seed = 1, impairment: Impairment = CLEAN) {
    const prng = new Prng(seed);
    this.#fromLeft = new Link(prng, impairment);
    this.#fromRight = new Link(prng, impairment);
    const onto = (line: Link) => (octets: Uint8Array, now: number) => line.send(PATH, octets, now);
    this.left = new End(left, new Prng(prng.uint32()), onto(this.#fromLeft));
    this.right = new End(right, new Prng(prng.uint32()), onto(this.#fromRight));
  }

  set impairment(impairment: Impairment) {
    this.#fromLeft.impairment = impairment;
    this.#fromRight.impairment = impairment;
  }

  /** Both links are wanted, and the session under them is up. */
  begin(): void {
    for (const { link } of [this.left, this.right]) {
      link.open(this.now);
      link.lowerUp(this.now);
    }
    this.#drain();
  }

  /** Lets so much time pass, and whatever happens in it happen. */
  run(durationMs: number): void {
    const end = this.now + durationMs;
    this.#drain();
    for (let next = this.#nextInstant(); next <= end; next = this.#nextInstant()) {
      this.now = Math.max(this.now, next);
      const ways = [[this.#fromLeft, this.right], [this.#fromRight, this.left]] as const;
      for (const [line, to] of ways) {
        const frame = line.receive(this.now);
        if (frame !== undefined) to.link.handleFrame(frame.octets, this.now);
      }
      for (const { link } of [this.left, this.right]) {
        const at = link.nextTimeout();
        if (at !== undefined && at <= this.now) link.handleTimeout(this.now);
      }
      this.#drain();
    }
    this.now = end;
  }

  #nextInstant(): number {
    return Math.min(
      this.left.link.nextTimeout() ?? Infinity,
      this.right.link.nextTimeout() ?? Infinity,
      this.#fromLeft.nextArrival() ?? Infinity,
      this.#fromRight.nextArrival() ?? Infinity,
    );
  }

  #drain(): void {
    this.left.drain(this.now);
    this.right.drain(this.now);
  }
}

/** Two links after their begin and a while on a clean line. */
export function linked(left: PppSettings, right: PppSettings, seed = 1): TwoLinks {
  const links = new TwoLinks(left, right, seed);
  links.begin();
  links.run(1_000);
  return links;
}
