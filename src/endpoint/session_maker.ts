/**
 * Sessions and what they need before anybody is asked for them: an attachment circuit, a way through
 * the data plane, and what speaks PPP or the link's own language where this program does.
 *
 * Read attachment_circuit.ts, data_path.ts and session_parts.ts first.
 */

import type { Dataplane } from "../dataplane/dataplane.ts";
import type { Framing } from "../model/session_descriptor.ts";
import { carriesPpp } from "../pseudowire/selection.ts";
import { Attachment, interfaceOf, type LastingInterface } from "./attachment.ts";
import type { AttachmentCircuit } from "./attachment_circuit.ts";
import type { AttachmentOptions, InterfaceAttachment } from "./attachment_options.ts";
import { DataPath, framingOf } from "./data_path.ts";
import { DatagramCircuit } from "./datagram_circuit.ts";
import type { Driver } from "./driver.ts";
import { InterfaceWatch } from "./interface_watch.ts";
import { LinkAnswers } from "./link_answers.ts";
import type { Observation } from "./observation.ts";
import type { OffloadOptions } from "./options.ts";
import { PacketCircuit } from "./packet_circuit.ts";
import type { PathWatch } from "./path_watch.ts";
import { PcapCircuit } from "./pcap_circuit.ts";
import { type PppParts, PppSession } from "./ppp_session.ts";
import { PtyCircuit } from "./pty_circuit.ts";
import type { ResolvedSession } from "./resolve_options.ts";
import { Session } from "./session.ts";
import type { SessionControl, SessionInputs } from "./session_parts.ts";
import { StreamCircuit } from "./stream_circuit.ts";
import { TapCircuit } from "./tap_circuit.ts";
import type { Transports } from "./transports.ts";
import { TunCircuit } from "./tun_circuit.ts";
import { TunInterface } from "./tun_interface.ts";

/** What a maker takes from its endpoint. */
export interface MakerParts {
  readonly driver: Driver;
  readonly dataplane: Dataplane;
  readonly transports: Transports;
  readonly paths: PathWatch;
  readonly observation: Observation;
  readonly offload: Required<OffloadOptions>;
}

/** What a session is to be like, of whichever kind. */
export interface WantedSession extends
  Pick<
    ResolvedSession,
    "name" | "pseudowire" | "payload" | "sublayer" | "sequencing" | "fit" | "order" | "ppp"
  > {
  /** The name of its control connection; `undefined` where it has none. */
  readonly connection: string | undefined;
  /** Whether both ends of its control connection have said that ECN passes (ECN-04). */
  readonly passesEcn: () => boolean;
}

/** Makes the sessions and the interfaces of one endpoint. */
export class SessionMaker {
  readonly #parts: MakerParts;
  readonly #interfaces: InterfaceWatch;
  readonly #watch: Driver["watch"];
  #lastSessionKey = 0;

  constructor(parts: MakerParts) {
    this.#parts = parts;
    this.#watch = (fd, onReadable) => parts.driver.watch(fd, onReadable);
    this.#interfaces = new InterfaceWatch(this.#watch);
  }

  /** A session and its way through the data plane; nobody has been asked for it yet. */
  makeSession(
    wanted: WantedSession,
    attach: AttachmentOptions | Attachment,
    control: SessionControl,
    onEnd: (session: Session) => void | Promise<void>,
  ): { session: Session; inputs: SessionInputs } {
    const lent = attach instanceof Attachment;
    const { name, connection, pseudowire, sublayer, sequencing, fit, order } = wanted;
    const circuit = lent ? interfaceOf(attach).circuit() : this.#makeCircuit(attach, wanted);
    const { dataplane, transports, observation, paths } = this.#parts;
    const key = ++this.#lastSessionKey;
    const framing = framingOf(pseudowire, circuit.port);
    const dataPath = new DataPath(dataplane, transports, key, circuit.port, framing, order);
    const ppp = framing !== "native" && carriesPpp({ pseudowire, ...wanted.payload })
      ? this.#makePpp(wanted, circuit, dataPath, {
        close: (options) => void session.close(options),
        onAgreedMtu: (mtu) => inputs.handleAgreedMtu(mtu),
        onLinkUp: (information) => control.tellLinkInformation(information),
      })
      : undefined;
    const link = this.#makeLink(wanted, framing, circuit, dataPath);
    let inputs!: SessionInputs;
    const session = new Session({
      name,
      connection,
      observation,
      pseudowire,
      sublayer,
      sequencing,
      fit,
      passesEcn: wanted.passesEcn,
      paths,
      circuit,
      ownsCircuit: !lent,
      dataPath,
      ppp,
      link,
      control,
      onEnd,
    }, (revealed) => inputs = revealed);
    return { session, inputs };
  }

  /** Makes an interface that belongs to no session yet. */
  makeInterface(options: InterfaceAttachment): LastingInterface {
    const { offload, dataplane: { workers } } = this.#parts;
    const surroundings = { interfaces: this.#interfaces, offload, workers };
    return options.kind === "tun"
      ? TunInterface.open(options, surroundings)
      : TapCircuit.open(options, surroundings);
  }

  #makeCircuit(
    attach: AttachmentOptions,
    { pseudowire, payload }: WantedSession,
  ): AttachmentCircuit {
    switch (attach.kind) {
      case "streams":
        return new StreamCircuit();
      case "socket":
        return new DatagramCircuit(attach);
      case "pty":
        return new PtyCircuit(attach, this.#watch);
      case "pcap":
        return new PcapCircuit(attach, pseudowire, payload.hdlc, this.#parts.driver.after);
      case "interface":
        return new PacketCircuit(attach, this.#interfaces, this.#parts.offload);
      default:
        return this.makeInterface(attach).circuit();
    }
  }

  #makeLink(
    { pseudowire, payload }: WantedSession,
    framing: Framing,
    circuit: AttachmentCircuit,
    dataPath: DataPath,
  ): LinkAnswers | undefined {
    const isCisco = pseudowire === "hdlc" && payload.hdlc === "cisco";
    if (framing === "native" || !(isCisco || pseudowire === "frame-relay")) return undefined;
    const { address = [] } = circuit instanceof TunCircuit ? circuit.tun.options : {};
    const addresses = typeof address === "string" ? [address] : address;
    return new LinkAnswers(dataPath, this.#parts.driver.after, addresses);
  }

  #makePpp(
    { name, connection, ppp }: WantedSession,
    circuit: AttachmentCircuit,
    dataPath: DataPath,
    outcomes: Pick<PppParts, "close" | "onAgreedMtu" | "onLinkUp">,
  ): PppSession {
    const { driver: { after }, transports, observation } = this.#parts;
    return new PppSession({
      name,
      connection,
      options: ppp,
      tun: circuit instanceof TunCircuit ? circuit.tun : undefined,
      dataPath,
      after,
      pathMtu: (path) => transports.pathMtu(path),
      ...outcomes,
      onChange: (status) => observation.tell({ kind: "ppp", name, connection, status }),
    });
  }
}
