/**
 * The options of a session's attachment circuit: where its frames come from and go to. The YAML
 * configuration uses the same names and meanings below `attach`.
 *
 * Read attachment_circuit.ts for what each of them has to do.
 */

/** A TAP interface of this machine as the attachment circuit. */
export interface TapAttachment {
  /** What tells it from streams; may be left out. */
  kind?: "tap";
  /** Interface name, at most 15 octets. Default: `lw0`, `lw1`, … the first free one. */
  tap?: string;
  /** Bridge to join; it must exist. */
  bridge?: string;
  /** Interface MTU in octets, or `"auto"`: the path's MTU less every header in use. Default auto. */
  mtu?: number | "auto";
  /** MAC address `aa:bb:cc:dd:ee:ff`. Default: the kernel's random one. */
  mac?: string;
  /** Address with prefix length, or several. Default none. */
  address?: string | readonly string[];
  /** Network namespace the interface is put in: a name under /run/netns or a path. */
  namespace?: string;
}

/** A TUN interface of this machine, for the IP packets of PPP sessions. */
export interface TunAttachment {
  /** What tells it from a TAP. */
  kind: "tun";
  /** Interface name, at most 15 octets. Default: `lw0`, `lw1`, … the first free one. */
  tun?: string;
  /** Interface MTU in octets, or `"auto"`: what the peer receives, within the path's. Default auto. */
  mtu?: number | "auto";
  /**
   * Addresses with prefix length that the interface has beside those that PPP leads to. Default
   * none.
   */
  address?: string | readonly string[];
  /**
   * Prefixes that are reached through the interface while IP is up, or `"default"`: all of IPv4,
   * with a route to the peer round it. Default none.
   */
  routes?: readonly string[];
  /** Many sessions may have it, each for the addresses of its peer. Default false. */
  shared?: boolean;
  /** Network namespace the interface is put in: a name under /run/netns or a path. */
  namespace?: string;
}

/** Frames as streams inside the program: no interface, no root. */
export interface StreamAttachment {
  /** What tells it from a TAP. */
  kind: "streams";
}

/** An interface that is there already, as a port: what its line gives is carried, tags included. */
export interface InterfacePortAttachment {
  /** What tells it from a TAP. */
  kind: "interface";
  /** The interface's name. It becomes promiscuous; addresses on it do not concern the session. */
  interface: string;
  /** Network namespace that the interface is in: a name under /run/netns or a path. */
  namespace?: string;
}

/** A Unix datagram socket: frames of the pseudowire's own kind, one in each datagram. */
export interface SocketAttachment {
  /** What tells it from a TAP. */
  kind: "socket";
  /** Path of our socket, which is made for the session: what is sent there goes to the peer. */
  socket: string;
  /** Path of the other program's socket: what comes from the peer goes there. */
  peer: string;
}

/** A pseudo-terminal: the asynchronous PPP of another program, such as pppd, carried as it is. */
export interface PtyAttachment {
  /** What tells it from a TAP. */
  kind: "pty";
  /** Path of a link to the terminal, which is made for the session. */
  pty: string;
}

/** Capture files, pcapng or pcap, with frames of the pseudowire's own kind; at least one of them. */
export interface PcapAttachment {
  /** What tells it from a TAP. */
  kind: "pcap";
  /** File whose frames are sent to the peer once the session is up. Default: none are. */
  play?: string;
  /**
   * File to which frames from the peer are added: of the older format where its name ends in `.pcap`.
   * Default: they are lost.
   */
  record?: string;
  /**
   * Octets that the recorded file may grow to, what it has already included; frames that come after
   * that are not recorded. Default 1,000,000,000.
   */
  recordLimit?: number;
  /** `"original"`: frames are sent at the file's intervals; `"fast"`: without. Default original. */
  pace?: "original" | "fast";
  /** Whether the file is played again when it ends. Default false. */
  loop?: boolean;
}

/** Where a session's frames come from and go to. */
export type AttachmentOptions =
  | TapAttachment
  | TunAttachment
  | InterfacePortAttachment
  | SocketAttachment
  | PtyAttachment
  | PcapAttachment
  | StreamAttachment;

/** An interface of this machine as the attachment circuit. */
export type InterfaceAttachment = TapAttachment | TunAttachment;
