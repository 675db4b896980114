/**
 * The Link Control Protocol of a link: negotiation, echoes, and the packets that only LCP has.
 *
 * Read RFC 1661 §5.6 to §5.9, RFC 1570 §2.1 (Identification) and RFC 2661 §4.4.5 (proxy) first.
 */

import type { Random } from "../crypto/random.ts";
import type { ProxyLcp } from "../model/call_information.ts";
import { ByteReader } from "../wire/byte_reader.ts";
import { ByteWriter } from "../wire/byte_writer.ts";
import type { AutomatonState } from "./automaton.ts";
import {
  composeControlPacket,
  CONFIGURE_REQUEST,
  type ControlPacket,
  readControlPacket,
} from "./control_packet.ts";
import { ControlProtocol, type NegotiationLimits } from "./control_protocol.ts";
import { Echo, ECHO_REPLY, ECHO_REQUEST } from "./echo.ts";
import type { AuthenticationProtocol } from "./evidence.ts";
import { LcpNegotiation } from "./lcp_negotiation.ts";
import type { PppDownReason, PppDropReason, ReceiveOptions } from "./ppp_effect.ts";
import type { PppSettings } from "./ppp_settings.ts";

const PROTOCOL_REJECT = 8;
const DISCARD_REQUEST = 11;
const IDENTIFICATION = 12;
const TIME_REMAINING = 13;

/** Header and protocol number of a Protocol-Reject. */
const PROTOCOL_REJECT_OCTETS = 6;

const DEFAULT_ECHO_INTERVAL_MS = 30_000;
const DEFAULT_ECHO_LIMIT = 5;

/** What LCP tells the link that it is part of. */
export interface LcpLink {
  transmit(packet: Uint8Array): void;
  layerUp(now: number): void;
  layerDown(now: number): void;
  layerFinished(reason: PppDownReason, now: number): void;
  drop(reason: PppDropReason): void;
  /** The peer does not speak this protocol. */
  handleProtocolReject(protocol: number, now: number): void;
}

/** LCP of one link. */
export class Lcp {
  readonly #link: LcpLink;
  readonly #negotiation: LcpNegotiation;
  readonly #protocol: ControlProtocol;
  readonly #echo: Echo;
  readonly #proxy: ProxyLcp | undefined;
  /** The first Configure-Request of the peer, for an LNS (V2-PXY-06). */
  #initialReceived: Uint8Array | undefined;
  #isProxied = false;

  constructor(link: LcpLink, settings: PppSettings, limits: NegotiationLimits, random: Random) {
    const negotiation = new LcpNegotiation(settings, random);
    this.#link = link;
    this.#negotiation = negotiation;
    this.#proxy = settings.proxy?.lcp;
    this.#protocol = new ControlProtocol(
      {
        transmit: (packet) => link.transmit(packet),
        layerUp: (now) => this.#handleUp(now),
        layerDown: (now) => this.#handleDown(now),
        layerFinished: (reason, now) => link.layerFinished(reason, now),
        drop: (reason) => link.drop(reason),
        handleOther: (packet, isOpened, now) => this.#handleOther(packet, isOpened, now),
        get remoteMru() {
          return negotiation.remote.mru;
        },
      },
      negotiation,
      limits,
    );
    const { echoIntervalMs, echoLimit } = settings;
    this.#echo = new Echo(
      this.#echoLink(),
      echoIntervalMs ?? DEFAULT_ECHO_INTERVAL_MS,
      echoLimit ?? DEFAULT_ECHO_LIMIT,
    );
  }

  get state(): AutomatonState {
    return this.#protocol.state;
  }

  get reason(): PppDownReason | undefined {
    return this.#protocol.reason;
  }

  get isOpened(): boolean {
    return this.#protocol.isOpened;
  }

  get local(): ReceiveOptions {
    return this.#negotiation.local;
  }

  get remote(): ReceiveOptions {
    return this.#negotiation.remote;
  }

  /** How the peer has to prove who it is. */
  get peerProof(): AuthenticationProtocol | undefined {
    return this.#negotiation.peerProof;
  }

  /** How we have to prove who we are. */
  get ownProof(): AuthenticationProtocol | undefined {
    return this.#negotiation.ownProof;
  }

  /** Whether what a LAC has agreed on still holds. */
  get isProxied(): boolean {
    return this.#isProxied;
  }

  /** What an LNS has to know of this LCP to take the link over. */
  get requests(): Required<ProxyLcp> {
    const { lastSent, lastReceived } = this.#protocol;
    return { initialReceived: this.#initialReceived ?? lastReceived, lastSent, lastReceived };
  }

  get nextTimeout(): number | undefined {
    const [echo, restart] = [this.#echo.nextTimeout, this.#protocol.nextTimeout];
    return echo === undefined || restart === undefined ? echo ?? restart : Math.min(echo, restart);
  }

  handleTimeout(now: number): void {
    this.#protocol.handleTimeout(now);
    this.#echo.handleTimeout(now);
  }

  open(now: number): void {
    this.#protocol.open(now);
  }

  /** Begins; where a LAC has done so already to our liking, it is opened at once. */
  lowerUp(now: number): void {
    const { lastSent, lastReceived } = this.#proxy ?? {};
    const isDone = lastSent !== undefined && lastReceived !== undefined &&
      this.#negotiation.adoptProxy(lastSent, lastReceived);
    if (!isDone) return this.#protocol.lowerUp(now);
    this.#initialReceived = this.#proxy?.initialReceived;
    this.#isProxied = true;
    this.#protocol.enterOpened(lastSent.slice(), lastReceived.slice(), now);
  }

  lowerDown(now: number): void {
    this.#protocol.lowerDown(now);
  }

  close(reason: PppDownReason, now: number): void {
    this.#protocol.close(reason, now);
  }

  handlePacket(information: Uint8Array, now: number): void {
    if (this.#initialReceived === undefined) this.#keepFirstRequest(information);
    this.#protocol.handlePacket(information, now);
  }

  /** Tells the peer that a protocol is not spoken here, as far as its MRU goes (PPP-05). */
  rejectProtocol(protocol: number, information: Uint8Array): void {
    const writer = new ByteWriter();
    writer.u16(protocol);
    const room = Math.max(0, this.remote.mru - PROTOCOL_REJECT_OCTETS);
    writer.octets(information.subarray(0, room));
    const identifier = this.#protocol.nextIdentifier();
    this.#send({ code: PROTOCOL_REJECT, identifier, data: writer.finish() });
  }

  #keepFirstRequest(information: Uint8Array): void {
    const packet = readControlPacket(information);
    if (packet?.code === CONFIGURE_REQUEST) this.#initialReceived = packet.data.slice();
  }

  #handleUp(now: number): void {
    this.#echo.start(now);
    this.#link.layerUp(now);
  }

  #handleDown(now: number): void {
    this.#echo.stop();
    this.#isProxied = false;
    this.#link.layerDown(now);
  }

  /** Packets that the automaton does not tell apart, by code (RFC 1661 §4.1, RXJ and RXR). */
  #handleOther(packet: ControlPacket, isOpened: boolean, now: number): boolean {
    switch (packet.code) {
      case PROTOCOL_REJECT:
        if (isOpened) this.#handleProtocolReject(packet, now);
        return true;
      case ECHO_REQUEST:
        if (isOpened) this.#echo.handleRequest(packet, now);
        return true;
      case ECHO_REPLY:
        if (isOpened) this.#echo.handleReply(packet);
        return true;
      case DISCARD_REQUEST:
      case IDENTIFICATION:
      case TIME_REMAINING:
        return true;
      default:
        return false;
    }
  }

  #handleProtocolReject({ data }: ControlPacket, now: number): void {
    if (data.length < 2) return this.#link.drop("malformed");
    this.#link.handleProtocolReject(new ByteReader(data).u16(), now);
  }

  #send(packet: ControlPacket): void {
    this.#link.transmit(composeControlPacket(packet));
  }

  #echoLink(): ConstructorParameters<typeof Echo>[0] {
    const negotiation = this.#negotiation;
    return {
      get local() {
        return negotiation.local;
      },
      get remote() {
        return negotiation.remote;
      },
      send: (packet) => this.#send(packet),
      nextIdentifier: () => this.#protocol.nextIdentifier(),
      fail: (reason, now) => this.close(reason, now),
    };
  }
}
