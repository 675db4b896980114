/**
 * PPP frames on an asynchronous line: between flags, with control characters escaped and a check
 * sequence behind.
 *
 * Read RFC 1662 §3 and §4, and Appendix C.2 for the check sequence. What is wrong on the line is
 * counted for the Circuit Errors that a LAC tells of (RFC 2661 §4.4.6), and left out.
 */

const FLAG = 0x7e;
const ESCAPE = 0x7d;
const COMPLEMENT = 0x20;
const FCS_OCTETS = 2;
/** Shorter than address, control, protocol and FCS: silently left out (RFC 1662 §4.3). */
const SHORTEST = 4;
const LONGEST = 16_384;
const GOOD_FCS = 0xf0b8;

/** Every control character is escaped (RFC 1662 §7.1): until LCP has agreed on less. */
export const DEFAULT_ACCM = 0xffff_ffff;

const FCS_TABLE = Uint16Array.from({ length: 256 }, (_, octet) => {
  let value = octet;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) !== 0 ? value >> 1 ^ 0x8408 : value >> 1;
  return value;
});

function fcsOf(octets: Uint8Array): number {
  return octets.reduce((fcs, octet) => fcs >> 8 ^ FCS_TABLE[(fcs ^ octet) & 0xff]!, 0xffff);
}

/** A frame as it goes over the line. Bits of `accm` are control characters to escape. */
export function encodeAsyncFrame(frame: Uint8Array, accm: number = DEFAULT_ACCM): Uint8Array {
  const fcs = ~fcsOf(frame) & 0xffff;
  const line = new Uint8Array(2 * (frame.length + FCS_OCTETS) + 2);
  let at = 0;
  const put = (octet: number) => {
    const isControl = octet < 0x20 && (accm >>> octet & 1) !== 0;
    if (isControl || octet === FLAG || octet === ESCAPE) {
      line[at++] = ESCAPE;
      line[at++] = octet ^ COMPLEMENT;
    } else line[at++] = octet;
  };
  line[at++] = FLAG;
  for (const octet of frame) put(octet);
  put(fcs & 0xff);
  put(fcs >> 8);
  line[at++] = FLAG;
  return line.subarray(0, at);
}

/** What has gone wrong on a line. */
export interface LineErrors {
  /** Frames whose check sequence does not fit. */
  crc: number;
  /** Frames that were given up, too short or too long. */
  framing: number;
}

/** Finds the frames in what comes over a line. */
export class AsyncDeframer {
  readonly errors: LineErrors = { crc: 0, framing: 0 };
  #octets = new Uint8Array(2048);
  #length = 0;
  #isEscaped = false;
  #isTooLong = false;

  /** The frames that end in these octets, each with what stands before its check sequence. */
  push(line: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const frames: Uint8Array<ArrayBuffer>[] = [];
    for (const octet of line) {
      if (octet === FLAG) {
        const frame = this.#end();
        if (frame !== undefined) frames.push(frame);
      } else if (octet === ESCAPE) this.#isEscaped = true;
      else {
        this.#put(this.#isEscaped ? octet ^ COMPLEMENT : octet);
        this.#isEscaped = false;
      }
    }
    return frames;
  }

  #put(octet: number): void {
    if (this.#length >= LONGEST) this.#isTooLong = true;
    if (this.#isTooLong) return;
    if (this.#length === this.#octets.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#octets);
      this.#octets = larger;
    }
    this.#octets[this.#length++] = octet;
  }

  /** An escape before a flag gives the frame up (RFC 1662 §4.3). */
  #end(): Uint8Array<ArrayBuffer> | undefined {
    const octets = this.#octets.subarray(0, this.#length);
    const isBroken = this.#isTooLong || this.#isEscaped;
    this.#length = 0;
    this.#isEscaped = false;
    this.#isTooLong = false;
    if (octets.length === 0 && !isBroken) return undefined;
    if (isBroken || octets.length < SHORTEST) {
      this.errors.framing += 1;
      return undefined;
    }
    if (fcsOf(octets) !== GOOD_FCS) {
      this.errors.crc += 1;
      return undefined;
    }
    return octets.slice(0, -FCS_OCTETS);
  }
}
