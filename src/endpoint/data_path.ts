/**
 * One session's way through the data plane: its row there, and the socket that its packets take.
 */

import type { Dataplane, SessionPort } from "../dataplane/dataplane.ts";
import type { PathFit } from "../model/path_fit.ts";
import type { PppProtocols } from "../model/ppp_protocols.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { Framing, SessionDescriptor } from "../model/session_descriptor.ts";
import type { OrderSettings } from "./payload_options.ts";
import type { SessionCounters } from "./status.ts";
import type { Transports } from "./transports.ts";

const NOTHING_YET: SessionCounters = {
  receivedFrames: 0,
  receivedOctets: 0,
  transmittedFrames: 0,
  transmittedOctets: 0,
  earlyPackets: 0,
  lostPackets: 0,
  drops: {},
};

/** Which ways a session's data may go. */
export interface Gates {
  readonly transmit: boolean;
  readonly receive: boolean;
}

/** What lies between a port and a pseudowire: nothing, where both have the same kind of frames. */
export function framingOf(pseudowire: PseudowireType, port: SessionPort): Framing {
  if (port.kind === "tun") return "routed";
  const isEthernet = pseudowire === "ethernet" || pseudowire === "ethernet-vlan";
  return port.kind === "tap" && !isEthernet ? "bridged" : "native";
}

/** A session's row in the data plane, from when it is first installed until it is removed. */
export class DataPath {
  readonly #dataplane: Dataplane;
  readonly #transports: Transports;
  readonly #key: number;
  readonly #port: SessionPort;
  readonly #framing: Framing;
  readonly #order: OrderSettings;
  /** Takes the link's own control frames; nothing is installed before it is set. */
  onPunt: (frames: readonly Uint8Array<ArrayBuffer>[]) => void = () => {};
  #installed = false;
  /** What the workers were last told. */
  #gates: Gates = { transmit: false, receive: false };
  #last: SessionCounters = NOTHING_YET;

  constructor(
    dataplane: Dataplane,
    transports: Transports,
    key: number,
    port: SessionPort,
    framing: Framing,
    order: OrderSettings,
  ) {
    this.#dataplane = dataplane;
    this.#transports = transports;
    this.#key = key;
    this.#port = port;
    this.#framing = framing;
    this.#order = order;
  }

  /** What has been agreed on, with what lies between our port and the pseudowire. */
  framed(agreed: SessionDescriptor): SessionDescriptor {
    return { ...agreed, framing: this.#framing };
  }

  /**
   * Installs the row, or brings it up to what has been agreed since.
   *
   * @param descriptor is what `framed` has made of it.
   * @param onPathRefused is called when the kernel refuses packets as too long, once it is installed.
   */
  async install(
    descriptor: SessionDescriptor,
    { transmit, receive }: Gates,
    fit: PathFit | undefined,
    onPathRefused: () => void,
  ): Promise<void> {
    if (this.#installed) {
      // The workers do it in this order; they are waited for once.
      const changes = [this.#dataplane.updateSession(this.#key, descriptor)];
      if (fit !== undefined) changes.push(this.setFit(fit));
      changes.push(this.setGates({ transmit, receive }));
      return void await Promise.all(changes);
    }
    const transport = this.#transports.find(descriptor.path, descriptor.localSessionId);
    if (transport === undefined) throw new Error("the session's socket has been closed");
    await this.#dataplane.installSession({
      key: this.#key,
      descriptor,
      socketKey: transport.key,
      port: this.#port,
      onPunt: (frames) => this.onPunt(frames),
      transmit,
      receive,
      fit,
      onPathRefused,
      ...this.#order,
    });
    this.#gates = { transmit, receive };
    this.#installed = true;
  }

  /** Has frames made to fit like this from now on. */
  async setFit(fit: PathFit): Promise<void> {
    if (this.#installed) await this.#dataplane.setFit(this.#key, fit);
  }

  /** Opens or closes the way to the peer, and the way from it. */
  async setGates({ transmit, receive }: Gates): Promise<void> {
    if (!this.#installed) return;
    const before = this.#gates;
    this.#gates = { transmit, receive };
    await Promise.all([
      transmit === before.transmit || this.#dataplane.setTransmit(this.#key, transmit),
      receive === before.receive || this.#dataplane.setReceive(this.#key, receive),
    ]);
  }

  /** Has what is received here leave by another path, where both are in one data plane. */
  async passOn(other: DataPath): Promise<void> {
    if (!this.#installed || this.#dataplane !== other.#dataplane) return;
    await this.#dataplane.passOn(this.#key, other.#key);
  }

  /** Sends frames that do not come from an interface. */
  async transmit(frames: readonly Uint8Array[]): Promise<void> {
    if (this.#installed) await this.#dataplane.transmitFrames(this.#key, frames);
  }

  /** Sends control frames of the link itself, as whole payloads. */
  async transmitPayloads(payloads: readonly Uint8Array[]): Promise<void> {
    if (this.#installed) await this.#dataplane.transmitPayloads(this.#key, payloads);
  }

  /** Says which protocols of PPP are open; until then no data passes. */
  async setPppProtocols(protocols: PppProtocols): Promise<void> {
    if (this.#installed) await this.#dataplane.setPppProtocols(this.#key, protocols);
  }

  /**
   * Says which addresses and prefixes are behind the session, where its TUN is shared.
   *
   * @throws {RangeError} when another session of the TUN has one of them.
   */
  async setRoutes(routes: readonly string[]): Promise<void> {
    if (this.#installed) await this.#dataplane.setRoutes(this.#key, routes);
  }

  /** Takes the row out; when this resolves the port is not used any more. */
  async remove(): Promise<void> {
    if (!this.#installed) return;
    this.#last = this.counters();
    this.#installed = false;
    await this.#dataplane.removeSession(this.#key);
  }

  /** What it has carried; after it was removed, what it had. */
  counters(): SessionCounters {
    return this.#installed ? this.#dataplane.counters(this.#key) : this.#last;
  }
}
