/**
 * The TAP interface of a configured session. It is made once and lent to one session after the
 * other, so that a bridge's port and addresses survive a peer that restarts; when somebody deletes
 * it, the next session finds a new one.
 */

import { createHash } from "node:crypto";
import type { Attachment } from "../endpoint/attachment.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { TapConfiguration } from "../config/configuration.ts";
import { tapOptions } from "./options.ts";

/** The session that an interface is for: its name in full, and the two addresses in its words. */
export interface TapOwner {
  readonly label: string;
  readonly remote: string;
  readonly local?: string;
}

/** A TAP interface that is there while it is wanted. */
export class KeptTap {
  readonly #endpoint: Endpoint;
  readonly #owner: TapOwner;
  readonly #configuration: TapConfiguration;
  #attachment: Attachment | undefined;
  #interfaceName: string | undefined;

  constructor(endpoint: Endpoint, owner: TapOwner, configuration: TapConfiguration) {
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#configuration = configuration;
  }

  /** The interface's name, as configured or as it was when there was one. */
  get interfaceName(): string | undefined {
    return this.#interfaceName ?? this.#configuration.tap;
  }

  /**
   * The interface, made now if there is none.
   *
   * @throws {SystemError} when the kernel refuses.
   */
  ready(): Attachment {
    if (this.#attachment !== undefined) return this.#attachment;
    const { mac = lastingMac(this.#endpoint.hostName, this.#owner) } = this.#configuration;
    const options = { ...tapOptions(this.#configuration), mac };
    const attachment = this.#endpoint.createAttachment(options);
    this.#attachment = attachment;
    this.#interfaceName = attachment.interfaceName;
    attachment.closed.then(() => {
      if (this.#attachment === attachment) this.#attachment = undefined;
    });
    return attachment;
  }

  /** Removes the interface. */
  async close(): Promise<void> {
    await this.#attachment?.close();
  }
}

/**
 * A MAC address that is the same after every restart, and another one at each end: a neighbour that
 * still has the old one in its ARP table would else be deaf to this host until that entry expires.
 * Locally administered, unicast (IEEE 802 §8.4).
 */
function lastingMac(hostName: string, { label, remote, local = "" }: TapOwner): string {
  const hash = createHash("sha256").update([hostName, label, remote, local].join("\n")).digest();
  hash[0] = ((hash[0] ?? 0) & 0xfc) | 0x02;
  return hash.subarray(0, 6).toString("hex").replace(/..(?!$)/g, "$&:");
}
