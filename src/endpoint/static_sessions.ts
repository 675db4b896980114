/**
 * The sessions without a control connection: what the peer would have said is in the options.
 *
 * Read resolve_static.ts first.
 */

import { CIRCUIT_ACTIVE } from "../model/circuit_status.ts";
import type { Path } from "../model/path.ts";
import { parseRemote } from "./addresses.ts";
import type { Assembly } from "./assembly.ts";
import type { StaticSessionOptions } from "./options.ts";
import { resolveOrder } from "./payload_options.ts";
import { resolvePpp } from "./resolve_ppp.ts";
import { resolveStaticPorts, resolveStaticSession } from "./resolve_static.ts";
import { resolveFit } from "./resolve_options.ts";
import { withFirstAddress } from "./resolve_host.ts";
import type { SessionInputs } from "./session_parts.ts";
import type { Session } from "./session.ts";
import { StaticSessionControl } from "./session_control.ts";

/** The static sessions of an endpoint. */
export class StaticSessions {
  readonly #assembly: Assembly;
  readonly #sessions = new Set<Session>();
  /** What is being opened, from when its peer's address is known. */
  readonly #openings = new Set<Promise<Session>>();
  #isClosed = false;

  constructor(assembly: Assembly) {
    this.#assembly = assembly;
  }

  get list(): readonly Session[] {
    return [...this.#sessions];
  }

  /** @throws {Error} whatever keeps it from carrying frames; nothing is left of it then. */
  async open(options: StaticSessionOptions): Promise<Session> {
    const path = await this.#path(options);
    if (this.#isClosed) throw new TypeError("the endpoint is closed");
    const opening = this.#open(options, path);
    this.#openings.add(opening);
    try {
      return await opening;
    } finally {
      this.#openings.delete(opening);
    }
  }

  /** Closes every one, those too that are just being opened. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#openings);
    await Promise.all(this.list.map((session) => session.close()));
  }

  async #open(options: StaticSessionOptions, path: Path): Promise<Session> {
    const { transports } = this.#assembly;
    const descriptor = resolveStaticSession(options, path);
    const { pseudowire, receiveSublayer: sublayer } = descriptor;
    const transport = await transports.lend(path, descriptor.localSessionId);
    let inputs!: SessionInputs;
    try {
      const control = new StaticSessionControl((reason) => inputs.handleDown(reason));
      const made = this.#assembly.maker.makeSession(
        {
          name: options.name ?? options.remote,
          connection: undefined,
          passesEcn: () => false,
          pseudowire,
          sublayer,
          sequencing: descriptor.receiveSequencing,
          order: resolveOrder(options),
          payload: descriptor,
          fit: resolveFit(options),
          ppp: resolvePpp(options.ppp ?? {}),
        },
        options.attach ?? {},
        control,
        async (ended) => {
          this.#sessions.delete(ended);
          await transports.giveBack(transport);
        },
      );
      inputs = made.inputs;
      this.#sessions.add(made.session);
      await inputs.claimCircuit();
      await inputs.handleInstall(descriptor, { transmit: true, receive: true });
      // Nobody will ever tell, so the peer's circuit is taken to work.
      inputs.handleCircuitStatus(CIRCUIT_ACTIVE);
      inputs.handleUp(descriptor, {}, undefined);
      await inputs.opened;
      return made.session;
    } catch (error) {
      if (inputs === undefined) await transports.giveBack(transport);
      else await inputs.handleDown({ cause: "local", text: String(error) });
      throw error;
    }
  }

  async #path(options: StaticSessionOptions): Promise<Path> {
    const ports = resolveStaticPorts(options);
    const { remote, local, encapsulation = "udp" } = options;
    const { host, port } = parseRemote(remote, ports.remote);
    if (port !== ports.remote) throw new TypeError(`"${remote}": the port belongs in remotePort`);
    const { transports } = this.#assembly;
    return await withFirstAddress(host, local, (address) => ({
      encapsulation,
      local: { address: transports.sourceTo(address, local), port: ports.local },
      remote: { address, port },
    }));
  }
}
