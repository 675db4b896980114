/**
 * A route netlink socket: requests with their answers, and the notices of multicast groups.
 *
 * See netlink(7) and rtnetlink(7).
 */

import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SO_RCVTIMEO,
  SOCK_CLOEXEC,
  SOCK_RAW,
  SOCKADDR_NL_SIZE,
  SOL_SOCKET,
} from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { lastErrno, libc } from "./libc.ts";
import { inNetworkNamespace } from "./network_namespace.ts";
import {
  decodeNetlinkMessages,
  encodeNetlinkMessage,
  type NetlinkAttribute,
  netlinkErrno,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "./netlink_message.ts";
import { checked, EAGAIN, EINTR, ENOBUFS, SystemError } from "./system_error.ts";

const NETLINK_ROUTE = 0;
/** What the kernel fills at most per answer of a dump. */
const ROOM = 65_536;
/** The kernel answers within the call; this is only so that a bug in it does not stop us for ever. */
const PATIENCE_SECONDS = 5;

/** What is asked of the kernel. */
export interface NetlinkRequest {
  readonly type: number;
  readonly flags?: number;
  /** The fixed part of the body (ifinfomsg, ifaddrmsg). */
  readonly fixed: Uint8Array;
  readonly attributes?: readonly NetlinkAttribute[];
  /** For the error: what is attempted, in words. */
  readonly attempt: string;
}

/** Opens a route netlink socket; `groups` is a mask of RTMGRP_… notices to receive. */
export function openNetlinkSocket(namespace?: string, groups = 0): NetlinkSocket {
  const attempt = "open a netlink socket";
  const descriptor = inNetworkNamespace(namespace, () => {
    const fd = libc().socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return new FileDescriptor(checked(fd, "socket", attempt));
  });
  try {
    const address = new DataView(new ArrayBuffer(SOCKADDR_NL_SIZE));
    address.setUint16(0, AF_NETLINK, true);
    address.setUint32(8, groups, true);
    checked(libc().bind(descriptor.number, address, SOCKADDR_NL_SIZE), "bind", attempt);
    const patience = new DataView(new ArrayBuffer(16));
    patience.setUint32(0, PATIENCE_SECONDS, true);
    const result = libc().setsockopt(descriptor.number, SOL_SOCKET, SO_RCVTIMEO, patience, 16);
    checked(result, "setsockopt", attempt);
    return new NetlinkSocket(descriptor);
  } catch (error) {
    descriptor.close();
    throw error;
  }
}

/** An open route netlink socket. */
export class NetlinkSocket implements Disposable {
  readonly descriptor: FileDescriptor;
  readonly #room = new Uint8Array(new ArrayBuffer(ROOM));
  #sequence = 0;

  constructor(descriptor: FileDescriptor) {
    this.descriptor = descriptor;
  }

  /** Has one thing done. @throws {SystemError} with the kernel's errno. */
  execute(request: NetlinkRequest): void {
    this.#send(request, NLM_F_ACK);
    this.#collect(request, () => {});
  }

  /** Asks for one object, or with NLM_F_DUMP among the flags for all. */
  query(request: NetlinkRequest): NetlinkMessage[] {
    const answers: NetlinkMessage[] = [];
    const dump = ((request.flags ?? 0) & NLM_F_DUMP) !== 0;
    this.#send(request, dump ? 0 : NLM_F_ACK);
    this.#collect(request, (message) => answers.push(message));
    return answers;
  }

  /**
   * The notices that are waiting; `undefined` when the kernel had to drop some: read the whole
   * state again then.
   */
  notices(): NetlinkMessage[] | undefined {
    const messages: NetlinkMessage[] = [];
    for (;;) {
      const received = this.#receive(MSG_DONTWAIT);
      if (received === -EAGAIN) return messages;
      if (received === -ENOBUFS) return undefined;
      if (typeof received === "number") {
        throw new SystemError("recv", -received, "read netlink notices");
      }
      messages.push(...received);
    }
  }

  /** Closes the socket. */
  close(): void {
    this.descriptor.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #send(request: NetlinkRequest, extraFlags: number): void {
    this.#sequence = (this.#sequence + 1) >>> 0;
    const octets = encodeNetlinkMessage(
      request.type,
      NLM_F_REQUEST | extraFlags | (request.flags ?? 0),
      this.#sequence,
      request.fixed,
      request.attributes ?? [],
    );
    const sent = libc().send(this.descriptor.number, octets, octets.length, 0);
    checked(sent, "send", request.attempt);
  }

  /** Reads answers to the request sent last until the one that ends them. */
  #collect(request: NetlinkRequest, keep: (message: NetlinkMessage) => void): void {
    for (;;) {
      const received = this.#receive(0);
      if (typeof received === "number") {
        throw new SystemError("recv", -received, request.attempt);
      }
      for (const message of received) {
        // An answer to an earlier request that ended in an error.
        if (message.sequence !== this.#sequence) continue;
        if (message.type === NLMSG_DONE) return;
        if (message.type !== NLMSG_ERROR) {
          keep(message);
          continue;
        }
        const errno = netlinkErrno(message.body);
        if (errno === 0) return;
        throw new SystemError("netlink", errno, request.attempt);
      }
    }
  }

  /** One datagram's messages, or minus errno. */
  #receive(flags: number): NetlinkMessage[] | number {
    for (;;) {
      const { number } = this.descriptor;
      const length = libc().recv(number, this.#room, ROOM, flags | MSG_TRUNC);
      if (length >= 0) return decodeNetlinkMessages(this.#room.slice(0, Math.min(length, ROOM)));
      const errno = lastErrno();
      if (errno !== EINTR) return -errno;
    }
  }
}
