/**
 * PPP in one session: the link's machine, driven by the frames that the data plane punts and by the
 * clock. What it agrees on becomes addresses, routes and gates; who the peer is `access` decides.
 *
 * Read RFC 1661 §3.2 (phases), RFC 2661 §1 and §8.1, and ppp/ppp_link.ts first. The session is up
 * before PPP begins, and ends when PPP does.
 */

import { monotonicMs } from "../io/clock.ts";
import { kernelEntropy } from "../io/entropy.ts";
import { formatIpAddress } from "../io/socket_address.ts";
import type { CallInformation, LinkInformation } from "../model/call_information.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { Path } from "../model/path.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import type { Ipv4UpEffect, Ipv6UpEffect, LinkUpEffect, PppEffect } from "../ppp/ppp_effect.ts";
import { PppLink } from "../ppp/ppp_link.ts";
import { isIpv6 } from "../model/path.ts";
import type { DataPath } from "./data_path.ts";
import { IdleWatch } from "./idle_watch.ts";
import { logger } from "./logger.ts";
import type { AuthenticationEvidence } from "./ppp_access.ts";
import { PppAdmission } from "./ppp_admission.ts";
import { Attempt } from "./ppp_attempt.ts";
import { linkMtu } from "./ppp_mtu.ts";
import { PppNetwork } from "./ppp_network.ts";
import { acceptingVerdict, linkSettings } from "./ppp_settings.ts";
import type { Schedule } from "./request_queue.ts";
import type { ResolvedPpp } from "./resolve_ppp.ts";
import type { CloseOptions } from "./session_parts.ts";
import { PPP_DOWN, type PppStatus } from "./status.ts";
import type { TunInterface } from "./tun_interface.ts";

/** CDN: for the reason in the general error code, and for administrative reasons (V2-SES-21). */
const GENERAL_ERROR = 2;
const ADMINISTRATIVE = 3;
/** Frames that are kept until the link begins. */
const MOST_EARLY_FRAMES = 8;

/** What PPP in a session is made of. */
export interface PppParts {
  readonly name: string;
  readonly connection: string | undefined;
  readonly options: ResolvedPpp;
  /** `undefined` where the link bridges to a TAP. */
  readonly tun: TunInterface | undefined;
  readonly dataPath: DataPath;
  readonly after: Schedule;
  readonly pathMtu: (path: Path) => number;
  readonly close: (options: CloseOptions) => void;
  /** What LCP has led to. */
  readonly onLinkUp: (information: LinkInformation) => void;
  /** Both ends have agreed how long packets may be. */
  readonly onAgreedMtu: (mtu: number) => void;
  /** It has come up, or gone down. */
  readonly onChange: (status: PppStatus) => void;
}

/** What is known once the session is established. */
interface Call {
  readonly path: Path;
  readonly information: CallInformation;
  readonly mtu: number;
  readonly network: PppNetwork;
}

/** One session's PPP. */
export class PppSession {
  readonly #parts: PppParts;
  #call: Call | undefined;
  #link: PppLink | undefined;
  readonly #admission: PppAdmission;
  #status: PppStatus = PPP_DOWN;
  readonly #timers = new Map<"link" | "end", () => void>();
  /** What came before there was a link. */
  readonly #early: Uint8Array[] = [];
  #idle: IdleWatch | undefined;
  #ended = false;

  constructor(parts: PppParts) {
    this.#parts = parts;
    this.#admission = new PppAdmission(parts.name, parts.options.access);
    parts.dataPath.onPunt = (frames) => {
      if (this.#link === undefined) return this.#keep(frames);
      const now = monotonicMs();
      for (const frame of frames) this.#link.handleFrame(frame, now);
      this.#turn();
    };
  }

  /** What `status` shows of it. */
  status(): PppStatus {
    return this.#status;
  }

  /** The session is established: begins to negotiate. */
  begin(descriptor: SessionDescriptor, information: CallInformation): void {
    const { options, dataPath, tun, pathMtu } = this.#parts;
    const { path } = descriptor;
    const network = new PppNetwork({
      dataPath,
      tun,
      tunnelPeer: path.remote.address,
      onProblem: (text) => this.#close(GENERAL_ERROR, text),
    });
    const longest = linkMtu(descriptor, pathMtu(path));
    const wanted = tun?.options.mtu;
    const mtu = typeof wanted === "number" ? Math.min(wanted, longest) : longest;
    this.#call = { path, information, mtu, network };
    this.#set({ state: "establishing" });
    if (options.access === undefined || options.authenticate.length > 0) return this.#start();
    // Nobody is asked who he is, but what he gets has to be known before IPCP begins.
    void this.#admission.admit(new Attempt(undefined, this.#whereabouts())).then((answer) => {
      if (answer.allowed) this.#start();
      else this.#close(ADMINISTRATIVE, answer.text);
    });
  }

  /** Tells the peer that the link ends; the session's own end follows at once. */
  terminate(): void {
    this.#link?.close(monotonicMs());
    this.#turn();
    this.#link = undefined;
  }

  /** Why the session ends: a peer that is told that PPP ends may end the session first. */
  explain(reason: CloseReason): CloseReason {
    const cause = this.#link?.ending;
    if (cause === undefined) return reason;
    return { ...reason, text: `${reason.text}, after PPP was ended here: ${cause.text}` };
  }

  /** Takes everything away that it has put up. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#link = undefined;
    for (const cancel of this.#timers.values()) cancel();
    this.#idle?.stop();
    this.#call?.network.closeAll();
    this.#admission.end();
    this.#status = PPP_DOWN;
  }

  /** The peer may begin before it is known here that the session is up; PPP waits long for losses. */
  #keep(frames: readonly Uint8Array[]): void {
    if (this.#ended || this.#status.state !== "down" && this.#status.state !== "establishing") {
      return;
    }
    this.#early.push(...frames.slice(0, MOST_EARLY_FRAMES - this.#early.length));
  }

  #start(): void {
    const call = this.#call;
    if (call === undefined || this.#ended) return;
    const { options, tun } = this.#parts;
    const { information, mtu } = call;
    const settings = linkSettings(options, this.#admission.grant, { tun, information, mtu });
    const link = new PppLink(settings, kernelEntropy);
    this.#link = link;
    const now = monotonicMs();
    link.open(now);
    link.lowerUp(now);
    for (const frame of this.#early.splice(0)) link.handleFrame(frame, now);
    this.#turn();
  }

  /** Takes what the link wants done, and waits for what it waits for. */
  #turn(): void {
    const link = this.#link;
    if (link === undefined) return;
    for (let effect = link.poll(); effect !== undefined; effect = link.poll()) this.#apply(effect);
    this.#timers.get("link")?.();
    const at = link.nextTimeout();
    if (at === undefined || this.#link !== link) return;
    const cancel = this.#parts.after(Math.max(0, at - monotonicMs()), () => {
      link.handleTimeout(monotonicMs());
      this.#turn();
    });
    this.#timers.set("link", cancel);
  }

  #apply(effect: PppEffect): void {
    switch (effect.kind) {
      case "transmit":
        return this.#transmit(effect.octets);
      case "linkUp":
        return this.#handleLinkUp(effect);
      case "authenticate":
        return void this.#authenticate(effect.evidence);
      case "ipv4Up":
        return this.#handleIpv4Up(effect);
      case "ipv6Up":
        return this.#handleIpv6Up(effect);
      case "bridgeUp":
        this.#call?.network.openBridge(effect);
        return this.#set({ state: "up", bridged: true });
      case "ipv4Down":
        this.#call?.network.close("ipv4");
        return this.#set({ localAddress: null, remoteAddress: null, dns: [] });
      case "ipv6Down":
        this.#call?.network.close("ipv6");
        return this.#set({ localIpv6Address: null, remoteIpv6Address: null });
      case "bridgeDown":
        this.#call?.network.close("bridged");
        return this.#set({ bridged: false });
      case "down":
        this.#link = undefined;
        return this.#parts.close({
          resultCode: ADMINISTRATIVE,
          text: `PPP ended: ${effect.cause.text}`,
          disconnectCause: effect.cause,
        });
      case "dropped":
        return;
      default:
        effect satisfies never;
    }
  }

  /** What cannot be sent is lost like what the network loses: the link sends it again. */
  #transmit(frame: Uint8Array): void {
    this.#parts.dataPath.transmitPayloads([frame]).catch((error) => {
      logger.debug("{session}: {error}", { session: this.#parts.name, error: String(error) });
    });
  }

  async #authenticate(evidence: AuthenticationEvidence): Promise<void> {
    this.#set({ state: "authenticating" });
    const attempt = new Attempt(evidence, this.#whereabouts());
    const answer = await this.#admission.admit(attempt);
    const link = this.#link;
    if (link === undefined) return;
    const { options, tun } = this.#parts;
    const verdict = answer.allowed
      ? acceptingVerdict(options, answer, {
        tun,
        authenticatorResponse: attempt.authenticatorResponse,
      })
      : { accepted: false } as const;
    link.answerAuthentication(evidence, verdict, monotonicMs());
    this.#turn();
  }

  #handleLinkUp(agreement: LinkUpEffect): void {
    const { local, remote, peerProof, peerName, lastSent, lastReceived } = agreement;
    const call = this.#call;
    if (call === undefined) return;
    const accm = { send: remote.accm, receive: local.accm };
    this.#parts.onLinkUp({ accm, lastSent, lastReceived });
    const { tun, options, after } = this.#parts;
    call.network.setCompression({
      compressProtocol: remote.protocolFieldCompression,
      compressAddress: remote.addressAndControlCompression,
    });
    const mtu = Math.min(call.mtu, local.mru, remote.mru);
    if (tun !== undefined && tun.options.shared !== true) tun.setMtu(mtu);
    this.#parts.onAgreedMtu(mtu);
    this.#set({
      state: "network",
      user: peerName === undefined ? null : new TextDecoder().decode(peerName),
      authentication: peerProof ?? null,
      mtu,
    });
    const { idle = options.idleMs, sessionTime = options.sessionTimeMs } = this.#admission.grant;
    if (sessionTime !== undefined && !this.#timers.has("end")) {
      const text = "the time that the session may take is over";
      this.#timers.set("end", after(sessionTime, () => this.#close(ADMINISTRATIVE, text)));
    }
    if (idle === undefined) return;
    this.#idle ??= new IdleWatch({
      idleMs: idle,
      count: () => this.#countTraffic(),
      after,
      onIdle: () => {
        this.#close(ADMINISTRATIVE, "nothing has passed for as long as the session may be idle");
      },
    });
  }

  #handleIpv4Up({ local, remote, dns }: Ipv4UpEffect): void {
    const ipv4 = this.#prefixesBehind().filter((prefix) => !isIpv6(prefix));
    this.#call?.network.openIpv4(local, remote, ipv4);
    this.#set({ state: "up", localAddress: local, remoteAddress: remote ?? null, dns });
  }

  #handleIpv6Up({ localInterfaceId, remoteInterfaceId }: Ipv6UpEffect): void {
    const behind = this.#prefixesBehind().filter(isIpv6);
    const local = linkLocalAddress(localInterfaceId);
    const remote = remoteInterfaceId && linkLocalAddress(remoteInterfaceId);
    this.#call?.network.openIpv6(local, remote, behind);
    this.#set({ state: "up", localIpv6Address: local, remoteIpv6Address: remote ?? null });
  }

  /** What is reached through the peer, by the options and by what it was granted. */
  #prefixesBehind(): readonly string[] {
    return [...this.#parts.tun?.options.routes ?? [], ...this.#admission.grant.routes ?? []];
  }

  /** Users' frames both ways: those of the link itself are not counted. */
  #countTraffic(): number {
    const { receivedFrames, transmittedFrames } = this.#parts.dataPath.counters();
    return receivedFrames + transmittedFrames;
  }

  #set(change: Partial<PppStatus>): void {
    const before = this.#status;
    this.#status = { ...before, ...change };
    if (before.state !== this.#status.state) this.#parts.onChange(this.#status);
  }

  #whereabouts() {
    const { name: session, connection } = this.#parts;
    const { path, information } = this.#call!;
    return { session, connection, path, call: information };
  }

  #close(resultCode: number, text: string): void {
    this.#parts.close({ resultCode, text });
  }
}

/** RFC 5072 §5: the interface identifier behind fe80::/64. */
function linkLocalAddress(interfaceId: Uint8Array): string {
  const octets = new Uint8Array(16);
  octets.set([0xfe, 0x80]);
  octets.set(interfaceId, 8);
  return formatIpAddress(octets);
}
