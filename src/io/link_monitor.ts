/**
 * Watching network interfaces: an operator's `ip link set … down`, a bridge's removal, a TAP's
 * deletion.
 *
 * See the multicast groups in netlink(7).
 */

import type { FileDescriptor } from "./file_descriptor.ts";
import {
  type LinkDescription,
  readLink,
  RTM_DELLINK,
  RTM_NEWLINK,
  RTMGRP_LINK,
} from "./interface_message.ts";
import { type NetlinkSocket, openNetlinkSocket } from "./netlink_socket.ts";

/** What a `LinkMonitor` saw. */
export type LinkEvent =
  | { readonly kind: "changed"; readonly link: LinkDescription }
  | { readonly kind: "removed"; readonly link: LinkDescription }
  /** The kernel dropped notices: read the interfaces again. */
  | { readonly kind: "missed" };

/** Watches the interfaces of a namespace (a name or a path; default: ours). */
export function openLinkMonitor(namespace?: string): LinkMonitor {
  return new LinkMonitor(openNetlinkSocket(namespace, RTMGRP_LINK));
}

/** Sees an operator's `ip link set … down`, a bridge's removal, a TAP's deletion. */
export class LinkMonitor implements Disposable {
  readonly #netlink: NetlinkSocket;

  constructor(netlink: NetlinkSocket) {
    this.#netlink = netlink;
  }

  /** Readable when `events` has something: for a poller. */
  get descriptor(): FileDescriptor {
    return this.#netlink.descriptor;
  }

  /** What happened since the last time, in order. */
  events(): LinkEvent[] {
    const notices = this.#netlink.notices();
    if (notices === undefined) return [{ kind: "missed" }];
    return notices.flatMap((notice): LinkEvent[] => {
      const link = readLink(notice);
      if (link === undefined) return [];
      if (notice.type === RTM_NEWLINK) return [{ kind: "changed", link }];
      return notice.type === RTM_DELLINK ? [{ kind: "removed", link }] : [];
    });
  }

  /** Ends the watch. */
  close(): void {
    this.#netlink.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
