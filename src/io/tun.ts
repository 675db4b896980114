/**
 * TUN interfaces: IP packets between the kernel's network stack and this process, without any
 * header in front (IFF_NO_PI); the first four bits of each tell its version.
 *
 * In everything else a TUN is as a TAP is: see tap.ts, and network_interface.ts for the addresses
 * and routes that make it a point-to-point link.
 */

import { openTunDevice, type Tap, type TapOptions } from "./tap.ts";

/** How a TUN is made. */
export type TunOptions = TapOptions;

/** An open TUN interface. */
export type Tun = Tap;

/**
 * Makes a TUN interface: down, carrier on, removed with its descriptor.
 *
 * @throws {RangeError} when the name is not one that interfaces can have.
 * @throws {SystemError} ENOENT or ENODEV without /dev/net/tun, EPERM without CAP_NET_ADMIN, EBUSY
 * when the name is in use, EINVAL when another kind of interface has it.
 */
export function openTun(options: TunOptions = {}): Tun {
  return openTunDevice("tun", options);
}
