/**
 * The TAP or TUN interface of a configured session. It is made once and lent to one session after the
 * other, so that a bridge's port and addresses survive a peer that restarts; when somebody deletes
 * it, the next session finds a new one.
 */

import { createHash } from "node:crypto";
import type { Attachment } from "../endpoint/attachment.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import {
  sameConfiguration,
  type SessionConfiguration,
  type StaticSessionConfiguration,
} from "../config/configuration.ts";
import type { AttachmentOptions } from "../endpoint/attachment_options.ts";
import { interfaceOptions, portOptions } from "./options.ts";

/** What decides on the interface. */
export type InterfaceConfiguration = Pick<
  SessionConfiguration | StaticSessionConfiguration,
  "attach" | "pseudowire"
>;

/** The session that an interface is for: its name in full, and the two addresses in its words. */
export interface InterfaceOwner {
  readonly label: string;
  readonly remote: string;
  readonly local?: string;
}

/** Whether an interface that was made for one configuration will do for the other. */
export function sameInterface(a: InterfaceConfiguration, b: InterfaceConfiguration): boolean {
  return a.pseudowire === b.pseudowire && sameConfiguration(a.attach, b.attach);
}

/** An interface that is there while it is wanted. */
export class KeptInterface {
  readonly #endpoint: Endpoint;
  readonly #owner: InterfaceOwner;
  readonly #configuration: InterfaceConfiguration;
  #attachment: Attachment | undefined;
  #interfaceName: string | undefined;

  constructor(endpoint: Endpoint, owner: InterfaceOwner, configuration: InterfaceConfiguration) {
    this.#endpoint = endpoint;
    this.#owner = owner;
    this.#configuration = configuration;
  }

  /** The interface's name, as configured or as it was when there was one. */
  get interfaceName(): string | undefined {
    const { tap, tun, interface: port } = this.#configuration.attach;
    return this.#interfaceName ?? tap ?? tun ?? port;
  }

  /**
   * The interface, made now if there is none; or, of a session whose attachment is there already,
   * the words for it.
   *
   * @throws {SystemError} when the kernel refuses.
   */
  ready(): Attachment | AttachmentOptions {
    if (this.#attachment !== undefined) return this.#attachment;
    const { attach, pseudowire } = this.#configuration;
    const port = portOptions(attach);
    if (port !== undefined) return port;
    const options = interfaceOptions(attach, pseudowire);
    const { mac = lastingMac(this.#endpoint.hostName, this.#owner) } = attach;
    const attachment = this.#endpoint.createAttachment(
      options.kind === "tun" ? options : { ...options, mac },
    );
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
function lastingMac(hostName: string, { label, remote, local = "" }: InterfaceOwner): string {
  const hash = createHash("sha256").update([hostName, label, remote, local].join("\n")).digest();
  hash[0] = ((hash[0] ?? 0) & 0xfc) | 0x02;
  return hash.subarray(0, 6).toString("hex").replace(/..(?!$)/g, "$&:");
}
