/**
 * A Unix datagram socket as attachment circuit: frames of the pseudowire's own kind, one in each
 * datagram, to and from another program of this machine.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import type { FileDescriptor } from "../io/file_descriptor.ts";
import { openUnixDatagram } from "../io/unix_datagram.ts";
import { type AttachmentCircuit, Tenancy } from "./attachment_circuit.ts";
import type { SocketAttachment } from "./attachment_options.ts";
import { removeEntry } from "./shown_entry.ts";

/** A session's socket; it is there as long as the session is. */
export class DatagramCircuit implements AttachmentCircuit {
  readonly streams = undefined;
  readonly interfaceName = undefined;
  readonly mtu = undefined;
  readonly active = true;
  readonly port: SessionPort;
  readonly tenancy = new Tenancy();
  readonly #path: string;
  readonly #descriptor: FileDescriptor;
  /** Of the socket's entry. */
  readonly #inode: number | null;

  /** @throws {SystemError} when the kernel refuses. */
  constructor({ socket, peer }: SocketAttachment) {
    this.#path = socket;
    this.#descriptor = openUnixDatagram(socket);
    this.#inode = Deno.lstatSync(socket).ino;
    this.port = { kind: "datagrams", fd: this.#descriptor.number, peer };
  }

  /** Frames of any length go; how long they may be is the programs' business. */
  fit(): void {}

  /** The other program sees whether frames come. */
  setCarrier(): void {}

  close(): void {
    // As long as the socket is open, nothing else can have its inode.
    removeEntry(this.#path, () => Deno.lstatSync(this.#path).ino === this.#inode);
    this.#descriptor.close();
  }
}
