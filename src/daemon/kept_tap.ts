/**
 * The TAP interface of a configured session. It is made once and lent to one session after the
 * other, so that a bridge's port and addresses survive a peer that restarts; when somebody deletes
 * it, the next session finds a new one.
 */

import type { Attachment } from "../endpoint/attachment.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { TapConfiguration } from "../config/configuration.ts";
import { tapOptions } from "./options.ts";

/** A TAP interface that is there while it is wanted. */
export class KeptTap {
  readonly #endpoint: Endpoint;
  readonly #configuration: TapConfiguration;
  #attachment: Attachment | undefined;
  #interfaceName: string | undefined;

  constructor(endpoint: Endpoint, configuration: TapConfiguration) {
    this.#endpoint = endpoint;
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
    const attachment = this.#endpoint.createAttachment(tapOptions(this.#configuration));
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
