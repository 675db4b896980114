/**
 * What this host and this process have: asked of the kernel itself, so that an installed longwire,
 * which Deno shows neither /proc nor /dev, is told the same as one with every permission.
 */

import { countOpenDescriptors, readKernelText, tryDevice } from "../io/kernel_file.ts";
import { SystemError } from "../io/system_error.ts";

/** The device that TAP and TUN interfaces come from. */
export const TUN_DEVICE = "/dev/net/tun";

/** Why the TUN device is of no use to this process. */
export interface TunRefusal {
  readonly isMissing: boolean;
  readonly text: string;
}

/** Why there can be no TAP; `undefined` when the device can be opened. */
export function tunRefusal(): TunRefusal | undefined {
  try {
    tryDevice(TUN_DEVICE);
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return error.code === "ENOENT"
      ? { isMissing: true, text: `${TUN_DEVICE} is missing` }
      : { isMissing: false, text: `${TUN_DEVICE} cannot be opened: ${error.message}` };
  }
}

/** Whether the kernel has IPv6; without it, it has no such file either. */
export function hasIpv6(): boolean {
  return readKernelText("/proc/net/if_inet6") !== undefined;
}

/** Whether this process has a capability, given by its bit (capability.h), in effect. */
export function hasCapability(bit: number): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readKernelText("/proc/self/status") ?? "");
  return ((BigInt(`0x${effective?.[1] ?? "0"}`) >> BigInt(bit)) & 1n) === 1n;
}

/** How many descriptors this process has open. */
export function openDescriptors(): number {
  return countOpenDescriptors() ?? 0;
}
