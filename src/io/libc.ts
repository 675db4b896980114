/**
 * The C library: the only `Deno.dlopen` of the program, and errno.
 *
 * Works under `--allow-ffi=<path of libc>`: only buffers are passed, addresses come from `memmove`
 * and errno from `memcpy`, so that no `Deno.UnsafePointer` is needed. Every isolate opens its own
 * handle. Call `libc().symbol(…)` in full at each place: a call site that sees several symbols
 * loses V8's fast path.
 */

const SYMBOLS = {
  open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  writev: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  /** For requests whose argument is a number, not a struct. */
  ioctlNumber: { name: "ioctl", parameters: ["i32", "u32", "usize"], result: "i32" },
  poll: { parameters: ["buffer", "u32", "i32"], result: "i32" },
  ppoll: { parameters: ["buffer", "u32", "buffer", "pointer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  /** On a thread of the pool, whose errno cannot be read here. */
  epollWaitElsewhere: {
    name: "epoll_wait",
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  sched_yield: { parameters: [], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  getrandom: { parameters: ["buffer", "u32", "u32"], result: "i32" },
  clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
  opendir: { parameters: ["buffer"], result: "pointer" },
  readdir: { parameters: ["pointer"], result: "pointer" },
  closedir: { parameters: ["pointer"], result: "i32" },
  if_nametoindex: { parameters: ["buffer"], result: "u32" },
  /** memmove of nothing onto itself: answers the buffer's address. */
  addressOf: { name: "memmove", parameters: ["buffer", "buffer", "usize"], result: "usize" },
  errnoAt: { name: "__errno_location", parameters: [], result: "pointer" },
  errnoCopy: { name: "memcpy", parameters: ["buffer", "pointer", "usize"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

type LibcSymbols = Deno.StaticForeignLibraryInterface<typeof SYMBOLS>;

const MACHINE = Deno.build.arch;
const MACHINE_KNOWN = Deno.build.os === "linux" && (MACHINE === "x86_64" || MACHINE === "aarch64");

/** Where distributions keep libc, glibc first: Debian, Fedora, Arch, then musl. */
export const LIBC_PATHS: readonly string[] = [
  `/lib/${MACHINE}-linux-gnu/libc.so.6`,
  `/usr/lib/${MACHINE}-linux-gnu/libc.so.6`,
  "/lib64/libc.so.6",
  "/usr/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
  "/lib/libc.so.6",
  `/lib/ld-musl-${MACHINE}.so.1`,
  `/lib/libc.musl-${MACHINE}.so.1`,
];

const errnoCell = new Int32Array(new ArrayBuffer(4));
let errnoAddress: Deno.PointerValue = null;

/**
 * Opened at once where that is granted, so that no call has to; otherwise at the first call, which
 * never comes in a program that imports this folder for the sake of another.
 */
let symbols: LibcSymbols | undefined = MACHINE_KNOWN
  ? openFirst(LIBC_PATHS.filter(granted), [])
  : undefined;

/**
 * The C library's functions.
 *
 * @throws {Error} when no libc can be opened, with what was tried and why each failed.
 */
export function libc(): LibcSymbols {
  return symbols ?? openLibc();
}

/**
 * The error of the failed call in the statement before. Anything in between (an allocation that
 * maps memory, a Deno call) may overwrite it.
 */
export function lastErrno(): number {
  libc().errnoCopy(errnoCell, errnoAddress, 4n);
  return errnoCell[0] ?? 0;
}

/** The address of a buffer as two 32-bit halves, for structs that point at it. */
export interface BufferAddress {
  readonly low: number;
  readonly high: number;
}

/**
 * The address of a buffer. Whoever stores it in a struct must keep a reference to the buffer for
 * as long: a buffer that only its address remembers is collected.
 */
export function addressOf(buffer: Uint8Array<ArrayBuffer>): BufferAddress {
  const address = libc().addressOf(buffer, buffer, 0n);
  return { low: Number(address & 0xffff_ffffn), high: Number(address >> 32n) };
}

/** Writes the address `base + offset` at `at` of a struct. */
export function putAddress(
  struct: DataView,
  at: number,
  base: BufferAddress,
  offset: number,
): void {
  const low = base.low + offset;
  struct.setUint32(at, low, true);
  struct.setUint32(at + 4, base.high + (low > 0xffff_ffff ? 1 : 0), true);
}

/** As `putAddress`, into a struct seen as 32-bit words: for structs rewritten per packet. */
export function putAddressWords(
  words: Uint32Array,
  word: number,
  base: BufferAddress,
  offset: number,
): void {
  const low = base.low + offset;
  words[word] = low;
  words[word + 1] = base.high + (low > 0xffff_ffff ? 1 : 0);
}

/** Text as a C string. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

function openLibc(): LibcSymbols {
  if (!MACHINE_KNOWN) {
    throw new Error(
      `system calls are known for Linux on x86-64 and arm64, not ${Deno.build.target}`,
    );
  }
  const failures: LoadFailure[] = [];
  symbols = openFirst(LIBC_PATHS, failures);
  if (symbols !== undefined) return symbols;
  const needs = `it needs --allow-ffi=${LIBC_PATHS[0]}, or where it is`;
  // Where nothing was granted at all, eight refusals say no more than that.
  throw new Error(
    failures.every(({ error }) => error instanceof Deno.errors.NotCapable)
      ? `the C library may not be opened: ${needs}`
      : `the C library cannot be opened (${needs}):\n` +
        failures.map(({ path, error }) => `${path}: ${textOf(error)}`).join("\n"),
  );
}

function granted(path: string): boolean {
  return Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
}

interface LoadFailure {
  readonly path: string;
  readonly error: unknown;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Opens the first of these that can be opened, and notes why others could not. */
function openFirst(paths: readonly string[], failures: LoadFailure[]): LibcSymbols | undefined {
  for (const path of paths) {
    try {
      const library = Deno.dlopen(path, SYMBOLS);
      errnoAddress = library.symbols.errnoAt();
      return library.symbols;
    } catch (error) {
      failures.push({ path, error });
    }
  }
  return undefined;
}
