/**
 * Who asked for a connection and got none: told in the log, and remembered for a while for `doctor`.
 *
 * Whoever sends datagrams can send many, from any address: few are remembered, and fewer told.
 */

import type { Configuration } from "../config/configuration.ts";
import { formatTransportAddress, parseRemote } from "../endpoint/addresses.ts";
import type { Refusal } from "../endpoint/observation.ts";
import { logger } from "./log.ts";
import type { Finding } from "./session_findings.ts";

/** Longer than a peer waits between two attempts to connect. */
const MEMORY_MS = 60_000;
const MOST_REMEMBERED = 64;

/** Between two lines about the same thing. */
const REPEAT_MS = 600_000;
/** Lines in a minute, whatever they are about. */
const MOST_LINES = 10;
const MINUTE_MS = 60_000;

/** The result code of a version that is not ours (RFC 3931 §5.4.2). */
const VERSION_NOT_SUPPORTED = 5;

const VERSION_REPAIR = "let the version of both ends be the same, or auto on one of them";

interface Memory {
  readonly refusal: Refusal;
  readonly heardAt: number;
  readonly toldAt: number;
}

/** What was refused, and when. */
export class Refusals {
  readonly #configuration: () => Configuration;
  readonly #now: () => number;
  /** By address and reason, the one heard last at the end. */
  readonly #memories = new Map<string, Memory>();
  #minuteEndsAt = -Infinity;
  #lines = 0;

  /** @param now counts milliseconds, and only grows. */
  constructor(configuration: () => Configuration, now = () => performance.now()) {
    this.#configuration = configuration;
    this.#now = now;
  }

  /** Takes note of one. */
  handle(refusal: Refusal): void {
    const now = this.#now();
    const key = `${refusal.path.remote.address} ${refusal.reason}`;
    const known = this.#memories.get(key);
    const isDue = now >= (known?.toldAt ?? -Infinity) + REPEAT_MS && this.#mayTell(now);
    if (isDue) this.#tell(refusal);
    this.#memories.delete(key);
    this.#memories.set(key, {
      refusal,
      heardAt: now,
      toldAt: isDue ? now : known?.toldAt ?? -Infinity,
    });
    const [oldest] = this.#memories.keys();
    if (this.#memories.size > MOST_REMEMBERED) this.#memories.delete(oldest!);
  }

  /** Those of the last minute. */
  recent(): readonly Refusal[] {
    const since = this.#now() - MEMORY_MS;
    return [...this.#memories.values()]
      .filter(({ heardAt }) => heardAt >= since)
      .map(({ refusal }) => refusal);
  }

  /** Another configuration is to be judged by what comes from now on. */
  forget(): void {
    this.#memories.clear();
  }

  #mayTell(now: number): boolean {
    if (now >= this.#minuteEndsAt) {
      this.#minuteEndsAt = now + MINUTE_MS;
      this.#lines = 0;
    }
    return ++this.#lines <= MOST_LINES;
  }

  #tell(refusal: Refusal): void {
    const { subject, text, repair } = refusalFinding(this.#configuration(), refusal);
    const words = { subject, text, repair };
    // Strangers come by everywhere on the Internet.
    if (refusal.reason === "unknown-peer") logger.info("{subject}: {text}; {repair}", words);
    else logger.warn("{subject}: {text}; {repair}", words);
  }
}

/** What a refusal means, and what to do about it. */
export function refusalFinding({ connections }: Configuration, refusal: Refusal): Finding {
  const { path: { remote }, reason } = refusal;
  const from = formatTransportAddress(remote);
  const name = connections.find((each) => parseRemote(each.remote).host === remote.address)?.name;
  const subject = name === undefined ? `peer ${from}` : `connection ${name}`;
  switch (reason) {
    case "bad-digest":
      return {
        code: "wrong-secret",
        subject,
        text: `the messages of ${from} do not fit our secret`,
        repair: `put the same secret into both ends' files (sha256sum tells), then longwire reload`,
      };
    case "missing-digest":
      return {
        code: "no-secret",
        subject,
        text: `the messages of ${from} have no digest: it has no secret, or another authentication`,
        repair: "give the peer the secret, and both ends the same authentication",
      };
    case "other-version":
      return {
        code: "other-version",
        subject,
        text: `${from} asks for a connection in the version of L2TP that is not spoken with it`,
        repair: VERSION_REPAIR,
      };
    case "unknown-peer":
      return {
        code: "unknown-peer",
        subject,
        text: `${from} asks for a connection and is not configured, or not by this address`,
        repair: `add a connection with remote: ${remote.address}, then longwire reload`,
      };
    case "unacceptable":
      return {
        code: "refused-peer",
        subject,
        text: `${from} asked for a connection and was refused: ${refusal.text}`,
        repair: refusal.resultCode === VERSION_NOT_SUPPORTED
          ? VERSION_REPAIR
          : "the peer has been told the same; change what it asks for, or what is allowed here",
      };
    default:
      return refusal satisfies never;
  }
}
