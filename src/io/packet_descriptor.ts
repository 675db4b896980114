/**
 * Sockets on which whole frames pass, as packet(7) has them: opened, set and bound in such an order
 * that nothing comes before everything is set.
 */

import {
  AF_PACKET,
  ETH_P_ALL,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_LL_IFINDEX,
  SOCKADDR_LL_SIZE,
} from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { cString, libc } from "./libc.ts";
import { inNetworkNamespace } from "./network_namespace.ts";
import { checked, ENODEV, SystemError } from "./system_error.ts";

/** Where frames pass. */
export interface FramePlace {
  /** The interface; by default all. */
  readonly networkInterface?: string;
  /** Network namespace, a name or a path. Default: ours. */
  readonly namespace?: string | undefined;
}

/** An open socket, and the number of its interface, 0 for all. */
export interface PacketDescriptor {
  readonly descriptor: FileDescriptor;
  readonly index: number;
}

/**
 * Opens a socket, has it set, and binds it; `attempt` says in errors what it is for.
 *
 * @throws {SystemError} EPERM without CAP_NET_RAW; ENODEV for an interface that is not there.
 */
export function openPacketDescriptor(
  { networkInterface, namespace }: FramePlace,
  attempt: string,
  configure: (fd: number, index: number) => void,
): PacketDescriptor {
  return inNetworkNamespace(namespace, () => {
    const index = indexOf(networkInterface);
    if (index === undefined) throw new SystemError("socket", ENODEV, attempt);
    // Protocol 0: nothing is queued until the socket is bound.
    const fd = libc().socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const descriptor = new FileDescriptor(checked(fd, "socket", attempt));
    try {
      configure(descriptor.number, index);
      bind(descriptor.number, index, attempt);
      return { descriptor, index };
    } catch (error) {
      descriptor.close();
      throw error;
    }
  });
}

function indexOf(networkInterface: string | undefined): number | undefined {
  if (networkInterface === undefined) return 0;
  return libc().if_nametoindex(cString(networkInterface)) || undefined;
}

function bind(fd: number, index: number, attempt: string): void {
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_SIZE));
  address.setUint16(0, AF_PACKET, true);
  address.setUint16(2, ETH_P_ALL, false);
  address.setInt32(SOCKADDR_LL_IFINDEX, index, true);
  checked(libc().bind(fd, address, SOCKADDR_LL_SIZE), "bind", attempt);
}
