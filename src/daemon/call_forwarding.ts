/**
 * Calls that go on: each is taken, its user asked for his name where that decides, and joined to a
 * session of the connection that it goes on by.
 *
 * Read RFC 2661 §1 (compulsory tunnels) first. What the first peer tells of the call the next one is
 * told, too, and the end of one session ends the other for the same reason.
 */

import type { ForwardConfiguration, PppAuthentication } from "../config/configuration.ts";
import { greetClient } from "../endpoint/ppp_greeting.ts";
import type { SessionRequest } from "../endpoint/requests.ts";
import type { Session } from "../endpoint/session.ts";
import { logger } from "./log.ts";
import { type FindConnection, joinOnward } from "./onward_calls.ts";

/** Where calls go on. */
export interface ForwardingParts {
  readonly name: string;
  readonly configuration: ForwardConfiguration;
  /** How users prove who they are, where they are asked. */
  readonly authenticate: readonly PppAuthentication[];
  readonly find: FindConnection;
}

/** The calls of one LNS that end elsewhere. */
export class CallForwarding {
  readonly #parts: ForwardingParts;

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  /** Takes a call, and passes it on. Resolves when the two are joined, or there is nothing to join. */
  async take(request: SessionRequest, name: string): Promise<void> {
    const session = await request.accept({ name, attach: { kind: "streams" } });
    try {
      await joinOnward(session, (signal) => this.#passOn(session, signal));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      logger.warn("{name}/{session}: {text}", { name: this.#parts.name, session: name, text });
    }
  }

  async #passOn(session: Session, signal: AbortSignal): Promise<Session> {
    const { configuration, authenticate, name } = this.#parts;
    const asks = Object.keys(configuration.realms).length > 0;
    const greeting = asks ? await greetClient(session, authenticate) : undefined;
    const user = greeting?.name ?? "";
    const target = onwardTarget(configuration, user);
    if (target === undefined) throw new Error(`no realm here is that of user ${user}`);
    const connection = this.#parts.find(target);
    if (connection === undefined) throw new Error(`connection ${target} is not established`);
    logger.info("{name}/{session}: {user} goes on by {target}", {
      name,
      session: session.name,
      user: user === "" ? "the call" : user,
      target,
    });
    return await connection.openSession({
      name: `${name}-${session.name}`,
      pseudowire: "ppp",
      attach: { kind: "streams" },
      information: { ...session.information, ...greeting?.information },
      signal,
    });
  }
}

/**
 * The connection that a user's call goes on by: that of the realm, which is what follows the last @,
 * or else the one for every other call. The name is the caller's, who may call himself anything.
 */
export function onwardTarget(
  { to, realms }: Pick<ForwardConfiguration, "to" | "realms">,
  user: string,
): string | undefined {
  const at = user.lastIndexOf("@");
  const realm = user.slice(at + 1);
  return at >= 0 && Object.hasOwn(realms, realm) ? realms[realm] : to;
}
