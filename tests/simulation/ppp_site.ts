/**
 * What one endpoint of a network carries: a PPP link in each of its sessions, whose frames go through
 * the real forwarders and over the same lines as control messages. A link that ends, ends its session.
 *
 * Read RFC 2661 §1 and §8.1 first; endpoint/ppp_session.ts is the same with a kernel and a clock.
 */

import type { Effect, SessionHandle } from "../../src/core/effect.ts";
import type { CloseReason } from "../../src/model/close_reason.ts";
import type { Path } from "../../src/model/path.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { MemoryDataplane, type PacketSink } from "../harness/memory_dataplane.ts";
import type { End } from "../harness/pair.ts";
import { Prng } from "../harness/prng.ts";
import { End as LinkEnd } from "../ppp/two_links.ts";
import type { Traffic } from "./network.ts";

/** An administrative reason (V2-SES-21). */
const ADMINISTRATIVE = 3;

/** A session with a peer, which is in the data plane, up, or over. */
export interface Call {
  /** The peer's address. */
  readonly peer: string;
  readonly descriptor: SessionDescriptor;
  /** `undefined` until the session is up. */
  link: LinkEnd | undefined;
  isOver: boolean;
}

/** What a site is made of. */
export interface PppSiteParts {
  readonly end: End;
  readonly prng: Prng;
  readonly send: PacketSink;
  /** What a link with the peer of this address is asked to be. */
  readonly settingsFor: (peer: string) => PppSettings;
  readonly onConnectionUp?: (effect: Extract<Effect, { kind: "connectionUp" }>) => void;
}

/** One endpoint's calls. */
export class PppSite implements Traffic {
  /** Every call there has been, in order. */
  readonly calls: Call[] = [];
  /** Why connections and sessions have ended. */
  readonly reasons: CloseReason[] = [];
  readonly #parts: PppSiteParts;
  readonly #dataplane: MemoryDataplane;
  readonly #bySession = new Map<SessionHandle, Call>();

  constructor(parts: PppSiteParts) {
    this.#parts = parts;
    this.#dataplane = new MemoryDataplane(parts.send);
  }

  settle(now: number): void {
    for (const effect of this.#parts.end.effects.splice(0)) this.#apply(effect, now);
  }

  handleData(path: Path, octets: Uint8Array, now: number): void {
    this.#dataplane.receivePackets(path.encapsulation, octets);
    for (const [session, { link }] of this.#bySession) {
      const frames = this.#dataplane.takePunted(session);
      // The peer may begin first: what is lost by that it sends again.
      if (link === undefined) continue;
      for (const frame of frames) link.link.handleFrame(frame, now);
      this.#turn(session, now);
    }
  }

  nextTimeout(): number {
    let first = Infinity;
    for (const { link } of this.#bySession.values()) {
      first = Math.min(first, link?.link.nextTimeout() ?? Infinity);
    }
    return first;
  }

  handleTimeout(now: number): void {
    for (const [session, { link }] of this.#bySession) {
      const at = link?.link.nextTimeout();
      if (at === undefined || at > now) continue;
      link!.link.handleTimeout(now);
      this.#turn(session, now);
    }
  }

  /** The calls with a peer that are not over. */
  callsWith(peer: string): Call[] {
    return this.calls.filter((call) => call.peer === peer && !call.isOver);
  }

  /** Sends a packet over the call with a peer. */
  transmit(peer: string, packet: Uint8Array): void {
    this.#dataplane.transmitFrames(this.#sessionWith(peer), packet);
  }

  /** The packets that have come by the call with a peer. */
  takePackets(peer: string): Uint8Array[] {
    return this.#dataplane.takeFrames(this.#sessionWith(peer));
  }

  #sessionWith(peer: string): SessionHandle {
    return [...this.#bySession].find(([, call]) => call.peer === peer)![0];
  }

  #apply(effect: Effect, now: number): void {
    switch (effect.kind) {
      case "connectionUp":
        return this.#parts.onConnectionUp?.(effect);
      case "connectionDown":
        this.reasons.push(effect.reason);
        return;
      case "installSession":
        return this.#install(effect.session, effect.descriptor, effect.transmit);
      case "updateSession":
        this.#dataplane.setTransmit(effect.session, effect.transmit);
        return this.#dataplane.setReceive(effect.session, effect.receive);
      case "removeSession":
        return this.#remove(effect.session, now);
      case "sessionUp":
        return this.#begin(effect.session, now);
      case "sessionDown":
        this.reasons.push(effect.reason);
        return;
    }
  }

  #install(session: SessionHandle, descriptor: SessionDescriptor, transmit: boolean): void {
    this.#dataplane.installSession(session, descriptor, transmit);
    const peer = descriptor.path.remote.address;
    const before = this.#bySession.get(session);
    if (before !== undefined) return;
    const call = { peer, descriptor, link: undefined, isOver: false };
    this.#bySession.set(session, call);
    this.calls.push(call);
  }

  #begin(session: SessionHandle, now: number): void {
    const { prng, settingsFor } = this.#parts;
    const call = this.#bySession.get(session)!;
    const link = new LinkEnd(
      settingsFor(call.peer),
      new Prng(prng.uint32()),
      (frame) => this.#dataplane.transmitPayloads(session, frame),
    );
    call.link = link;
    link.link.open(now);
    link.link.lowerUp(now);
    this.#turn(session, now);
  }

  #remove(session: SessionHandle, now: number): void {
    const call = this.#bySession.get(session)!;
    this.#bySession.delete(session);
    this.#dataplane.removeSession(session);
    call.isOver = true;
    call.link?.link.lowerDown(now);
    // Nothing can be sent any more; what is left is news.
    call.link?.drain(now);
  }

  /** Sends what the link has to say, and does what its news ask for. */
  #turn(session: SessionHandle, now: number): void {
    const { link } = this.#bySession.get(session)!;
    const seen = link!.effects.length;
    link!.drain(now);
    if (link!.effects.length === seen) return;
    const { open } = link!.link.status;
    this.#dataplane.setPppProtocols(session, {
      ipv4: open.includes("ipv4"),
      ipv6: open.includes("ipv6"),
      bridged: open.includes("bridge"),
    });
    const down = link!.effects.slice(seen).find(({ kind }) => kind === "down");
    if (down?.kind !== "down") return;
    const { end } = this.#parts;
    const reason = { resultCode: ADMINISTRATIVE, text: `PPP ended: ${down.cause.text}` };
    end.lcce.closeSession(session, { ...reason, disconnectCause: down.cause }, now);
  }
}
