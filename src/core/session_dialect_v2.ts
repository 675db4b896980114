/**
 * How L2TPv2 speaks of sessions. This side has no facilities for PPP calls, so it knows how to
 * refuse them, and nothing else.
 *
 * Read RFC 2661 §4.4.4, §6.6, §6.9 and §6.12 first.
 */

import type { ResultCode } from "../wire/avp_formats.ts";
import type { DecodedMessage } from "../wire/control_message.ts";
import type { Composer } from "./composer.ts";
import type { Composition, RefusingSessionDialect, SessionIds } from "./dialect.ts";

/** Sessions of L2TPv2: the header names the recipient's, AVP 14 the sender's (V2-SES-03..05). */
export class SessionDialectV2 implements RefusingSessionDialect {
  readonly carriesSessions = false;
  readonly #composer: Composer;

  constructor(composer: Composer) {
    this.#composer = composer;
  }

  identify({ header, avps }: DecodedMessage): SessionIds {
    return { local: header.sessionId, remote: avps.assignedSessionId ?? 0 };
  }

  composeCdn(ids: SessionIds, code: ResultCode): Composition {
    return this.#composer.compose(
      "CDN",
      { assignedSessionId: ids.local, resultCode: code },
      ids.remote,
    );
  }
}
