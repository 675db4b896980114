/**
 * The kernel's own files: texts of /proc, device nodes, the descriptors of this process.
 *
 * By the C library, because Deno gives out /proc and /dev under `--allow-all` alone, and an installed
 * longwire has less.
 */

import { O_CLOEXEC, O_RDONLY, O_RDWR } from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { cString, libc } from "./libc.ts";
import { checked } from "./system_error.ts";

/** Room for the first read of a text; it grows with the text. */
const FIRST_ROOM = 16_384;

const OWN_DESCRIPTORS = "/proc/self/fd";

/** What that folder lists beside them: itself, its parent, and the descriptor that lists it. */
const NOT_DESCRIPTORS = 3;

/** A text of the kernel's; `undefined` where it has no such file, or does not show it. */
export function readKernelText(path: string): string | undefined {
  const fd = libc().open(cString(path), O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return undefined;
  using file = new FileDescriptor(fd);
  let octets = new Uint8Array(FIRST_ROOM);
  let length = 0;
  for (;;) {
    const rest = octets.subarray(length);
    const read = checked(libc().read(file.number, rest, rest.length), "read", `read ${path}`);
    if (read === 0) return new TextDecoder().decode(octets.subarray(0, length));
    length += read;
    if (length < octets.length) continue;
    const larger = new Uint8Array(2 * octets.length);
    larger.set(octets);
    octets = larger;
  }
}

/**
 * Opens a device for reading and writing, and closes it again.
 *
 * @throws {SystemError} when it is missing, or not for us.
 */
export function tryDevice(path: string): void {
  const fd = libc().open(cString(path), O_RDWR | O_CLOEXEC, 0);
  new FileDescriptor(checked(fd, "open", `open ${path}`)).close();
}

/** How many descriptors this process has open; `undefined` without /proc. */
export function countOpenDescriptors(): number | undefined {
  const folder = libc().opendir(cString(OWN_DESCRIPTORS));
  if (folder === null) return undefined;
  let entries = 0;
  while (libc().readdir(folder) !== null) entries++;
  libc().closedir(folder);
  return entries - NOT_DESCRIPTORS;
}
