/**
 * Puts control messages together for one connection: header, AVPs, hiding, room for a digest.
 *
 * Read RFC 3931 §5.3 (hiding), §5.4.1 and §3.2.1; RFC 2661 §4.3 for the other key.
 */

import type { DigestAlgorithm } from "../crypto/digest.ts";
import type { ProtocolVersion } from "../model/identifiers.ts";
import {
  type ControlMessage,
  encodeControlMessage,
  type SendableAvps,
  type UnsealedMessage,
} from "../wire/control_message.ts";
import type { MessageTypeName } from "../wire/message_rules.ts";
import { type Random, randomOctets } from "../crypto/random.ts";

const RANDOM_VECTOR_OCTETS = 16;
const MOST_PADDING = 15;

/** How messages are put together. */
export interface ComposerOptions {
  readonly version: ProtocolVersion;
  readonly random: Random;
  /** Hides every AVP that may be hidden (V3-HID-01, V2-HID-01). */
  readonly hidingKey: Uint8Array | undefined;
  /** Messages in which nothing is hidden all the same. Default: none. */
  readonly inClear?: ReadonlySet<MessageTypeName>;
  /** Leaves room for a Message Digest AVP in every message. */
  readonly digest: DigestAlgorithm | undefined;
}

/** Composes messages that say who they are for as far as that is known (V3-CC-10, V3-CC-11). */
export class Composer {
  readonly #options: ComposerOptions;
  /** What AVPs are hidden with, if they are; of several secrets the peer may know only one. */
  hidingKey: Uint8Array | undefined;
  /** The peer's Control Connection ID or Tunnel ID; 0 while unknown. */
  remoteId = 0;
  /** Interop: the peer speaks the AVPs of Cisco's drafts, and perhaps no others. */
  ciscoDraft = false;

  constructor(options: ComposerOptions) {
    this.#options = options;
    this.hidingKey = options.hidingKey;
  }

  compose(type: MessageTypeName, avps: SendableAvps, sessionId = 0): UnsealedMessage {
    const { version, digest } = this.#options;
    const message: ControlMessage = {
      version,
      type,
      connectionId: this.remoteId,
      sessionId,
      avps,
      ciscoDraft: this.ciscoDraft,
      ...(digest === undefined ? {} : { digest }),
    };
    const hiding = this.#hiding(type, avps);
    return encodeControlMessage(hiding === undefined ? message : { ...message, hiding });
  }

  /** A new random vector for every message, padding of a random length (V3-HID-05, V3-HID-10). */
  #hiding(type: MessageTypeName, avps: SendableAvps): ControlMessage["hiding"] {
    const { random, inClear } = this.#options;
    const { hidingKey } = this;
    if (hidingKey === undefined || Object.keys(avps).length === 0) return undefined;
    if (inClear?.has(type)) return undefined;
    const padding = randomOctets(random, randomOctets(random, 1)[0]! & MOST_PADDING);
    return { key: hidingKey, randomVector: randomOctets(random, RANDOM_VECTOR_OCTETS), padding };
  }
}
