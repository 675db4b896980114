/**
 * A pseudo-terminal as attachment circuit: another program's asynchronous PPP, such as pppd's, carried
 * as it is. The LAC of a telephone line, without the telephone.
 *
 * Read RFC 1662 §3 and §4, and RFC 2661 §4.4.6 (ACCM). What comes from the program is taken whole:
 * no modem between it and us puts characters in, so none is to be taken out.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import { openPty, type Pty } from "../io/pty.ts";
import { AsyncDeframer, DEFAULT_ACCM, encodeAsyncFrame } from "../ppp/async_framing.ts";
import { readPppFrame } from "../ppp/frame.ts";
import { LCP } from "../ppp/protocol_numbers.ts";
import { type AttachmentCircuit, Tenancy } from "./attachment_circuit.ts";
import type { PtyAttachment } from "./attachment_options.ts";
import { removeEntry } from "./shown_entry.ts";

/** Reads in one turn; the rest waits for the next. */
const READS_PER_TURN = 16;

/** A session's pseudo-terminal; it is there as long as the session is. */
export class PtyCircuit implements AttachmentCircuit {
  readonly streams = undefined;
  readonly interfaceName = undefined;
  readonly mtu = undefined;
  readonly active = true;
  readonly port: SessionPort;
  readonly tenancy = new Tenancy();
  readonly #pty: Pty;
  readonly #link: string;
  readonly #deframer = new AsyncDeframer();
  /** What the LNS says that the program has agreed to (V2-SLI-02). */
  #accm = DEFAULT_ACCM;
  readonly #unwatch: () => void;

  /**
   * @throws {SystemError} when the kernel refuses. @throws {Error} when the path cannot be made a link
   * to the terminal.
   */
  constructor(
    { pty: path }: PtyAttachment,
    watch: (fd: number, onReadable: () => void) => () => void,
  ) {
    this.#pty = openPty();
    this.#link = path;
    try {
      replaceLink(path, this.#pty.path);
    } catch (error) {
      this.#pty.close();
      throw error;
    }
    this.#unwatch = watch(this.#pty.descriptor.number, () => this.#receive());
    this.port = {
      kind: "streams",
      onFrames: (frames) => {
        // A frame that there is no room for, or only for a part, the program finds broken and drops.
        for (const frame of frames) {
          // RFC 1662 §7.1: LCP's own frames are escaped as if nothing had been agreed on.
          const isLcp = readPppFrame(frame)?.protocol === LCP;
          const accm = isLcp ? DEFAULT_ACCM : this.#accm;
          this.#pty.write(encodeAsyncFrame(frame, accm).slice());
        }
      },
    };
  }

  /** How long frames may be the two ends of PPP agree upon. */
  fit(): void {}

  handleAccm(map: number | undefined): void {
    this.#accm = map ?? DEFAULT_ACCM;
  }

  /** The line hangs up with the session. */
  setCarrier(): void {}

  close(): void {
    this.#unwatch();
    removeEntry(this.#link, () => Deno.readLinkSync(this.#link) === this.#pty.path);
    this.#pty.close();
  }

  #receive(): void {
    for (let turn = 0; turn < READS_PER_TURN; turn++) {
      const octets = this.#pty.read();
      if (octets.length === 0) return;
      const frames = this.#deframer.push(octets);
      // What cannot be sent is lost like what the line loses.
      if (frames.length > 0) this.tenancy.user?.transmit(frames).catch(() => {});
    }
  }
}

/** A link that a former run has left is in nobody's way; anything else is somebody's. */
function replaceLink(path: string, target: string): void {
  try {
    if (Deno.lstatSync(path).isSymlink) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.symlinkSync(target, path);
}
