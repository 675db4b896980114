/**
 * A capture file that frames from a peer are added to, as they come.
 *
 * What such a file has already stays in it: a session that comes back goes on where the one before
 * it ended. Read pcapng.ts (a section for each opening) and pcap.ts first.
 */

import { PCAP_HEADER_OCTETS, pcapHeader, pcapPacket, PER_SECOND } from "./pcap.ts";
import { isPcapng, pcapngHeader, pcapngPacket } from "./pcapng.ts";
import { linkTypeText } from "./link_types.ts";

/** What comes in here may be secret. */
const FILE_MODE = 0o600;

/** What a file may grow to where nobody says otherwise: a disk should outlast a forgotten recording. */
const DEFAULT_LIMIT = 1_000_000_000;

/** What a recording does, and when. */
export interface RecordingOptions {
  /** Octets that the file may grow to. Default 1,000,000,000. */
  readonly limit?: number | undefined;
  /** The time that frames get, in nanoseconds since 1970. Default: the system's. */
  readonly now?: () => bigint;
}

/** One of the two formats. */
interface Format {
  readonly name: string;
  /** What the first frame of an opening is preceded by. */
  readonly header: Uint8Array;
  /** Whether the header stands in the middle of a file, too. */
  readonly repeatsHeader: boolean;
  readonly packet: (frame: Uint8Array, at: bigint) => Uint8Array;
  /** Whether a file that begins with these octets can be gone on with. */
  readonly goesOn: (beginning: Uint8Array) => boolean;
}

function pcapngFormat(linkType: number): Format {
  return {
    name: "pcapng file",
    header: pcapngHeader(linkType, "pseudowire", "longwire"),
    repeatsHeader: true,
    packet: (octets, at) =>
      pcapngPacket({
        direction: "inbound",
        seconds: Number(at / PER_SECOND),
        nanoseconds: Number(at % PER_SECOND),
        octets,
        comment: undefined,
      }),
    goesOn: isPcapng,
  };
}

function pcapFormat(linkType: number): Format {
  const header = pcapHeader(linkType);
  return {
    name: `pcap file of link type ${linkTypeText(linkType)}`,
    header,
    repeatsHeader: false,
    packet: pcapPacket,
    goesOn: (beginning) => header.every((octet, index) => octet === beginning[index]),
  };
}

/** A file that is open for recording. */
export class Recording {
  readonly #file: Deno.FsFile;
  readonly #format: Format;
  readonly #now: () => bigint;
  readonly #limit: number;
  /** Octets of what is whole. */
  #length: number;

  /**
   * Opens a file to add to: pcap where its name ends in `.pcap`, pcapng otherwise.
   *
   * @throws {TypeError} for a file that is there and something else, which stays what it is.
   * @throws {Error} what the system says of one that cannot be opened.
   */
  constructor(path: string, linkType: number, options: RecordingOptions = {}) {
    const { limit = DEFAULT_LIMIT, now = wallClock } = options;
    this.#format = path.endsWith(".pcap") ? pcapFormat(linkType) : pcapngFormat(linkType);
    this.#now = now;
    this.#limit = limit;
    this.#file = Deno.openSync(path, { read: true, append: true, create: true, mode: FILE_MODE });
    this.#length = this.#file.statSync().size;
    try {
      this.#begin(path);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  /**
   * Adds frames.
   *
   * @throws {RangeError} where the file would grow beyond its limit. @throws {Error} what the system
   *   says: of a full disk, for one. The file is then whole up to the frame before.
   */
  add(frames: readonly Uint8Array[]): void {
    const at = this.#now();
    for (const frame of frames) {
      const packet = this.#format.packet(frame, at);
      if (this.#length + packet.length > this.#limit) {
        throw new RangeError(`the file has ${this.#length} octets, and may have ${this.#limit}`);
      }
      this.#write(packet);
    }
  }

  close(): void {
    this.#file.close();
  }

  #begin(path: string): void {
    const { header, name, repeatsHeader, goesOn } = this.#format;
    const beginning = new Uint8Array(PCAP_HEADER_OCTETS);
    const length = this.#file.readSync(beginning) ?? 0;
    if (length > 0 && !goesOn(beginning)) {
      throw new TypeError(`${path} is there, and is no ${name}: record into another file`);
    }
    const hasRoom = this.#length + header.length <= this.#limit;
    if (length === 0 || repeatsHeader && hasRoom) this.#write(header);
  }

  #write(octets: Uint8Array): void {
    let rest = octets;
    try {
      while (rest.length > 0) rest = rest.subarray(this.#file.writeSync(rest));
    } catch (error) {
      this.#file.truncateSync(this.#length);
      throw error;
    }
    this.#length += octets.length;
  }
}

function wallClock(): bigint {
  return Temporal.Now.instant().epochNanoseconds;
}
