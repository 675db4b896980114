/**
 * Classic BPF: a small assembler, and attaching programs to sockets.
 *
 * The kernel runs such a program on each datagram before it is queued. See
 * Documentation/networking/filter.rst and SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF in socket(7).
 */

import { SO_ATTACH_FILTER, SO_ATTACH_REUSEPORT_CBPF, SOL_SOCKET } from "./abi.ts";
import { addressOf, libc, putAddress } from "./libc.ts";
import { checked } from "./system_error.ts";

const INSTRUCTION_SIZE = 8;
const PROGRAM_SIZE = 16;

/** A jump's target: the label of a later instruction. */
export type BpfLabel = string;

/** One line of a program; labels name the instruction that follows them. */
export type BpfLine =
  | { readonly label: BpfLabel }
  | {
    readonly code: number;
    readonly k: number;
    readonly then?: BpfLabel;
    readonly otherwise?: BpfLabel;
  };

/** An assembled program. */
export interface BpfProgram {
  readonly instructions: Uint8Array<ArrayBuffer>;
}

/** A := the octet at `offset`. A load beyond the packet ends the program with 0. */
export const loadOctet = (offset: number): BpfLine => ({ code: 0x30, k: offset });
/** A := the 32 bits at `offset`, in network order. */
export const loadUint32 = (offset: number): BpfLine => ({ code: 0x20, k: offset });
/** A := the 32 bits at X + `offset`. */
export const loadUint32AfterX = (offset: number): BpfLine => ({ code: 0x40, k: offset });
/** X := 4 times the low four bits of the octet at `offset`: an IPv4 header's length. */
export const loadIpv4HeaderLength = (offset: number): BpfLine => ({ code: 0xb1, k: offset });
/** A := the 16 bits at X + `offset`. */
export const loadUint16AfterX = (offset: number): BpfLine => ({ code: 0x48, k: offset });
/** X := A. */
export const moveToX = (): BpfLine => ({ code: 0x07, k: 0 });
/** X := `k`. */
export const setX = (k: number): BpfLine => ({ code: 0x01, k });
/** A := A xor X. */
export const xorWithX = (): BpfLine => ({ code: 0xac, k: 0 });
/** A := the lower 32 bits of A times `k`. */
export const multiply = (k: number): BpfLine => ({ code: 0x24, k });
/** A := A without its lowest bits. */
export const shiftRight = (bits: number): BpfLine => ({ code: 0x74, k: bits });
/** A := what remains of A divided by `k`. */
export const remainder = (k: number): BpfLine => ({ code: 0x94, k });
/** A := A + `k`. */
export const add = (k: number): BpfLine => ({ code: 0x04, k });
/** Goes to `then` when A equals `k`, to `otherwise` when not. */
export const jumpIfEqual = (k: number, then: BpfLabel, otherwise: BpfLabel): BpfLine => ({
  code: 0x15,
  k,
  then,
  otherwise,
});
/** Goes to `then` when A has any of the bits of `k`, to `otherwise` when not. */
export const jumpIfAnyBit = (k: number, then: BpfLabel, otherwise: BpfLabel): BpfLine => ({
  code: 0x45,
  k,
  then,
  otherwise,
});
/** Ends with `k`: for a filter, octets to keep; for a reuseport program, the group's member. */
export const answer = (k: number): BpfLine => ({ code: 0x06, k });
/** Ends with A. */
export const answerA = (): BpfLine => ({ code: 0x16, k: 0 });
/** Names the next instruction. */
export const label = (name: BpfLabel): BpfLine => ({ label: name });

/** The offset of what a packet socket calls the packet's type: PACKET_HOST, PACKET_OUTGOING … */
export const PACKET_TYPE = -0x1000 + 4 >>> 0;

/** Added to an offset, it counts from the IP header, wherever the program's packet begins. */
export const FROM_IP_HEADER = -0x10_0000 >>> 0;

/** What a filter answers to keep the whole packet. */
export const KEEP_ALL = 0xffff_ffff;

/** Assembles a program. @throws {RangeError} for a label that is missing, behind, or too far. */
export function assembleBpf(lines: readonly BpfLine[]): BpfProgram {
  const targets = new Map<BpfLabel, number>();
  const code: Exclude<BpfLine, { label: BpfLabel }>[] = [];
  for (const line of lines) {
    if ("label" in line) targets.set(line.label, code.length);
    else code.push(line);
  }
  const view = new DataView(new ArrayBuffer(code.length * INSTRUCTION_SIZE));
  const distance = (from: number, to: BpfLabel | undefined): number => {
    if (to === undefined) return 0;
    const steps = (targets.get(to) ?? -1) - from - 1;
    if (steps < 0 || steps > 255 || from + 1 + steps >= code.length) {
      throw new RangeError(`a BPF jump goes 0 to 255 instructions forward; "${to}" is not there`);
    }
    return steps;
  };
  for (const [index, line] of code.entries()) {
    const at = index * INSTRUCTION_SIZE;
    view.setUint16(at, line.code, true);
    view.setUint8(at + 2, distance(index, line.then));
    view.setUint8(at + 3, distance(index, line.otherwise));
    view.setUint32(at + 4, line.k, true);
  }
  return { instructions: new Uint8Array(view.buffer) };
}

/**
 * Attaches a filter to one socket: what it answers 0 to is not queued. An IPv4 raw socket's filter
 * sees the IP header, an IPv6 raw socket's does not, a UDP socket's sees the UDP header.
 */
export function attachFilter(fd: number, program: BpfProgram): void {
  attach(fd, SO_ATTACH_FILTER, program, "attach a socket filter");
}

/**
 * Attaches a program to the reuseport group of a UDP socket: it sees the payload and answers the
 * member, counted in the order of binding. The group begins with the first socket that is bound
 * with `reusePort`; sockets that bind later inherit the program.
 */
export function attachReuseportProgram(fd: number, program: BpfProgram): void {
  attach(fd, SO_ATTACH_REUSEPORT_CBPF, program, "attach a reuseport program");
}

function attach(fd: number, option: number, program: BpfProgram, attempt: string): void {
  const { instructions } = program;
  const struct = new DataView(new ArrayBuffer(PROGRAM_SIZE));
  struct.setUint16(0, instructions.length / INSTRUCTION_SIZE, true);
  putAddress(struct, 8, addressOf(instructions), 0);
  checked(
    libc().setsockopt(fd, SOL_SOCKET, option, struct, PROGRAM_SIZE),
    "setsockopt",
    attempt,
  );
}
