/**
 * A program under a kernel that refuses some of what it is asked for: `deno run -A` this with the
 * refusals, `--`, and the command, which takes this process's place.
 *
 * The kernel's own filter of system calls does it; see seccomp(2) and prctl(2).
 */

import {
  answer,
  assembleBpf,
  type BpfLine,
  jumpIfEqual,
  label,
  loadUint32,
} from "../../src/io/bpf.ts";
import { addressOf, cString, LIBC_PATHS, putAddress } from "../../src/io/libc.ts";
import { EINVAL, ENOPROTOOPT, ENOSYS } from "../../src/io/system_error.ts";
import {
  PACKET_IGNORE_OUTGOING,
  SOL_PACKET,
  SOL_UDP,
  TUNGETFEATURES,
  TUNSETOFFLOAD,
  TUNSETQUEUE,
  UDP_GRO,
  UDP_SEGMENT,
} from "../../src/io/abi.ts";

const NUMBERS = Deno.build.arch === "x86_64"
  ? { ioctl: 16, setsockopt: 54, recvmmsg: 299, sendmmsg: 307 }
  : { ioctl: 29, setsockopt: 208, recvmmsg: 243, sendmmsg: 269 };

/** One call, and the values of its second and third arguments that are refused, where it matters. */
interface Refused {
  readonly call: number;
  readonly second?: number;
  readonly third?: number;
  readonly errno: number;
}

const { ioctl, setsockopt, recvmmsg, sendmmsg } = NUMBERS;

/** What can be refused, as kernels that do not know it would. */
const REFUSALS = {
  "tap-offloads": { call: ioctl, second: TUNSETOFFLOAD, errno: EINVAL },
  "tap-offload-header": { call: ioctl, second: TUNGETFEATURES, errno: EINVAL },
  "multi-queue": { call: ioctl, second: TUNSETQUEUE, errno: EINVAL },
  "udp-segment": { call: setsockopt, second: SOL_UDP, third: UDP_SEGMENT, errno: ENOPROTOOPT },
  "udp-gro": { call: setsockopt, second: SOL_UDP, third: UDP_GRO, errno: ENOPROTOOPT },
  "ignore-outgoing": {
    call: setsockopt,
    second: SOL_PACKET,
    third: PACKET_IGNORE_OUTGOING,
    errno: ENOPROTOOPT,
  },
  sendmmsg: { call: sendmmsg, errno: ENOSYS },
  recvmmsg: { call: recvmmsg, errno: ENOSYS },
} as const satisfies Record<string, Refused>;

/** A name of `REFUSALS`. */
export type Refusal = keyof typeof REFUSALS;

/** All there are. */
export const ALL_REFUSALS = Object.keys(REFUSALS) as readonly Refusal[];

/** The command under such a kernel. */
export function refusing(refusals: readonly Refusal[], command: readonly string[]): string[] {
  return [
    Deno.execPath(),
    "run",
    "-A",
    "--no-prompt",
    import.meta.url,
    ...refusals,
    "--",
    ...command,
  ];
}

/** Of struct seccomp_data, whose fields are in the machine's order: the lower halves of arguments. */
const CALL = 0;
const SECOND = 24;
const THIRD = 32;

const RETURN_ERRNO = 0x0005_0000;
const ALLOW = 0x7fff_0000;

function program(refusals: readonly Refusal[]): readonly BpfLine[] {
  const lines = refusals.flatMap((name): BpfLine[] => {
    const { call, second, third, errno }: Refused = REFUSALS[name];
    const next = `not ${name}`;
    const test = (offset: number, value: number | undefined, then: string): BpfLine[] =>
      value === undefined ? [] : [loadUint32(offset), jumpIfEqual(value, then, next), label(then)];
    return [
      ...test(CALL, call, `${name}: called`),
      ...test(SECOND, second, `${name}: second`),
      ...test(THIRD, third, `${name}: third`),
      answer(RETURN_ERRNO | errno),
      label(next),
    ];
  });
  return [...lines, answer(ALLOW)];
}

const PR_SET_SECCOMP = 22;
const PR_SET_NO_NEW_PRIVS = 38;
const SECCOMP_MODE_FILTER = 2n;

function openLibrary() {
  const path = LIBC_PATHS.find((each) => {
    try {
      return Deno.statSync(each).isFile;
    } catch {
      return false;
    }
  });
  if (path === undefined) throw new Error("no C library was found");
  return Deno.dlopen(path, {
    prctl: { parameters: ["i32", "usize", "buffer", "usize", "usize"], result: "i32" },
    execvp: { parameters: ["buffer", "buffer"], result: "i32" },
  }).symbols;
}

/** Filters this thread's calls; a program that takes its place inherits that. */
function run(refusals: readonly Refusal[], command: readonly string[]): void {
  const library = openLibrary();
  const { instructions } = assembleBpf(program(refusals));
  const filter = new DataView(new ArrayBuffer(16));
  filter.setUint16(0, instructions.length / 8, true);
  putAddress(filter, 8, addressOf(instructions), 0);
  if (library.prctl(PR_SET_NO_NEW_PRIVS, 1n, null, 0n, 0n) < 0) throw new Error("prctl failed");
  if (library.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0n, 0n) < 0) {
    throw new Error("the kernel takes no filter of system calls");
  }
  const words = command.map(cString);
  const pointers = new DataView(new ArrayBuffer((words.length + 1) * 8));
  for (const [index, word] of words.entries()) putAddress(pointers, index * 8, addressOf(word), 0);
  library.execvp(words[0]!, pointers);
  throw new Error(`${command[0]} could not be run`);
}

if (import.meta.main) {
  const end = Deno.args.indexOf("--");
  run(Deno.args.slice(0, end) as Refusal[], Deno.args.slice(end + 1));
}
