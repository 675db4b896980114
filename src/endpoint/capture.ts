/**
 * Captures: packets of a peer, or frames of an attachment circuit, as the kernel sees them pass. The
 * data plane has no part in it, and a capture that is not made costs nothing.
 *
 * Read io/packet_socket.ts for what is seen, captured_packets.ts for what is made of it.
 */

import {
  answer,
  assembleBpf,
  type BpfProgram,
  jumpIfAnyBit,
  jumpIfEqual,
  KEEP_ALL,
  label,
  loadOctet,
  loadUint32,
} from "../io/bpf.ts";
import {
  openPacketSocket,
  type PacketSocketOptions,
  type SeenPacket,
} from "../io/packet_socket.ts";
import { requireIpAddress } from "../io/socket_address.ts";
import { type Encapsulation, isIpv6, L2TP_IP_PROTOCOL } from "../model/path.ts";
import {
  arrivedPackets,
  type CapturedPacket,
  innerPacket,
  outerPackets,
  UDP,
} from "./captured_packets.ts";

/** What is to be captured. */
export type CaptureSelection =
  /** Packets between this host and a peer. */
  | {
    readonly kind: "outer";
    readonly encapsulation: Encapsulation;
    /** Address literal of the peer. */
    readonly remote: string;
    /** Our UDP port; any where it is not given. */
    readonly localPort?: number;
  }
  /** Whatever L2TP could be carried by and comes in, from whomever. */
  | { readonly kind: "arrivals" }
  /** Frames on an attachment circuit. */
  | { readonly kind: "inner"; readonly interface: string; readonly namespace?: string };

/** SKF_NET_OFF: loads count from the network header, whatever the device puts before it. */
const NETWORK = 0xfff0_0000;

/** A selection of packets on the way to a peer and from it. */
export type OuterSelection = Extract<CaptureSelection, { kind: "outer" }>;

/** Keeps packets from and to an address, as cheaply as the kernel can; ports are looked at later. */
function captureFilter({ encapsulation, remote }: OuterSelection): BpfProgram {
  const { octets } = requireIpAddress(remote);
  const view = new DataView(octets.buffer, octets.byteOffset);
  const protocol = encapsulation === "udp" ? UDP : L2TP_IP_PROTOCOL;
  const [at, from, to] = isIpv6(remote) ? [6, 20, 36] : [9, 12, 16];
  const last = view.getUint32(octets.length - 4);
  return assembleBpf([
    loadOctet(NETWORK + at!),
    jumpIfEqual(protocol, "addresses", "no"),
    label("addresses"),
    loadUint32(NETWORK + from!),
    jumpIfEqual(last, "yes", "other"),
    label("other"),
    loadUint32(NETWORK + to!),
    jumpIfEqual(last, "yes", "no"),
    label("yes"),
    answer(KEEP_ALL),
    label("no"),
    answer(0),
  ]);
}

/** Keeps UDP and IP protocol 115. */
function arrivalFilter(): BpfProgram {
  return assembleBpf([
    loadOctet(NETWORK),
    jumpIfAnyBit(0x40, "ip", "no"),
    label("ip"),
    jumpIfAnyBit(0x20, "ipv6", "ipv4"),
    label("ipv4"),
    loadOctet(NETWORK + 9),
    jumpIfEqual(UDP, "yes", "ipv4-other"),
    label("ipv4-other"),
    jumpIfEqual(L2TP_IP_PROTOCOL, "yes", "no"),
    label("ipv6"),
    loadOctet(NETWORK + 6),
    jumpIfEqual(UDP, "yes", "ipv6-other"),
    label("ipv6-other"),
    jumpIfEqual(L2TP_IP_PROTOCOL, "yes", "no"),
    label("yes"),
    answer(KEEP_ALL),
    label("no"),
    answer(0),
  ]);
}

/** Packets looked at in one turn; the rest waits for the next. */
const PACKETS_PER_TURN = 256;

/** A capture that is being made. */
export interface Capture {
  /** How many packets there was no room for since this was asked last. */
  takeMissed(): number;
  /** Ends it. */
  close(): void;
}

/**
 * Begins a capture.
 *
 * @param watch Calls back while a descriptor is readable; the driver's.
 * @throws {SystemError} EPERM without CAP_NET_RAW, where the kernel refuses.
 */
export function openCapture(
  selection: CaptureSelection,
  watch: (fd: number, onReadable: () => void) => () => void,
  handle: (packet: CapturedPacket) => void,
): Capture {
  const socket = openPacketSocket(socketOptions(selection));
  const unwatch = watch(socket.descriptor.number, () => {
    for (let turn = 0; turn < PACKETS_PER_TURN; turn++) {
      const seen = socket.receive();
      if (seen === undefined) return;
      packetsOf(seen, selection).forEach(handle);
    }
  });
  return {
    takeMissed: () => socket.takeMissed(),
    close: () => {
      unwatch();
      socket.close();
    },
  };
}

function socketOptions(selection: CaptureSelection): PacketSocketOptions {
  switch (selection.kind) {
    case "outer":
      return { filter: captureFilter(selection) };
    case "arrivals":
      return { filter: arrivalFilter() };
    case "inner":
      return { networkInterface: selection.interface, namespace: selection.namespace };
    default:
      return selection satisfies never;
  }
}

function packetsOf(seen: SeenPacket, selection: CaptureSelection): readonly CapturedPacket[] {
  switch (selection.kind) {
    case "outer":
      return outerPackets(seen, selection);
    case "arrivals":
      return seen.outgoing ? [] : arrivedPackets(seen);
    case "inner":
      return [innerPacket(seen)];
    default:
      return selection satisfies never;
  }
}
