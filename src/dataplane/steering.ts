/**
 * Control messages to one socket, data messages to another, sorted by the kernel.
 *
 * Over UDP one program chooses between the sockets of a reuseport group; over IP every raw socket
 * gets its own copy of every packet, so each has a filter. Where several workers receive, each has a
 * data socket, and everything that one peer sends comes to one of them, and so in order: the kernel
 * aggregates what a peer sends before it asks (`UDP_GRO`), whatever is inside. Read RFC 3931 §4.1.1.2 and
 * §4.1.2.1, and DESIGN section 5 first. What is sorted wrongly is dropped and counted by whoever
 * gets it: the parsers stay the authority.
 */

import {
  add,
  answer,
  answerA,
  assembleBpf,
  attachReuseportProgram,
  type BpfLine,
  type BpfProgram,
  FROM_IP_HEADER,
  jumpIfAnyBit,
  jumpIfEqual,
  KEEP_ALL,
  label,
  loadIpv4HeaderLength,
  loadOctet,
  loadUint16AfterX,
  loadUint32,
  loadUint32AfterX,
  moveToX,
  multiply,
  remainder,
  setX,
  shiftRight,
  xorWithX,
} from "../io/bpf.ts";
import { type DatagramSocket, openDatagramSocket } from "../io/datagram_socket.ts";
import { SystemError } from "../io/system_error.ts";
import { type Encapsulation, isIpv6, L2TP_IP_PROTOCOL, L2TP_PORT } from "../model/path.ts";

const T_BIT = 0x80;

/** Members of the reuseport group, in the order in which they are bound. */
const CONTROL_MEMBER = 0;
const FIRST_DATA_MEMBER = 1;

/** Where the sender is in an IP header: all of an IPv4 address, the last word of an IPv6 one. */
const SENDER_WORD = { ipv4: 12, ipv6: 20 } as const;
const IPV6_HEADER_OCTETS = 40;

/** Odd, near 2^32 divided by the golden ratio: Knuth's multiplicative hash, good in its upper bits. */
const GOLDEN_RATIO = 0x9e3779b1;
const HALF_WORD = 16;

/** Some 2,000 packets of full size: what arrives while a worker is about something else. */
const DATA_BUFFER_OCTETS = 4 * 1024 * 1024;

/** Where a transport is to be, seen from here. */
export interface TransportOptions {
  readonly encapsulation: Encapsulation;
  /** A literal; `0.0.0.0` and `::` are every address of their family. */
  readonly address: string;
  /** UDP port. Default 1701 (V3-UDP-06); not for IP. */
  readonly port?: number;
  /** The only address that data is taken from, by a data socket of its own. Default: any. */
  readonly peer?: string | undefined;
  /** Network namespace of the sockets, a name or a path. Default: ours. */
  readonly namespace?: string | undefined;
  /** Data sockets that share what comes; where the kernel refuses some there are fewer. Default 1. */
  readonly shares?: number;
}

/** Data sockets of one address and port, each of which gets its share. */
export type DataSockets = readonly [DatagramSocket, ...DatagramSocket[]];

/** The sockets of one address and port, or of one address over IP. */
export interface Transport {
  readonly control: DatagramSocket;
  /** For the workers, as the sockets of all shares are; this is the first of them. */
  readonly data: DatagramSocket;
  readonly shares: DataSockets;
  /** Closes all; the workers must have given the data sockets back. */
  close(): void;
}

/**
 * Opens the control socket and the data sockets of a transport.
 *
 * @throws {SystemError} when the kernel refuses one of them: EADDRINUSE, EPERM …
 */
export function openTransport(options: TransportOptions): Transport {
  return options.encapsulation === "udp" ? openUdpGroup(options) : openRawGroup(options);
}

function openUdpGroup(options: TransportOptions): Transport {
  const port = freePort(options);
  const control = openUdp(options, port, true);
  const join = (shares: number): DataSockets => {
    const program = udpSplit(isIpv6(options.address), shares);
    attachReuseportProgram(control.descriptor.number, program);
    return openShares(shares, () => openUdp(options, port, true));
  };
  return openGroup(control, join, options);
}

function openRawGroup(options: TransportOptions): Transport {
  const ipv6 = isIpv6(options.address);
  const control = openRaw(options, sessionIdFilter(ipv6, "control"));
  const join = (shares: number): DataSockets =>
    openShares(shares, (share) => openRaw(options, dataFilter(ipv6, share, shares)));
  return openGroup(control, join, options);
}

/** As many data sockets as are wanted, or else one. */
function openGroup(
  control: DatagramSocket,
  join: (shares: number) => DataSockets,
  { shares = 1 }: TransportOptions,
): Transport {
  try {
    return new SocketGroup(control, shares === 1 ? join(1) : joinAllOrOne(join, shares));
  } catch (error) {
    control.close();
    throw error;
  }
}

function joinAllOrOne(join: (shares: number) => DataSockets, shares: number): DataSockets {
  try {
    return join(shares);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return join(1);
  }
}

/** All, or none. */
function openShares(shares: number, open: (share: number) => DatagramSocket): DataSockets {
  const opened: [DatagramSocket, ...DatagramSocket[]] = [open(0)];
  try {
    while (opened.length < shares) opened.push(open(opened.length));
    return opened;
  } catch (error) {
    for (const socket of opened) socket.close();
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
    : openRaw(options, dataFilter(isIpv6(options.address), 0, 1));
}

class SocketGroup implements Transport {
  readonly control: DatagramSocket;
  readonly data: DatagramSocket;
  readonly shares: DataSockets;

  constructor(control: DatagramSocket, shares: DataSockets) {
    this.control = control;
    this.data = shares[0];
    this.shares = shares;
  }

  /** The control socket last: members count from the one that has been bound longest. */
  close(): void {
    for (const socket of this.shares) socket.close();
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

function openRaw(options: TransportOptions, filter: BpfProgram): DatagramSocket {
  const { address, peer, namespace } = options;
  return openDatagramSocket({
    kind: { protocol: L2TP_IP_PROTOCOL },
    address,
    peer,
    filter,
    receiveBuffer: DATA_BUFFER_OCTETS,
    sendBuffer: DATA_BUFFER_OCTETS,
    namespace,
  });
}

/** Sees the UDP payload. A datagram without an octet ends as member 0, which refuses it. */
function udpSplit(ipv6: boolean, shares: number): BpfProgram {
  const chooseData = shares === 1 ? [answer(FIRST_DATA_MEMBER)] : [
    ipv6 ? setX(IPV6_HEADER_OCTETS) : loadIpv4HeaderLength(FROM_IP_HEADER),
    // The sender's port, right behind the IP header.
    loadUint16AfterX(FROM_IP_HEADER),
    ...shareOfSender(ipv6, shares),
    add(FIRST_DATA_MEMBER),
    answerA(),
  ];
  return assembleBpf([
    loadOctet(0),
    jumpIfAnyBit(T_BIT, "control", "data"),
    label("control"),
    answer(CONTROL_MEMBER),
    label("data"),
    ...chooseData,
  ]);
}

/** A := the share of what A says and the sender's address, as a multiplicative hash. */
function shareOfSender(ipv6: boolean, shares: number): BpfLine[] {
  return [
    moveToX(),
    loadUint32(FROM_IP_HEADER + SENDER_WORD[ipv6 ? "ipv6" : "ipv4"]),
    xorWithX(),
    multiply(GOLDEN_RATIO),
    shiftRight(HALF_WORD),
    remainder(shares),
  ];
}

/** A := the Session ID. IPv4 filters see the IP header, IPv6 ones do not. */
function loadSessionId(ipv6: boolean): BpfLine[] {
  return ipv6 ? [loadUint32(0)] : [loadIpv4HeaderLength(0), loadUint32AfterX(0)];
}

/** Session ID zero is control (V3-IP-05). */
function sessionIdFilter(ipv6: boolean, wanted: "control" | "data"): BpfProgram {
  const [kept, refused] = wanted === "control" ? ["zero", "other"] : ["other", "zero"];
  return assembleBpf([
    ...loadSessionId(ipv6),
    jumpIfEqual(0, "zero", "other"),
    label(kept!),
    answer(KEEP_ALL),
    label(refused!),
    answer(0),
  ]);
}

/** A session's packets come whole, so each of a peer's sessions can be another worker's. */
function dataFilter(ipv6: boolean, share: number, shares: number): BpfProgram {
  if (shares === 1) return sessionIdFilter(ipv6, "data");
  return assembleBpf([
    ...loadSessionId(ipv6),
    jumpIfEqual(0, "refused", "data"),
    label("data"),
    ...shareOfSender(ipv6, shares),
    jumpIfEqual(share, "kept", "refused"),
    label("kept"),
    answer(KEEP_ALL),
    label("refused"),
    answer(0),
  ]);
}
