/**
 * Control messages to one socket, data messages to another, sorted by the kernel.
 *
 * Over UDP one program chooses between the two sockets of a reuseport group; over IP every raw
 * socket gets its own copy of every packet, so each has a filter. Read RFC 3931 §4.1.1.2 and
 * §4.1.2.1, and DESIGN section 5 first. What is sorted wrongly is dropped and counted by whoever
 * gets it: the parsers stay the authority.
 */

import {
  answer,
  assembleBpf,
  attachReuseportProgram,
  type BpfProgram,
  jumpIfAnyBit,
  jumpIfEqual,
  KEEP_ALL,
  label,
  loadIpv4HeaderLength,
  loadOctet,
  loadUint32,
  loadUint32AfterX,
} from "../io/bpf.ts";
import { type DatagramSocket, openDatagramSocket } from "../io/datagram_socket.ts";
import { type Encapsulation, isIpv6, L2TP_IP_PROTOCOL, L2TP_PORT } from "../model/path.ts";

const T_BIT = 0x80;

/** Members of the reuseport group, in the order in which they are bound. */
const CONTROL_MEMBER = 0;
const DATA_MEMBER = 1;

/** Some 2,000 packets of full size: what arrives while a worker is about something else. */
const DATA_BUFFER_OCTETS = 4 * 1024 * 1024;

/** Where a transport is to be, seen from here. */
export interface TransportOptions {
  readonly encapsulation: Encapsulation;
  /** A literal; `0.0.0.0` and `::` are every address of their family. */
  readonly address: string;
  /** UDP port. Default 1701 (V3-UDP-06); not for IP. */
  readonly port?: number;
  /** Network namespace of the sockets, a name or a path. Default: ours. */
  readonly namespace?: string | undefined;
}

/** The sockets of one address and port, or of one address over IP. */
export interface Transport {
  readonly control: DatagramSocket;
  /** For the workers. */
  readonly data: DatagramSocket;
  /** Closes both; the workers must have given the data socket back. */
  close(): void;
}

/**
 * Opens the control and the data socket of a transport.
 *
 * @throws {SystemError} when the kernel refuses one of them: EADDRINUSE, EPERM …
 */
export function openTransport(options: TransportOptions): Transport {
  return options.encapsulation === "udp" ? openUdpPair(options) : openRawPair(options);
}

function openUdpPair(options: TransportOptions): Transport {
  const port = freePort(options);
  const control = openUdp(options, port, true);
  try {
    attachReuseportProgram(control.descriptor.number, assembleBpf(UDP_SPLIT));
    return new SocketPair(control, openUdp(options, port, true));
  } catch (error) {
    control.close();
    throw error;
  }
}

function openRawPair(options: TransportOptions): Transport {
  const control = openRaw(options, "control");
  try {
    return new SocketPair(control, openRaw(options, "data"));
  } catch (error) {
    control.close();
    throw error;
  }
}

/**
 * The port that was asked for, or any free one. Asked with a socket that shares with nobody: one
 * that shares would join the group of another program, or of ours, and confuse its members.
 */
function freePort(options: TransportOptions): number {
  using probe = openUdp(options, options.port ?? L2TP_PORT, false);
  return probe.local.port;
}

/** The data socket of a session without a control connection, on a port of its own. */
export function openDataSocket(options: TransportOptions): DatagramSocket {
  return options.encapsulation === "udp"
    ? openUdp(options, options.port ?? L2TP_PORT, false)
    : openRaw(options, "data");
}

class SocketPair implements Transport {
  readonly control: DatagramSocket;
  readonly data: DatagramSocket;

  constructor(control: DatagramSocket, data: DatagramSocket) {
    this.control = control;
    this.data = data;
  }

  /** The control socket last: members count from the one that has been bound longest. */
  close(): void {
    this.data.close();
    this.control.close();
  }
}

/** Fragments are allowed: RFC 3931 §4.1.4's outer fragmentation is our method (V3-MTU-01). */
function openUdp(options: TransportOptions, port: number, reusePort: boolean): DatagramSocket {
  const { address, namespace } = options;
  return openDatagramSocket({
    kind: "udp",
    address,
    port,
    reusePort,
    receiveBuffer: DATA_BUFFER_OCTETS,
    sendBuffer: DATA_BUFFER_OCTETS,
    namespace,
  });
}

function openRaw(options: TransportOptions, wanted: "control" | "data"): DatagramSocket {
  const { address, namespace } = options;
  return openDatagramSocket({
    kind: { protocol: L2TP_IP_PROTOCOL },
    address,
    filter: sessionIdFilter(isIpv6(address), wanted),
    receiveBuffer: DATA_BUFFER_OCTETS,
    sendBuffer: DATA_BUFFER_OCTETS,
    namespace,
  });
}

/** Sees the UDP payload. A datagram without an octet ends as member 0, which refuses it. */
const UDP_SPLIT = [
  loadOctet(0),
  jumpIfAnyBit(T_BIT, "control", "data"),
  label("control"),
  answer(CONTROL_MEMBER),
  label("data"),
  answer(DATA_MEMBER),
];

/** Session ID zero is control (V3-IP-05). IPv4 filters see the IP header, IPv6 ones do not. */
function sessionIdFilter(ipv6: boolean, wanted: "control" | "data"): BpfProgram {
  const load = ipv6 ? [loadUint32(0)] : [loadIpv4HeaderLength(0), loadUint32AfterX(0)];
  const [kept, refused] = wanted === "control" ? ["zero", "other"] : ["other", "zero"];
  return assembleBpf([
    ...load,
    jumpIfEqual(0, "zero", "other"),
    label(kept!),
    answer(KEEP_ALL),
    label(refused!),
    answer(0),
  ]);
}
