/**
 * TAP interfaces: Ethernet frames between the kernel's network stack and this process.
 *
 * The interface lives as long as its descriptor, so nothing is left behind by a program that is
 * killed. Frames are moved by frame_transfer.ts. See Documentation/networking/tuntap.rst.
 */

import {
  IFF_DETACH_QUEUE,
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  IFF_TUN,
  IFF_VNET_HDR,
  IFNAMSIZ,
  IFREQ_DATA,
  IFREQ_SIZE,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  TUN_F_CSUM,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_USO4,
  TUN_F_USO6,
  TUNGETFEATURES,
  TUNSETCARRIER,
  TUNSETIFF,
  TUNSETOFFLOAD,
  TUNSETQUEUE,
} from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { cString, libc } from "./libc.ts";
import { inNetworkNamespace } from "./network_namespace.ts";
import { checked, SystemError } from "./system_error.ts";

const TUN_DEVICE = "/dev/net/tun";

const TCP_OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;

/** What is asked for, best first. */
const OFFLOAD_FEATURES: readonly bigint[] = [
  BigInt(TCP_OFFLOADS | TUN_F_USO4 | TUN_F_USO6),
  BigInt(TCP_OFFLOADS),
];

/** Ethernet frames, or IP packets: the flag of either kind of interface. */
const KIND_FLAGS = { tap: IFF_TAP, tun: IFF_TUN } as const;

/** How a TAP or TUN is made. */
export interface TapOptions {
  /**
   * Interface name, at most 15 octets; `%d` in it stands for the first free number. An idle
   * persistent interface of that name and kind is taken over instead of made. Default `lw%d`.
   */
  readonly name?: string | undefined;
  /** Network namespace of the interface, a name or a path. Default: ours. */
  readonly namespace?: string | undefined;
  /**
   * Each frame is preceded by a virtio_net_hdr of 10 octets (IFF_VNET_HDR), where the kernel knows
   * that; whether it does is in the TAP's `offloadHeader`. Default false.
   */
  readonly offloadHeader?: boolean;
  /**
   * Queues that the kernel spreads the flows over, the frames of each in one queue and in order
   * (IFF_MULTI_QUEUE). Where it refuses there is one. Default 1.
   */
  readonly queues?: number;
}

/**
 * Makes a TAP interface: down, carrier on, removed with its descriptor.
 *
 * @throws {RangeError} when the name is not one that interfaces can have.
 * @throws {SystemError} ENOENT or ENODEV without /dev/net/tun, EPERM without CAP_NET_ADMIN, EBUSY
 * when the name is in use, EINVAL when another kind of interface has it.
 */
export function openTap(options: TapOptions = {}): Tap {
  return openTunDevice("tap", options);
}

/** Makes an interface of either kind; as `openTap`, which see. */
export function openTunDevice(kind: "tap" | "tun", options: TapOptions): Tap {
  const pattern = options.name ?? "lw%d";
  requireInterfaceName(pattern);
  const flags = KIND_FLAGS[kind] | IFF_NO_PI | (options.offloadHeader === true ? IFF_VNET_HDR : 0);
  return inNetworkNamespace(options.namespace, () => {
    const { queues = 1 } = options;
    const device = (queues > 1 ? openQueues(pattern, flags, queues) : undefined) ??
      openQueue(pattern, flags);
    const index = libc().if_nametoindex(cString(device.name));
    return new Tap(device, index, options.namespace);
  });
}

/** What is open of one interface. */
interface TunDevice {
  readonly name: string;
  readonly descriptor: FileDescriptor;
  readonly offloadHeader: boolean;
  /** Absent where the interface has one queue, which is the descriptor. */
  readonly queues?: readonly FileDescriptor[];
}

/**
 * The interface appears in the namespace in which the device is opened. What the device does not
 * know of an offload header is left out of the flags.
 */
function openQueue(pattern: string, wanted: number): TunDevice {
  const mode = O_RDWR | O_NONBLOCK | O_CLOEXEC;
  const fd = checked(libc().open(cString(TUN_DEVICE), mode, 0), "open", `open ${TUN_DEVICE}`);
  const descriptor = new FileDescriptor(fd);
  try {
    const flags = knowsOffloadHeader(fd) ? wanted : wanted & ~IFF_VNET_HDR;
    const name = joinInterface(fd, pattern, flags);
    return { descriptor, name, offloadHeader: (flags & IFF_VNET_HDR) !== 0 };
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/**
 * Several queues to read, and a descriptor that has none: what is written by it does not change
 * which queue the kernel puts a flow into, so that no frame can overtake another. Nothing where the
 * kernel refuses any of it.
 */
function openQueues(pattern: string, flags: number, count: number): TunDevice | undefined {
  const opened: FileDescriptor[] = [];
  try {
    const { descriptor, name, offloadHeader } = openQueue(pattern, flags | IFF_MULTI_QUEUE);
    opened.push(descriptor);
    while (opened.length <= count) opened.push(openQueue(name, flags | IFF_MULTI_QUEUE).descriptor);
    setQueue(descriptor.number, IFF_DETACH_QUEUE, name);
    return { descriptor, name, offloadHeader, queues: opened.slice(1) };
  } catch (error) {
    for (const descriptor of opened) descriptor.close();
    if (!(error instanceof SystemError)) throw error;
    return undefined;
  }
}

/** An open TAP or TUN interface. */
export class Tap implements Disposable {
  /** For everything, but for reading where there are several queues. */
  readonly descriptor: FileDescriptor;
  /** What is read, where there are several queues. */
  readonly queues: readonly FileDescriptor[] | undefined;
  readonly name: string;
  /** Whether each frame is preceded by a virtio_net_hdr. */
  readonly offloadHeader: boolean;
  /** Interface index in its namespace. */
  readonly index: number;
  /** The namespace it was made in; `undefined` is ours. */
  readonly namespace: string | undefined;

  constructor(
    { descriptor, queues, name, offloadHeader }: TunDevice,
    index: number,
    namespace: string | undefined,
  ) {
    this.descriptor = descriptor;
    this.queues = queues;
    this.name = name;
    this.offloadHeader = offloadHeader;
    this.index = index;
    this.namespace = namespace;
  }

  /**
   * Has the kernel hand over super-frames and unfinished checksums, as much as it knows of: TCP,
   * and since Linux 6.2 UDP. Only with `offloadHeader`. Where it refuses, frames come whole.
   */
  enableOffloads(): void {
    for (const features of OFFLOAD_FEATURES) {
      if (libc().ioctlNumber(this.descriptor.number, TUNSETOFFLOAD, features) >= 0) return;
    }
  }

  /**
   * Shows the circuit's state as the interface's carrier, so that bridges and routing react.
   *
   * @throws {SystemError} EBADFD when the interface was deleted.
   */
  setCarrier(up: boolean): void {
    checked(
      libc().ioctl(this.descriptor.number, TUNSETCARRIER, new Int32Array([up ? 1 : 0])),
      "ioctl",
      `set the carrier of ${this.name} ${up ? "on" : "off"}`,
    );
  }

  /** Closes the descriptors, which removes the interface. */
  close(): void {
    for (const queue of this.queues ?? []) queue.close();
    this.descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** @throws {RangeError} when the kernel would refuse the name, or read it as something else. */
export function requireInterfaceName(name: string): void {
  const { length } = new TextEncoder().encode(name);
  // deno-lint-ignore no-control-regex -- the kernel refuses these in dev_valid_name.
  const odd = /[\s\/:\x00-\x1f]/.test(name) || name === "." || name === "..";
  if (length === 0 || length >= IFNAMSIZ || odd) {
    throw new RangeError(
      `an interface name has 1 to ${
        IFNAMSIZ - 1
      } octets without spaces, "/" and ":", not "${name}"`,
    );
  }
}

/** Sandboxes that implement TAPs themselves may know no such question, and then no header. */
function knowsOffloadHeader(fd: number): boolean {
  const features = new Uint32Array(1);
  return libc().ioctl(fd, TUNGETFEATURES, features) >= 0 && (features[0]! & IFF_VNET_HDR) !== 0;
}

/** Makes the interface, or has one that is there get another queue. */
function joinInterface(fd: number, pattern: string, flags: number): string {
  const request = new DataView(new ArrayBuffer(IFREQ_SIZE));
  const octets = new Uint8Array(request.buffer);
  octets.set(new TextEncoder().encode(pattern));
  request.setUint16(IFREQ_DATA, flags, true);
  const kind = (flags & IFF_TAP) !== 0 ? "TAP" : "TUN";
  checked(libc().ioctl(fd, TUNSETIFF, request), "ioctl", `make ${kind} interface ${pattern}`);
  const end = octets.indexOf(0);
  return new TextDecoder().decode(octets.subarray(0, end));
}

function setQueue(fd: number, flags: number, name: string): void {
  const request = new DataView(new ArrayBuffer(IFREQ_SIZE));
  request.setUint16(IFREQ_DATA, flags, true);
  checked(libc().ioctl(fd, TUNSETQUEUE, request), "ioctl", `detach a queue of ${name}`);
}
