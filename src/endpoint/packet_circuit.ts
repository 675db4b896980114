/**
 * An interface that is there already as attachment circuit: a port of a machine, a VLAN of it, one
 * end of a veth pair. It stays what it is, and its owner's.
 *
 * Read RFC 4719 §2.3 first: administratively down is what Circuit Status tells the peer (ETH-11).
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import type { FileDescriptor } from "../io/file_descriptor.ts";
import { openPacketPort } from "../io/packet_port.ts";
import { type AttachmentCircuit, Tenancy } from "./attachment_circuit.ts";
import { withRemedy } from "./attachment_remedy.ts";
import type { InterfaceWatch } from "./interface_watch.ts";
import type { InterfacePortAttachment } from "./attachment_options.ts";
import type { OffloadOptions } from "./options.ts";

/** A session's hold on an interface; it has one session in its life. */
export class PacketCircuit implements AttachmentCircuit {
  readonly streams = undefined;
  readonly interfaceName: string;
  readonly port: SessionPort;
  readonly tenancy = new Tenancy();
  readonly #descriptor: FileDescriptor;
  readonly #endWatch: () => void;
  #mtu: number | undefined;
  #active = false;

  /** @throws {SystemError} ENODEV where the interface is not there; EPERM without CAP_NET_RAW. */
  constructor(
    attachment: InterfacePortAttachment,
    interfaces: InterfaceWatch,
    offload: Pick<Required<OffloadOptions>, "tap" | "coalescing">,
  ) {
    const { interface: name, namespace } = attachment;
    const open = () => openPacketPort(name, namespace);
    const { descriptor, index } = withRemedy(attachment, open);
    const fd = descriptor.number;
    this.interfaceName = name;
    this.#descriptor = descriptor;
    // What the line hands over in one piece is its owner's affair; what it is given is ours.
    const coalesces = offload.tap && offload.coalescing;
    this.port = { kind: "tap", fd, offloads: true, coalesces, isPacketSocket: true };
    this.#endWatch = interfaces.watch(namespace, index, (link) => {
      if (link === undefined) this.tenancy.user?.handleGone();
      else this.#see(link.up, link.mtu);
    });
  }

  get mtu(): number | undefined {
    return this.#mtu;
  }

  get active(): boolean {
    return this.#active;
  }

  /** Its MTU is its owner's affair; what does not fit the path is dealt with there. */
  fit(): void {}

  /** A line's carrier is the line's. */
  setCarrier(): void {}

  close(): void {
    this.#endWatch();
    this.#descriptor.close();
  }

  #see(up: boolean, mtu: number): void {
    this.#mtu = mtu;
    if (up === this.#active) return;
    this.#active = up;
    this.tenancy.user?.handleActive(up);
  }
}
