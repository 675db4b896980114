/**
 * Memory whose 16-bit words are summed by vector instructions, which JavaScript has none of: a
 * WebAssembly memory with one function of sixty instructions, some four times as fast.
 *
 * See the WebAssembly specification, §5.4 (instructions) and §5.5 (modules). The module is put
 * together here from named instructions, so that what runs is what is read.
 */

const PAGE_OCTETS = 65_536;

/** Octets, and the sum of those from `start` to `end` as little-endian words: at most 65,536. */
export interface SummingMemory {
  readonly octets: Uint8Array<ArrayBuffer>;
  sum(start: number, end: number): number;
}

/** Makes memory of at least so many octets, all zero. */
export function allocateSumming(octets: number): SummingMemory {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(octets / PAGE_OCTETS) });
  const { exports } = new WebAssembly.Instance(MODULE, { "": { memory } });
  return {
    octets: new Uint8Array(memory.buffer as ArrayBuffer),
    sum: exports["sum"] as SummingMemory["sum"],
  };
}

const I32 = 0x7f;
const V128 = 0x7b;
const NO_RESULT = 0x40;

/** The function's parameters and locals. */
const AT = 0;
const END = 1;
const FIRST = 2;
const SECOND = 3;
const SUM = 4;

const BLOCK = [0x02, NO_RESULT];
const LOOP = [0x03, NO_RESULT];
const IF = [0x04, NO_RESULT];
const ENDS = [0x0b];
const AGAIN = [0x0c, 0];
const LEAVE_IF = [0x0d, 1];
const LESS = [0x49];
const ADD = [0x6a];
const SUBTRACT = [0x6b];
const LOAD_OCTET = [0x2d, 0, 0];
const LOAD_WORD = [0x2f, 0, 0];
const ADD_FOUR = [0xfd, 0xae, 0x01];
/** Eight words become four sums of two. */
const ADD_PAIRS = [0xfd, 0x7f];

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
/** Of less than 64, which is an octet as it is. */
const constant = (value: number): number[] => [0x41, value];
const loadEight = (offset: number): number[] => [0xfd, 0x00, 0, offset];
const lane = (index: number): number[] => [0xfd, 0x1b, index];

/** Goes round while `octets` are left, after which it has passed them. */
function whileLeft(octets: number, ...body: readonly number[][]): number[] {
  const tooFew = [...get(END), ...get(AT), ...SUBTRACT, ...constant(octets), ...LESS];
  const advance = [...get(AT), ...constant(octets), ...ADD, ...set(AT)];
  return [BLOCK, LOOP, tooFew, LEAVE_IF, ...body, advance, AGAIN, ENDS, ENDS].flat();
}

function addEight(accumulator: number, offset: number): number[] {
  return [get(accumulator), get(AT), loadEight(offset), ADD_PAIRS, ADD_FOUR, set(accumulator)]
    .flat();
}

const CODE: readonly number[] = [
  whileLeft(32, addEight(FIRST, 0), addEight(SECOND, 16)),
  [get(FIRST), get(SECOND), ADD_FOUR, set(FIRST)],
  [get(FIRST), lane(0), get(FIRST), lane(1), ADD],
  [get(FIRST), lane(2), get(FIRST), lane(3), ADD, ADD, set(SUM)],
  whileLeft(2, get(SUM), get(AT), LOAD_WORD, ADD, set(SUM)),
  // The last octet of an odd number is the low half of a word whose other half is zero.
  [get(AT), get(END), LESS, IF, get(SUM), get(AT), LOAD_OCTET, ADD, set(SUM), ENDS],
  [get(SUM), ENDS],
].flat(3);

/** A length, seven bits an octet. */
function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >>> 7)];
}

function sized(...octets: readonly number[]): number[] {
  return [...leb128(octets.length), ...octets];
}

function section(id: number, ...octets: readonly number[]): number[] {
  return [id, ...sized(...octets)];
}

function text(word: string): number[] {
  return sized(...new TextEncoder().encode(word));
}

const MODULE = new WebAssembly.Module(Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  // The type of `sum`, the memory that is given in, the one function, its name, its code.
  ...section(1, 1, 0x60, 2, I32, I32, 1, I32),
  ...section(2, 1, ...text(""), ...text("memory"), 0x02, 0x00, 0),
  ...section(3, 1, 0),
  ...section(7, 1, ...text("sum"), 0x00, 0),
  ...section(10, 1, ...sized(2, 2, V128, 1, I32, ...CODE)),
]));
