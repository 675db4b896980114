/**
 * An LNS of the configuration: takes the PPP sessions of whoever may call, all on one TUN interface.
 *
 * Read RFC 2661 §1 (LNS) first. Peers are many and unknown by name; who their users are PPP finds
 * out. A connection that has no session for a while is closed: its LAC will be back.
 */

import type { LnsConfiguration } from "../config/configuration.ts";
import type { Attachment } from "../endpoint/attachment.ts";
import { formatTransportAddress } from "../endpoint/addresses.ts";
import type { ControlConnection } from "../endpoint/control_connection.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import type { PppAccess } from "../endpoint/ppp_access.ts";
import type { ConnectionRequest, SessionRequest } from "../endpoint/requests.ts";
import { CallForwarding } from "./call_forwarding.ts";
import { logger } from "./log.ts";
import type { FindConnection } from "./onward_calls.ts";
import { lnsPppOptions, sharedTunOptions } from "./options.ts";
import type { LnsStatus, LnsUserStatus } from "./status.ts";

/** CDN: no appropriate facilities, and none later (RFC 2661 §4.4.2). */
const NO_FACILITIES_AT_ALL = 5;
/** How long a connection may be without a session. */
const EMPTY_MS = 60_000;

/** What an LNS is made of. */
export interface LnsParts {
  readonly endpoint: Endpoint;
  readonly configuration: LnsConfiguration;
  /** Our address towards the users. */
  readonly localAddress: string | undefined;
  readonly access: PppAccess;
  /** For calls that go on. */
  readonly find: FindConnection;
}

/** One LNS. */
export class KeptLns {
  readonly configuration: LnsConfiguration;
  readonly #parts: LnsParts;
  readonly #connections = new Set<ControlConnection>();
  readonly #forwarding: CallForwarding | undefined;
  #tun: Attachment | undefined;
  #lastCall = 0;

  constructor(parts: LnsParts) {
    this.#parts = parts;
    this.configuration = parts.configuration;
    const { name, forward, ppp: { authenticate = [] } } = parts.configuration;
    if (forward !== undefined) {
      const { find } = parts;
      this.#forwarding = new CallForwarding({
        name,
        configuration: forward,
        authenticate,
        find,
      });
      return;
    }
    // The interface is there from the start; a failure is told now, and met again by every call.
    try {
      this.#ready();
    } catch (error) {
      logger.warn("{name}: {problem}", { name: this.name, problem: String(error) });
    }
  }

  get name(): string {
    return this.configuration.name;
  }

  /** A peer asks for a connection. */
  async accept(request: ConnectionRequest): Promise<void> {
    const address = formatTransportAddress(request.path.remote);
    try {
      const connection = await request.accept({ name: `${this.name}/${address}` });
      logger.info("{name}: {hostName} at {address} is connected", {
        name: this.name,
        hostName: connection.peer?.hostName ?? "a peer",
        address,
      });
      this.#take(connection);
    } catch (error) {
      logger.warn("{name}: {address} did not finish its connection: {problem}", {
        name: this.name,
        address,
        problem: error instanceof Error ? error.message : String(error),
      });
    }
  }

  status(): LnsStatus {
    const users = [...this.#connections].flatMap((connection): LnsUserStatus[] => {
      const { remote, sessions } = connection.status();
      return sessions.flatMap(({ name: session, since, ppp, counters }) =>
        ppp === undefined ? [] : [{
          user: ppp.user,
          state: ppp.state,
          since,
          address: ppp.remoteAddress,
          authentication: ppp.authentication,
          connection: connection.name,
          session,
          remote: formatTransportAddress(remote),
          hostName: remote.hostName,
          receivedOctets: counters.receivedOctets,
          transmittedOctets: counters.transmittedOctets,
        }]
      );
    });
    return {
      name: this.name,
      interface: this.#tun?.interfaceName ?? this.configuration.attach.tun ?? null,
      localAddress: this.#parts.localAddress ?? null,
      connections: this.#connections.size,
      users,
    };
  }

  /** Ends every session, and removes the interface. */
  async close(): Promise<void> {
    const text = "taken out of the configuration";
    await Promise.all([...this.#connections].map((connection) => connection.close({ text })));
    await this.#tun?.close();
  }

  /** @throws {SystemError} when the kernel refuses the interface. */
  #ready(): Attachment {
    if (this.#tun !== undefined) return this.#tun;
    const { configuration, endpoint, localAddress } = this.#parts;
    const tun = endpoint.createAttachment(sharedTunOptions(configuration.attach, localAddress));
    this.#tun = tun;
    tun.closed.then(() => {
      if (this.#tun === tun) this.#tun = undefined;
    });
    return tun;
  }

  #take(connection: ControlConnection): void {
    this.#connections.add(connection);
    void this.#answerSessions(connection);
    const timer = setInterval(() => {
      const { since, sessions } = connection.status();
      const age = Date.now() - Date.parse(since);
      if (sessions.length > 0 || age < EMPTY_MS) return;
      void connection.close({ text: "no session for a while" });
    }, EMPTY_MS);
    void connection.closed.then((reason) => {
      clearInterval(timer);
      this.#connections.delete(connection);
      logger.info("{name}: {connection} has ended: {text}", {
        name: this.name,
        connection: connection.name,
        text: reason.text,
      });
    });
  }

  async #answerSessions(connection: ControlConnection): Promise<void> {
    for await (const request of connection.sessionRequests()) {
      if (request.pseudowire === "ppp") void this.#acceptSession(request);
      else {
        const text = `${this.name} takes PPP sessions, not ${
          request.pseudowire ?? `pseudowire type ${request.pseudowireTypeNumber}`
        }`;
        logger.warn("{name}: refused a session: {text}", { name: connection.name, text });
        request.refuse({ resultCode: NO_FACILITIES_AT_ALL, text });
      }
    }
  }

  async #acceptSession(request: SessionRequest): Promise<void> {
    const name = `call-${++this.#lastCall}`;
    try {
      if (this.#forwarding !== undefined) return await this.#forwarding.take(request, name);
      const { fragmentation, oversize, tcpMss, dscp, ecn } = this.configuration;
      const fit = { fragmentation, oversize, tcpMss, dscp, ecn };
      const ppp = lnsPppOptions(this.configuration.ppp, this.#parts.access);
      const session = await request.accept({ name, attach: this.#ready(), ppp, ...fit });
      const reason = await session.closed;
      logger.info("{name}/{session} has ended: {text}", {
        name: this.name,
        session: name,
        text: reason.text,
      });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      logger.warn("{name}/{session}: {problem}", { name: this.name, session: name, problem });
      request.refuse({ text: "the call cannot be taken" });
    }
  }
}
