/**
 * The calls of a connection that do not end here: each is joined to a session over another
 * connection, and so goes on to the peer there.
 *
 * Read RFC 2661 §1 (LAC, LNS) and §7 (order of call messages) first. What is told of a call that
 * comes in is complete only with its last message, which has what PPP has led to: so such a call is
 * answered before it goes on, and its first frames wait. A call that is to be placed is answered when
 * the next peer has placed it.
 */

import type { ControlConnection } from "../endpoint/control_connection.ts";
import { SessionError } from "../endpoint/errors.ts";
import { farewellFor, joinSessions } from "../endpoint/joined_sessions.ts";
import type { AcceptSessionOptions, SessionRequest } from "../endpoint/requests.ts";
import type { Session } from "../endpoint/session.ts";
import type { CallInformation } from "../model/call_information.ts";
import { logger } from "./log.ts";

/** CDN: no appropriate facilities, and none later (RFC 3931 §5.4.2). */
const NO_FACILITIES_AT_ALL = 5;

/** Frames are passed on by this program, and by nothing else. */
const STREAMS = { attach: { kind: "streams" } } as const;

/** Tells the connection of a name, while it is established. */
export type FindConnection = (name: string) => ControlConnection | undefined;

/**
 * Joins a session to the one that `ask` has the next peer agree to; where that fails, it ends with
 * the reason, which is thrown. `ask` is told when the session ends first.
 */
export async function joinOnward(
  session: Session,
  ask: (signal: AbortSignal) => Promise<Session>,
): Promise<void> {
  const ended = new AbortController();
  void session.closed.then((reason) => ended.abort(new SessionError(session.name, reason)));
  try {
    joinSessions(session, await ask(ended.signal));
  } catch (error) {
    await session.close(farewellFor(error));
    throw error;
  }
}

/** The calls of one connection that go on over others. */
export class OnwardCalls {
  readonly #from: string;
  readonly #find: FindConnection;
  #last = 0;

  /** `from` is the name of the connection that they come over. */
  constructor(from: string, find: FindConnection) {
    this.#from = from;
    this.#find = find;
  }

  /** Lets a call go on over the connection `over`, or refuses it. */
  async take(request: SessionRequest, over: string): Promise<void> {
    const next = this.#find(over);
    const obstacle = next === undefined
      ? { text: `${over} is not connected` }
      : obstacleBefore(request, next);
    if (next === undefined || obstacle !== undefined) {
      const text = obstacle?.text;
      logger.warn("{name}: refused a call for {over}: {text}", { name: this.#from, over, text });
      request.refuse(obstacle);
      return;
    }
    const call = new OnwardCall(request, next, {
      here: `call-${++this.#last}`,
      there: `${this.#from}-${this.#last}`,
    });
    const names = { from: `${this.#from}/call-${this.#last}`, to: `${over}/${call.name}` };
    try {
      const session = await (request.call === "incoming" ? call.answerFirst() : call.placeFirst());
      logger.info("{from}: goes on as {to}", names);
      const { text } = await session.closed;
      logger.info("{from}: has ended: {text}", { ...names, text });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      logger.warn("{from}: does not go on as {to}: {problem}", { ...names, problem });
    }
  }
}

/** Why a call cannot even be tried, if so. */
function obstacleBefore(
  { pseudowire, pseudowireTypeNumber }: SessionRequest,
  next: ControlConnection,
): { readonly resultCode: number; readonly text: string } | undefined {
  const resultCode = NO_FACILITIES_AT_ALL;
  if (pseudowire === undefined) {
    return { resultCode, text: `pseudowire type ${pseudowireTypeNumber} is not known here` };
  }
  if (pseudowire === "ppp" || next.peer?.version !== 2) return undefined;
  return { resultCode, text: `${next.name} is L2TPv2, which carries ppp and not ${pseudowire}` };
}

/** One call, over the connection it comes by and the next. */
class OnwardCall {
  readonly #request: SessionRequest;
  readonly #next: ControlConnection;
  readonly #names: { readonly here: string; readonly there: string };

  constructor(
    request: SessionRequest,
    next: ControlConnection,
    names: { readonly here: string; readonly there: string },
  ) {
    this.#request = request;
    this.#next = next;
    this.#names = names;
  }

  /** What its session over the next connection is called. */
  get name(): string {
    return this.#names.there;
  }

  /** Answers the call, then goes on with all that its peer has told. */
  async answerFirst(): Promise<Session> {
    const session = await this.#accept({});
    await joinOnward(session, (signal) => this.#goOn(session.information, signal));
    return session;
  }

  /** Has the next peer place the call, then answers with what that has told. */
  async placeFirst(): Promise<Session> {
    let placed: Session;
    try {
      placed = await this.#goOn(this.#request.information);
    } catch (error) {
      this.#request.refuse(farewellFor(error));
      throw error;
    }
    try {
      const session = await this.#accept(placed.information);
      joinSessions(session, placed);
      return session;
    } catch (error) {
      await placed.close(farewellFor(error));
      throw error;
    }
  }

  #accept(information: CallInformation): Promise<Session> {
    const options: AcceptSessionOptions = { ...STREAMS, name: this.#names.here, information };
    return this.#request.accept(options);
  }

  /** L2TPv2 names no circuit: one of L2TPv3 is then called as the session is. */
  #goOn(information: CallInformation, signal?: AbortSignal): Promise<Session> {
    const { pseudowire, call, remoteEndId } = this.#request;
    return this.#next.openSession({
      ...STREAMS,
      name: this.#names.there,
      ...(pseudowire === undefined ? {} : { pseudowire }),
      call,
      ...(remoteEndId.length === 0 ? {} : { remoteEndId }),
      information,
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
