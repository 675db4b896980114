/**
 * The Challenge Handshake Authentication Protocol, both sides, for any algorithm.
 *
 * Read RFC 1994 §4 first, and chap_algorithm.ts for what algorithms differ in.
 */

import { type Random, randomOctets } from "../crypto/random.ts";
import { ByteReader } from "../wire/byte_reader.ts";
import { ByteWriter } from "../wire/byte_writer.ts";
import {
  type AuthenticationLink,
  type AuthenticationSide,
  type Authenticator,
  Retries,
  type RetryLimits,
} from "./authentication.ts";
import type { ChapAlgorithm, ChapAnswer, ChapChallenge } from "./chap_algorithm.ts";
import { type ControlPacket, isSameOctets } from "./control_packet.ts";
import type { AuthenticationEvidence, AuthenticationVerdict } from "./evidence.ts";
import type { PppCredentials } from "./ppp_settings.ts";

const CHALLENGE = 1;
const RESPONSE = 2;
const SUCCESS = 3;
const FAILURE = 4;

const CHALLENGE_OCTETS = 16;

/**
 * Responses that are kept: a challenge that was overtaken may come after the valid one, and one that
 * comes twice must get the same response.
 */
const MOST_KEPT = 4;

interface ChapValue {
  readonly value: Uint8Array;
  readonly name: Uint8Array;
}

/** Reads the data of a Challenge or a Response; `undefined` where there is no value in it. */
function readValue(data: Uint8Array): ChapValue | undefined {
  const reader = new ByteReader(data);
  const value = reader.octets(reader.u8()).slice();
  const name = reader.rest().slice();
  return reader.overrun || value.length === 0 ? undefined : { value, name };
}

function composeValue({ value, name }: ChapValue): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(value.length);
  writer.octets(value);
  writer.octets(name);
  return writer.finish();
}

/** Challenges the peer until it responds. */
export class ChapAuthenticator implements Authenticator {
  readonly #link: AuthenticationLink;
  readonly #algorithm: ChapAlgorithm;
  readonly #name: Uint8Array;
  readonly #random: Random;
  readonly #retries: Retries;
  #challenge: ChapChallenge;
  #isShown = false;
  #verdict: AuthenticationVerdict | undefined;

  constructor(
    link: AuthenticationLink,
    algorithm: ChapAlgorithm,
    name: string,
    limits: RetryLimits,
    random: Random,
  ) {
    this.#link = link;
    this.#algorithm = algorithm;
    this.#name = new TextEncoder().encode(name);
    this.#random = random;
    this.#retries = new Retries(limits);
    const identifier = randomOctets(random, 1)[0]!;
    this.#challenge = { identifier, challenge: new Uint8Array(0) };
  }

  get nextTimeout(): number | undefined {
    return this.#retries.at;
  }

  /** Whether a challenge is ours: who sends it back would have us respond to ourselves. */
  hasAsked(challenge: Uint8Array): boolean {
    return isSameOctets(challenge, this.#challenge.challenge);
  }

  start(now: number): void {
    this.#retries.start(now);
    this.#ask();
  }

  resume(evidence: AuthenticationEvidence): void {
    if (evidence.protocol === "pap") return;
    this.#challenge = evidence;
    this.#isShown = true;
    this.#link.show(evidence);
  }

  handleTimeout(now: number): void {
    const next = this.#retries.take(now);
    if (next === "again") this.#ask();
    if (next === "over") this.#link.fail("authentication-timeout", now);
  }

  /** The first response counts; its repetitions get the answer to it (PPP-22). */
  handlePacket({ code, identifier, data }: ControlPacket): void {
    if (code !== RESPONSE || identifier !== this.#challenge.identifier) {
      return this.#link.drop("stray-answer");
    }
    if (this.#verdict !== undefined) return this.#reply(this.#verdict);
    if (this.#isShown) return;
    const response = readValue(data);
    const evidence = response &&
      this.#algorithm.readResponse(this.#challenge, response.value, response.name);
    if (evidence === undefined) return this.#link.drop("malformed");
    this.#isShown = true;
    this.#retries.stop();
    this.#link.show(evidence);
  }

  answer(verdict: AuthenticationVerdict, now: number): void {
    this.#verdict = verdict;
    this.#reply(verdict);
    if (verdict.accepted) this.#link.succeed(now);
    else this.#link.fail("authentication-failed", now);
  }

  /** Each challenge is another one, and so is its identifier (PPP-22). */
  #ask(): void {
    const identifier = (this.#challenge.identifier + 1) & 0xff;
    const challenge = randomOctets(this.#random, CHALLENGE_OCTETS);
    this.#challenge = { identifier, challenge };
    const data = composeValue({ value: challenge, name: this.#name });
    this.#link.transmit({ code: CHALLENGE, identifier, data });
  }

  #reply(verdict: AuthenticationVerdict): void {
    const message = this.#algorithm.composeMessage(verdict, this.#challenge);
    this.#link.transmit({
      code: verdict.accepted ? SUCCESS : FAILURE,
      identifier: this.#challenge.identifier,
      data: new TextEncoder().encode(message),
    });
  }
}

interface KeptResponse {
  readonly challenge: Uint8Array;
  readonly packet: ControlPacket;
  readonly answer: ChapAnswer;
}

/** Responds to the peer's challenges, whenever they come (RFC 1994 §2.1). */
export class ChapProver implements AuthenticationSide {
  readonly #link: AuthenticationLink;
  readonly #algorithm: ChapAlgorithm;
  readonly #credentials: PppCredentials;
  readonly #random: Random;
  readonly #retries: Retries;
  readonly #isReflected: (challenge: Uint8Array) => boolean;
  /** By identifier; the oldest first. */
  readonly #kept = new Map<number, KeptResponse>();

  /** @param isReflected Whether a challenge is one that our own authenticator has sent. */
  constructor(
    link: AuthenticationLink,
    algorithm: ChapAlgorithm,
    credentials: PppCredentials,
    limits: RetryLimits,
    random: Random,
    isReflected: (challenge: Uint8Array) => boolean,
  ) {
    this.#link = link;
    this.#algorithm = algorithm;
    this.#credentials = credentials;
    this.#isReflected = isReflected;
    this.#random = random;
    this.#retries = new Retries(limits);
  }

  get nextTimeout(): number | undefined {
    return this.#retries.at;
  }

  /** It is the peer that begins. */
  start(): void {}

  /** A lost Success is asked for by the same response: the answer is the same (PPP-22). */
  handleTimeout(now: number): void {
    const next = this.#retries.take(now);
    if (next === "again") {
      for (const { packet } of this.#kept.values()) this.#link.transmit(packet);
    }
    if (next === "over") this.#link.fail("authentication-timeout", now);
  }

  handlePacket(packet: ControlPacket, now: number): void {
    switch (packet.code) {
      case CHALLENGE:
        return this.#respond(packet, now);
      case SUCCESS:
      case FAILURE:
        return this.#finish(packet, now);
      default:
        return this.#link.drop("stray-answer");
    }
  }

  #respond({ identifier, data }: ControlPacket, now: number): void {
    const challenge = readValue(data)?.value;
    if (challenge === undefined) return this.#link.drop("malformed");
    if (this.#isReflected(challenge)) return this.#link.drop("reflected");
    const known = this.#kept.get(identifier);
    if (known !== undefined && isSameOctets(known.challenge, challenge)) {
      return this.#link.transmit(known.packet);
    }
    const answer = this.#algorithm.respond(
      { identifier, challenge },
      this.#credentials,
      this.#random,
    );
    if (answer === undefined) return this.#link.drop("malformed");
    const value = composeValue({ value: answer.value, name: this.#credentials.name });
    const packet = { code: RESPONSE, identifier, data: value };
    this.#keep({ challenge, packet, answer });
    this.#retries.start(now);
    this.#link.transmit(packet);
  }

  #finish({ code, identifier, data }: ControlPacket, now: number): void {
    const response = this.#kept.get(identifier);
    const isAwaited = this.#retries.at !== undefined && response !== undefined;
    if (!isAwaited) return this.#link.drop("stray-answer");
    this.#retries.stop();
    if (code === FAILURE) return this.#link.fail("credentials-refused", now);
    // Who cannot prove that it knows the secret is not whom we want (RFC 2759 §5).
    if (response.answer.isProof(data)) this.#link.succeed(now);
    else this.#link.fail("authentication-failed", now);
  }

  #keep(response: KeptResponse): void {
    const { identifier } = response.packet;
    this.#kept.delete(identifier);
    this.#kept.set(identifier, response);
    if (this.#kept.size <= MOST_KEPT) return;
    const [oldest] = this.#kept.keys();
    this.#kept.delete(oldest!);
  }
}
