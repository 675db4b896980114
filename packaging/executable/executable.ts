/**
 * Makes one executable file of a Deno executable and a program: the file is the executable with a
 * segment more, in which are the program and a launcher that has Deno run it.
 *
 * It unpacks nothing and needs nothing: the kernel maps it as it maps Deno, pages that nobody reads
 * stay on the disk, and file capabilities and a read-only system are as good as for any program.
 */

import { ElfFile } from "./elf.ts";
import { launcherOf } from "./launchers.ts";

/** The facts' size without their strings; launcher_x86_64.s has their order. */
const FIXED_FACTS = 40;

/** What an executable runs. */
export interface CarriedProgram {
  /** One JavaScript module with everything in it. */
  readonly text: Uint8Array;
  /** What Deno is told before the user's arguments: `run`, its options, the program's path. */
  readonly args: readonly string[];
  /** Environment variables, over those of the user. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The path of the program's text while it runs; launcher_x86_64.s opens it. */
export const PROGRAM_PATH = "/proc/self/fd/200";

/**
 * The Deno executable with a program in it.
 *
 * @throws {RangeError} for a file that is no Deno for Linux, or for a processor without launcher.
 */
export function makeExecutable(
  runtime: Uint8Array<ArrayBuffer>,
  program: CarriedProgram,
): Uint8Array<ArrayBuffer> {
  const elf = new ElfFile(runtime);
  const launcher = launcherOf(elf.machine);
  if (launcher === undefined) throw new RangeError(`has no launcher (processor ${elf.machine})`);
  return elf.withEntrySegment(segmentOf(elf, launcher, program));
}

function segmentOf(elf: ElfFile, launcher: Uint8Array, program: CarriedProgram): Uint8Array {
  const { args } = program;
  // The launcher moves the stack by a word for each, and it must stay a multiple of 16.
  if (args.length % 2 !== 0) throw new RangeError("needs an even number of arguments");
  const variables = Object.entries(program.variables);
  const strings = [...args, ...variables.flat()].map((text) =>
    new TextEncoder().encode(`${text}\0`)
  );
  const facts = new DataView(new ArrayBuffer(FIXED_FACTS + 4 * strings.length));
  const start = launcher.length + facts.byteLength;
  const placed = place(strings, start);
  const address = elf.nextAddress;
  const words = [elf.entry - address, elf.linkedWord("setenv") - address, placed.end];
  [...words, program.text.length].forEach((word, index) =>
    facts.setBigInt64(8 * index, BigInt(word), true)
  );
  facts.setUint32(32, args.length, true);
  facts.setUint32(36, variables.length, true);
  placed.offsets.forEach((offset, index) => facts.setUint32(FIXED_FACTS + 4 * index, offset, true));
  return concatenate([launcher, new Uint8Array(facts.buffer), ...strings, program.text]);
}

function place(
  strings: readonly Uint8Array[],
  start: number,
): { offsets: readonly number[]; end: number } {
  let end = start;
  const offsets = strings.map(({ length }) => (end += length) - length);
  return { offsets, end };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
