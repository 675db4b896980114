/**
 * As much of ELF as putting a segment into a finished executable takes: 64 bit, little-endian,
 * position-independent, dynamically linked. See elf(5) for the structures and their offsets.
 */

/** Program header types. */
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_NOTE = 4;

/** Tags of the dynamic section. */
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const DT_RELA = 7;
const DT_RELASZ = 8;

const ET_DYN = 3;
const PROGRAM_HEADER_SIZE = 56;
const RELOCATION_SIZE = 24;
const SYMBOL_SIZE = 24;

/** Read and execute. */
const PF_RX = 5;

/** Segments begin at multiples of the largest page that Linux has on our processors. */
const PAGE = 0x1_0000;

/** R_X86_64_GLOB_DAT and R_AARCH64_GLOB_DAT: a word that becomes a symbol's address. */
const GLOB_DAT: readonly number[] = [6, 1025];

/** What a segment is, in a file and in memory. */
interface Segment {
  /** Of the program header. */
  readonly header: number;
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

/** An executable file, to read of and to add to. */
export class ElfFile {
  readonly #octets: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #segments: readonly Segment[];

  /** @throws {RangeError} for any other kind of file. */
  constructor(octets: Uint8Array<ArrayBuffer>) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const is64LittleEndian = octets.length > 64 && this.#view.getUint32(0) === 0x7f454c46 &&
      octets[4] === 2 && octets[5] === 1;
    if (!is64LittleEndian || this.#view.getUint16(16, true) !== ET_DYN) {
      throw new RangeError("is no position-independent 64-bit ELF executable");
    }
    this.#segments = this.#readSegments();
  }

  /** The processor, as ELF numbers them. */
  get machine(): number {
    return this.#view.getUint16(18, true);
  }

  /** The address at which it starts. */
  get entry(): number {
    return this.#word(24);
  }

  /** Where the next segment goes, in memory; its place in the file follows from that. */
  get nextAddress(): number {
    const ends = this.#loads().map(({ address, memorySize }) => address + memorySize);
    return roundUp(Math.max(...ends));
  }

  /**
   * The address of the word that holds the address of a function from a library, once linked.
   *
   * @throws {RangeError} when the executable does not use that function.
   */
  linkedWord(name: string): number {
    const dynamic = this.#dynamicSection();
    const at = (tag: number) => this.#offsetOf(required(dynamic.get(tag), `dynamic tag ${tag}`));
    const [relocations, symbols, strings] = [at(DT_RELA), at(DT_SYMTAB), at(DT_STRTAB)];
    const end = relocations + required(dynamic.get(DT_RELASZ), "the relocations' size");
    for (let offset = relocations; offset < end; offset += RELOCATION_SIZE) {
      if (!GLOB_DAT.includes(this.#view.getUint32(offset + 8, true))) continue;
      const symbol = symbols + this.#view.getUint32(offset + 12, true) * SYMBOL_SIZE;
      const text = strings + this.#view.getUint32(symbol, true);
      if (this.#text(text) === name) return this.#word(offset);
    }
    throw new RangeError(`does not use ${name} of the C library`);
  }

  /**
   * The file with one segment more, which is where it starts. Its note, the build's number, gives
   * up its program header for it: there is no room for another.
   */
  withEntrySegment(contents: Uint8Array): Uint8Array<ArrayBuffer> {
    const note = required(
      this.#segments.find(({ type }) => type === PT_NOTE),
      "the note that a segment can stand in for",
    );
    const offset = roundUp(this.#octets.length);
    const result = new Uint8Array(offset + contents.length);
    result.set(this.#octets);
    result.set(contents, offset);
    const view = new DataView(result.buffer);
    const setWord = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
    const address = this.nextAddress;
    view.setUint32(note.header, PT_LOAD, true);
    view.setUint32(note.header + 4, PF_RX, true);
    const words = [offset, address, address, contents.length, contents.length, PAGE];
    words.forEach((word, index) => setWord(note.header + 8 + 8 * index, word));
    setWord(24, address);
    return result;
  }

  #readSegments(): Segment[] {
    const first = this.#word(32);
    const count = this.#view.getUint16(56, true);
    return Array.from({ length: count }, (_, index) => {
      const header = first + index * PROGRAM_HEADER_SIZE;
      return {
        header,
        type: this.#view.getUint32(header, true),
        offset: this.#word(header + 8),
        address: this.#word(header + 16),
        fileSize: this.#word(header + 32),
        memorySize: this.#word(header + 40),
      };
    });
  }

  #loads(): Segment[] {
    return this.#segments.filter(({ type }) => type === PT_LOAD);
  }

  #dynamicSection(): ReadonlyMap<number, number> {
    const segment = required(
      this.#segments.find(({ type }) => type === PT_DYNAMIC),
      "a dynamic section: it is linked statically",
    );
    const tags = new Map<number, number>();
    for (let at = segment.offset; at < segment.offset + segment.fileSize; at += 16) {
      tags.set(this.#word(at), this.#word(at + 8));
    }
    return tags;
  }

  /** The place in the file of an address in memory. */
  #offsetOf(address: number): number {
    const segment = this.#loads().find((load) =>
      load.address <= address && address < load.address + load.fileSize
    );
    const { offset, address: start } = required(segment, `anything at address ${address}`);
    return address - start + offset;
  }

  #word(offset: number): number {
    return Number(this.#view.getBigUint64(offset, true));
  }

  #text(offset: number): string {
    const end = this.#octets.indexOf(0, offset);
    return new TextDecoder().decode(this.#octets.subarray(offset, end));
  }
}

function roundUp(value: number): number {
  return Math.ceil(value / PAGE) * PAGE;
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new RangeError(`has not got ${what}`);
  return value;
}
