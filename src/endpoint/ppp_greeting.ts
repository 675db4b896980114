/**
 * What a LAC does with a client before an LNS is chosen: LCP, and asking who it is. The answer goes
 * to the LNS unjudged, with LCP's requests, so that the client need not begin again.
 *
 * Read RFC 2661 §1 (LAC, compulsory tunnels) and §4.4.5 (proxy AVPs) first.
 */

import { monotonicMs } from "../io/clock.ts";
import { kernelEntropy } from "../io/entropy.ts";
import type { CallInformation } from "../model/call_information.ts";
import { PppLink } from "../ppp/ppp_link.ts";
import { proxyAuthenticationOf } from "../ppp/proxy_evidence.ts";
import type { FrameStreams } from "./attachment_circuit.ts";
import type { AuthenticationEvidence, PppAuthentication } from "./ppp_access.ts";

/** How long a client may take in all. */
const PATIENCE_MS = 60_000;
/** How often the machine is asked what is due. */
const TICK_MS = 100;

/** Who a client says it is, and what its LNS has to know to go on from there. */
export interface Greeting {
  readonly name: string;
  readonly information: Pick<CallInformation, "proxyLcp" | "proxyAuthentication">;
}

/**
 * Asks a client who it is. The streams are free again when this resolves, and the client waits.
 *
 * @throws {Error} with the reason in words, when PPP ends before it has said so.
 */
export async function greetClient(
  line: FrameStreams,
  authenticate: readonly PppAuthentication[],
): Promise<Greeting> {
  const talk = new Talk(line, authenticate);
  try {
    return await talk.greeting;
  } finally {
    talk.end();
  }
}

/** A link with a client, until it has said who it is. */
class Talk {
  readonly #link: PppLink;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #greeting = Promise.withResolvers<Greeting>();
  readonly #stopTimers: () => void;

  constructor(line: FrameStreams, authenticate: readonly PppAuthentication[]) {
    this.#link = new PppLink({ authenticate }, kernelEntropy);
    this.#reader = line.readable.getReader();
    this.#writer = line.writable.getWriter();
    const silent = new Error("the client has not said who it is");
    const ticks = setInterval(() => this.#tick(), TICK_MS);
    const patience = setTimeout(() => this.#greeting.reject(silent), PATIENCE_MS);
    this.#stopTimers = () => {
      clearInterval(ticks);
      clearTimeout(patience);
    };
    this.#link.open(monotonicMs());
    this.#link.lowerUp(monotonicMs());
    this.#turn();
    void this.#read();
  }

  get greeting(): Promise<Greeting> {
    return this.#greeting.promise;
  }

  /** Lets go of the streams; a frame that has not been read stays in them. */
  end(): void {
    this.#stopTimers();
    this.#reader.releaseLock();
    this.#writer.releaseLock();
  }

  #tick(): void {
    const now = monotonicMs();
    if ((this.#link.nextTimeout() ?? Infinity) <= now) this.#link.handleTimeout(now);
    this.#turn();
  }

  /** Ends by itself when the streams are let go of. */
  async #read(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) throw new Error("the client has gone");
        this.#link.handleFrame(value, monotonicMs());
        this.#turn();
      }
    } catch (error) {
      this.#greeting.reject(error);
    }
  }

  #turn(): void {
    const link = this.#link;
    for (let effect = link.poll(); effect !== undefined; effect = link.poll()) {
      if (effect.kind === "transmit") {
        this.#writer.write(effect.octets).catch(this.#greeting.reject);
      } else if (effect.kind === "down") {
        this.#greeting.reject(new Error(effect.cause.text));
      } else if (effect.kind === "authenticate") {
        this.#greeting.resolve(this.#greetingOf(effect.evidence));
      }
    }
  }

  #greetingOf(evidence: AuthenticationEvidence): Greeting {
    const proxyAuthentication = proxyAuthenticationOf(evidence);
    return {
      name: new TextDecoder().decode(evidence.name),
      information: {
        proxyLcp: this.#link.lcpRequests,
        ...(proxyAuthentication === undefined ? {} : { proxyAuthentication }),
      },
    };
  }
}
