/**
 * What a TAP or TUN becomes when it is made: MTU, addresses, bridge, and up.
 */

import {
  type LinkChange,
  type NetworkInterfaces,
  openInterfaces,
} from "../io/network_interface.ts";
import { SystemError } from "../io/system_error.ts";
import type { Tap } from "../io/tap.ts";
import { parsePrefix } from "./addresses.ts";
import { logger } from "./logger.ts";
import type { TapAttachment } from "./attachment_options.ts";

/**
 * Frames that may wait in a TAP: those of a tenth of a second at 40,000 a second, so that a worker
 * that must wait for a processor loses none. The kernel's default is 1,000.
 */
const QUEUE_FRAMES = 4096;

/** What is configured of an interface. */
export type InterfaceSetup = Pick<TapAttachment, "mtu" | "mac" | "bridge" | "address">;

/**
 * Applies the options and answers the MTU. Who may not do that cannot have made the interface
 * either: an administrator has, for this user, and it is used as it is.
 */
export function configureInterface(tap: Tap, options: InterfaceSetup): number {
  using interfaces = openInterfaces(tap.namespace);
  try {
    apply(tap, options, interfaces);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === "EPERM")) throw error;
    const values = { interface: tap.name, error: error.message };
    logger.info("{interface} is used as it was made beforehand ({error})", values);
  }
  return interfaces.link(tap.index)?.mtu ?? 0;
}

/** Address before up: what listens for interfaces then finds it complete. */
function apply(tap: Tap, options: InterfaceSetup, interfaces: NetworkInterfaces): void {
  const { mtu, mac, bridge, address = [] } = options;
  const change: { -readonly [Key in keyof LinkChange]: LinkChange[Key] } = {
    queueLength: QUEUE_FRAMES,
  };
  if (typeof mtu === "number") change.mtu = mtu;
  if (mac !== undefined) change.mac = mac;
  if (bridge !== undefined) change.master = bridgeIndex(bridge, interfaces);
  interfaces.configure(tap.index, change);
  for (const text of typeof address === "string" ? [address] : address) {
    const { host, prefixLength } = parsePrefix(text);
    interfaces.addAddress(tap.index, host, prefixLength);
  }
  interfaces.configure(tap.index, { up: true });
}

function bridgeIndex(bridge: string, interfaces: NetworkInterfaces): number {
  const link = interfaces.link(bridge);
  if (link === undefined) {
    throw new TypeError(`bridge ${bridge} does not exist: ip link add ${bridge} type bridge`);
  }
  return link.index;
}
