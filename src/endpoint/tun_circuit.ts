/**
 * A session's place on a TUN: the whole of it, or, on a shared one, what belongs to its peer.
 *
 * What a PPP link puts on the interface it takes off again; see ppp_session.ts for when.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import type { SessionDescriptor } from "../model/session_descriptor.ts";
import { carriesPpp } from "../pseudowire/selection.ts";
import { type AttachmentCircuit, Tenancy } from "./attachment_circuit.ts";
import { attachmentMtu } from "./mtu.ts";
import type { TunInterface } from "./tun_interface.ts";

/** One session's TUN. */
export class TunCircuit implements AttachmentCircuit {
  readonly streams = undefined;
  /** The interface that it is on. */
  readonly tun: TunInterface;
  readonly tenancy = new Tenancy({
    onClaimed: () => {
      if (this.tun.isGone) throw new TypeError(`interface ${this.interfaceName} is closed`);
    },
    onVacated: () => this.tun.leave(this),
  });

  constructor(tun: TunInterface) {
    this.tun = tun;
  }

  get port(): SessionPort {
    return this.tun.port;
  }

  get interfaceName(): string {
    return this.tun.interfaceName;
  }

  get mtu(): number {
    return this.tun.mtu;
  }

  get active(): boolean {
    return this.tun.active;
  }

  /** Whether a session has it. */
  get isInUse(): boolean {
    return this.tenancy.user !== undefined;
  }

  /** Has its session leave. */
  async dismiss(): Promise<void> {
    await this.tenancy.user?.leave();
  }

  /** The interface was deleted. */
  handleGone(): void {
    this.tenancy.user?.handleGone();
  }

  /** Of PPP the link's two ends agree on a length themselves (RFC 1661 §6.1). */
  fit(descriptor: SessionDescriptor, pathMtu: number): void {
    if (!carriesPpp(descriptor)) this.tun.setMtu(attachmentMtu(descriptor, pathMtu));
  }

  /** The peer's addresses are on the interface while IP is up, which says the same. */
  setCarrier(): void {}

  close(): void {
    this.tun.close();
  }
}
