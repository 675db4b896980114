/**
 * The Password Authentication Protocol, both sides.
 *
 * Read RFC 1334 §2 first.
 */

import { ByteReader } from "../wire/byte_reader.ts";
import { ByteWriter } from "../wire/byte_writer.ts";
import {
  type AuthenticationLink,
  type AuthenticationSide,
  type Authenticator,
  Retries,
  type RetryLimits,
} from "./authentication.ts";
import type { ControlPacket } from "./control_packet.ts";
import type { AuthenticationEvidence, AuthenticationVerdict } from "./evidence.ts";
import type { PppCredentials } from "./ppp_settings.ts";

const AUTHENTICATE_REQUEST = 1;
const AUTHENTICATE_ACK = 2;
const AUTHENTICATE_NAK = 3;

const LONGEST_MESSAGE = 255;

/** Waits for a name and a password, and asks others what they are worth. */
export class PapAuthenticator implements Authenticator {
  readonly #link: AuthenticationLink;
  /** Of the last request. */
  #identifier = 0;
  #isShown = false;
  #verdict: AuthenticationVerdict | undefined;

  constructor(link: AuthenticationLink) {
    this.#link = link;
  }

  /** It is the peer that repeats itself. */
  get nextTimeout(): undefined {
    return undefined;
  }

  start(): void {}

  handleTimeout(): void {}

  hasAsked(): boolean {
    return false;
  }

  resume(evidence: AuthenticationEvidence): void {
    this.#isShown = true;
    this.#identifier = evidence.identifier;
    this.#link.show(evidence);
  }

  /** The first request counts; its repetitions get the answer to it (PPP-21). */
  handlePacket({ code, identifier, data }: ControlPacket): void {
    if (code !== AUTHENTICATE_REQUEST) return this.#link.drop("stray-answer");
    const reader = new ByteReader(data);
    const name = reader.octets(reader.u8()).slice();
    const password = reader.octets(reader.u8()).slice();
    if (reader.overrun) return this.#link.drop("malformed");
    this.#identifier = identifier;
    if (this.#verdict !== undefined) return this.#reply(this.#verdict);
    if (this.#isShown) return;
    this.#isShown = true;
    this.#link.show({ protocol: "pap", name, identifier, password });
  }

  answer(verdict: AuthenticationVerdict, now: number): void {
    this.#verdict = verdict;
    this.#reply(verdict);
    if (verdict.accepted) this.#link.succeed(now);
    else this.#link.fail("authentication-failed", now);
  }

  #reply({ accepted, message }: AuthenticationVerdict): void {
    const text = new TextEncoder().encode(message ?? "").subarray(0, LONGEST_MESSAGE);
    const code = accepted ? AUTHENTICATE_ACK : AUTHENTICATE_NAK;
    const data = Uint8Array.from([text.length, ...text]);
    this.#link.transmit({ code, identifier: this.#identifier, data });
  }
}

/** Says a name and a password until there is an answer. */
export class PapProver implements AuthenticationSide {
  readonly #link: AuthenticationLink;
  readonly #credentials: PppCredentials;
  readonly #retries: Retries;
  #identifier = 0;

  constructor(link: AuthenticationLink, credentials: PppCredentials, limits: RetryLimits) {
    this.#link = link;
    this.#credentials = credentials;
    this.#retries = new Retries(limits);
  }

  get nextTimeout(): number | undefined {
    return this.#retries.at;
  }

  start(now: number): void {
    this.#retries.start(now);
    this.#request();
  }

  handleTimeout(now: number): void {
    const next = this.#retries.take(now);
    if (next === "again") this.#request();
    if (next === "over") this.#link.fail("authentication-timeout", now);
  }

  handlePacket({ code, identifier }: ControlPacket, now: number): void {
    const isAnswer = code === AUTHENTICATE_ACK || code === AUTHENTICATE_NAK;
    if (!isAnswer || this.nextTimeout === undefined || identifier !== this.#identifier) {
      return this.#link.drop("stray-answer");
    }
    this.#retries.stop();
    if (code === AUTHENTICATE_ACK) this.#link.succeed(now);
    else this.#link.fail("credentials-refused", now);
  }

  /** Each with an identifier of its own (RFC 1334 §2.2.1). */
  #request(): void {
    this.#identifier = (this.#identifier + 1) & 0xff;
    const { name, secret } = this.#credentials;
    const writer = new ByteWriter();
    for (const field of [name, secret]) {
      writer.u8(field.length);
      writer.octets(field);
    }
    const data = writer.finish();
    this.#link.transmit({ code: AUTHENTICATE_REQUEST, identifier: this.#identifier, data });
  }
}
