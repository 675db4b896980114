/**
 * The Linux ABI as numbers: struct sizes and offsets, constants of the system calls in use.
 *
 * Everything here holds for 64-bit little-endian Linux; where x86-64 and arm64 differ, the value
 * is chosen by architecture. Names are the kernel's. See the headers in include/uapi/linux.
 */

const X86_64 = Deno.build.arch === "x86_64";

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;

export const O_RDONLY = 0;
export const O_RDWR = 2;
export const O_NONBLOCK = 0x800;
export const O_CLOEXEC = 0x80000;

export const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const SOL_IPV6 = 41;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_REUSEPORT = 15;
export const SO_RCVTIMEO = 20;
export const SO_ATTACH_FILTER = 26;
export const SO_TIMESTAMPNS = 35;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
export const SO_ATTACH_REUSEPORT_CBPF = 51;
export const SO_MEMINFO = 55;
export const IP_TOS = 1;
export const IP_PKTINFO = 8;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVTOS = 13;
export const IP_MTU = 14;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_MTU = 24;
export const IPV6_V6ONLY = 26;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;
/** CMSG_SPACE of either traffic class, sent as an int. */
export const TRAFFIC_CLASS_CONTROL_ROOM = 24;
/** IP_MTU_DISCOVER: clear DF and fragment to the path; the value is the same for IPv6. */
export const PMTUDISC_DONT = 0;
/** IP_MTU_DISCOVER: set DF on what fits, fragment what does not. */
export const PMTUDISC_WANT = 1;
/** IP_MTU_DISCOVER: set DF, refuse longer datagrams with EMSGSIZE. */
export const PMTUDISC_DO = 2;

/** `SO_MEMINFO` answers nine u32; the last counts datagrams lost to a full receive buffer. */
export const MEMINFO_SIZE = 36;
export const MEMINFO_DROPS = 8;

export const SOL_UDP = 17;
/** Sending: octets of each datagram that one message is cut into (u16). */
export const UDP_SEGMENT = 103;
/** Receiving: datagrams of a flow in one message, and the octets of each (int). */
export const UDP_GRO = 104;
/** CMSG_SPACE of either. */
export const UDP_OFFLOAD_CONTROL_ROOM = 24;

export const SOL_PACKET = 263;
export const PACKET_ADD_MEMBERSHIP = 1;
export const PACKET_STATISTICS = 6;
export const PACKET_AUXDATA = 8;
export const PACKET_VNET_HDR = 15;
/** Since Linux 4.20. */
export const PACKET_IGNORE_OUTGOING = 23;
/** struct packet_mreq. */
export const PACKET_MREQ_SIZE = 16;
export const PACKET_MREQ_TYPE = 4;
export const PACKET_MR_PROMISC = 1;
/** struct tpacket_auxdata. */
export const TPACKET_AUXDATA_STATUS = 0;
export const TPACKET_AUXDATA_VLAN_TCI = 16;
export const TPACKET_AUXDATA_VLAN_TPID = 18;
export const TP_STATUS_VLAN_VALID = 0x10;
export const TP_STATUS_VLAN_TPID_VALID = 0x40;
/** sll_pkttype: sent by this host. */
export const PACKET_OUTGOING = 4;
export const ETH_P_ALL = 0x0003;
/** struct sockaddr_ll. */
export const SOCKADDR_LL_SIZE = 20;
export const SOCKADDR_LL_IFINDEX = 4;
export const SOCKADDR_LL_HATYPE = 8;
export const SOCKADDR_LL_PKTTYPE = 10;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

/** struct sockaddr_un. */
export const SUN_PATH = 2;
export const SOCKADDR_IN_SIZE = 16;
export const SOCKADDR_IN6_SIZE = 28;
export const SOCKADDR_NL_SIZE = 12;
/** Room for either IP one, a multiple of 8. */
export const SOCKADDR_ROOM = 32;

export const IOVEC_SIZE = 16;
export const IOVEC_BASE = 0;
export const IOVEC_LENGTH = 8;

export const MSGHDR_SIZE = 56;
export const MSGHDR_NAME = 0;
export const MSGHDR_NAMELEN = 8;
export const MSGHDR_IOV = 16;
export const MSGHDR_IOVLEN = 24;
export const MSGHDR_CONTROL = 32;
export const MSGHDR_CONTROLLEN = 40;
export const MMSGHDR_SIZE = 64;
export const MMSGHDR_LEN = 56;

export const CMSGHDR_SIZE = 16;
export const CMSGHDR_LEN = 0;
export const CMSGHDR_LEVEL = 8;
export const CMSGHDR_TYPE = 12;
/** struct in_pktinfo: ifindex, spec_dst, addr. */
export const IN_PKTINFO_SIZE = 12;
export const IN_PKTINFO_SPEC_DST = 4;
/** struct in6_pktinfo: addr, ifindex. */
export const IN6_PKTINFO_SIZE = 20;
export const IN6_PKTINFO_IFINDEX = 16;
/** CMSG_SPACE of the larger of the two. */
export const PKTINFO_CONTROL_ROOM = 40;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
/** struct epoll_event is packed on x86-64 only. */
export const EPOLL_EVENT_SIZE = X86_64 ? 12 : 16;
export const EPOLL_EVENT_DATA = X86_64 ? 4 : 8;
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;

export const POLLFD_SIZE = 8;

export const IFNAMSIZ = 16;
export const IFREQ_SIZE = 40;
export const IFREQ_DATA = 16;
export const TUNSETIFF = 0x400454ca;
export const TUNGETFEATURES = 0x800454cf;
export const TUNSETOFFLOAD = 0x400454d0;
export const TUNSETCARRIER = 0x400454e2;
export const TUNSETQUEUE = 0x400454d9;
export const IFF_TUN = 0x0001;
export const IFF_TAP = 0x0002;
export const IFF_MULTI_QUEUE = 0x0100;
export const IFF_DETACH_QUEUE = 0x0400;
export const IFF_NO_PI = 0x1000;
export const IFF_VNET_HDR = 0x4000;
export const TUN_F_CSUM = 0x01;
export const TUN_F_TSO4 = 0x02;
export const TUN_F_TSO6 = 0x04;
/** Since Linux 6.2, both or none. */
export const TUN_F_USO4 = 0x20;
export const TUN_F_USO6 = 0x40;
/** struct virtio_net_hdr. */
export const VNET_HDR_SIZE = 10;
export const VNET_HDR_F_NEEDS_CSUM = 1;
export const VNET_HDR_GSO_TYPE = 1;
export const VNET_HDR_HDR_LEN = 2;
export const VNET_HDR_GSO_SIZE = 4;
export const VNET_HDR_CSUM_START = 6;
export const VIRTIO_NET_HDR_GSO_UDP_L4 = 5;

export const CLONE_NEWNET = 0x40000000;
export const CLOCK_MONOTONIC = 1;
