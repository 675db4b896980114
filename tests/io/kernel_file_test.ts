/** The kernel's own files by the C library, against what Deno reads with every permission. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { countOpenDescriptors, readKernelText, tryDevice } from "../../src/io/kernel_file.ts";
import { SystemError } from "../../src/io/system_error.ts";

Deno.test("a text of the kernel's comes whole, however long", () => {
  assertStringIncludes(readKernelText("/proc/self/status")!, "CapEff:");
  // Longer than the first read's room.
  const symbols = readKernelText("/proc/kallsyms")!;
  assertEquals(symbols.length > 100_000, true);
  assertEquals(symbols.endsWith("\n"), true);
  assertEquals(readKernelText("/proc/no-such-file"), undefined);
});

Deno.test("open descriptors are counted", async () => {
  const before = countOpenDescriptors()!;
  const files = await Promise.all([1, 2, 3].map(() => Deno.open("/dev/null")));
  assertEquals(countOpenDescriptors(), before + 3);
  for (const file of files) file.close();
  assertEquals(countOpenDescriptors(), before);
});

Deno.test("a device is tried, and left", () => {
  const before = countOpenDescriptors();
  tryDevice("/dev/null");
  assertEquals(countOpenDescriptors(), before);
  const error = assertThrows(() => tryDevice("/dev/no-such-device"), SystemError);
  assertEquals(error.code, "ENOENT");
});
