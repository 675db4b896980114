/**
 * What a tunnel has to offer in order to be compared: how one end of it is started in a namespace.
 */

import { ip } from "../../dataplane/two_sites.ts";

/** One end to be started. */
export interface End {
  readonly side: "a" | "b";
  readonly namespace: string;
  readonly local: string;
  readonly remote: string;
  /** For its files; both ends have the same. */
  readonly directory: string;
}

/** The interface that every tunnel gives its namespace. */
export const TUNNEL_INTERFACE = "bt0";

/** The veth interface between the namespaces, under every tunnel. */
export const UNDERLAY_INTERFACE = "ul0";

/** Its addresses at both ends, where those of IPv4 or IPv6 are measured. */
export const INNER = {
  ipv4: ["10.200.0.1", "10.200.0.2"],
  ipv6: ["fd00:200::1", "fd00:200::2"],
} as const;

/** Its MTU, less than every tunnel has room for. */
export const INNER_MTU = 1430;

/** What goes through a tunnel while it is measured. */
export type Inner = "ipv4" | "ipv6" | "vlan";

/** One tunnel. */
export interface Contender {
  readonly name: string;
  /** The program whose absence leaves it out; absent where nothing is needed. */
  readonly program?: string;
  /** Default: a tunnel of another program, in user space. */
  readonly kind?: "longwire" | "kernel";
  /** Whether the ends meet over IPv6. */
  readonly outerIpv6?: boolean;
  readonly inner?: Inner;
  /** The measured interface, where it is not `TUNNEL_INTERFACE`. */
  readonly interface?: string;
  /** Variants are compared by their TCP alone. */
  readonly tcpOnly?: boolean;
  /** Starts one end, `a` first; gives the words of the program to run in the namespace, if any. */
  readonly start: (end: End) => readonly string[] | Promise<readonly string[]>;
}

/** The other of two sides. */
export function otherSide(side: "a" | "b"): "a" | "b" {
  return side === "a" ? "b" : "a";
}

/** A TAP for programs that do not make theirs: up, for some end when they cannot read it. */
export function makeTap({ namespace }: End): void {
  ip(`-n ${namespace} tuntap add ${TUNNEL_INTERFACE} mode tap`);
  ip(`-n ${namespace} link set ${TUNNEL_INTERFACE} up`);
}

/** Cookies and session ids, for those who have such. */
export const COOKIES = { a: "1122334455667788", b: "a1b2c3d4e5f60718" } as const;
export const IDS = { a: 11, b: 22 } as const;
