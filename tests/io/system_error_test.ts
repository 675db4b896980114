/** What the kernel's refusals look like. */

import { assertEquals, assertThrows } from "@std/assert";
import { libc } from "../../src/io/libc.ts";
import { checked, EBADF, errnoCode, errnoText, SystemError } from "../../src/io/system_error.ts";

Deno.test("a failed call says what was attempted, by which call, and why", () => {
  const error = assertThrows(
    () => checked(libc().close(-1), "close", "close nothing"),
    SystemError,
  );
  assertEquals(error.message, "close nothing: close: bad file descriptor (EBADF)");
  assertEquals(error.name, "SystemError");
  assertEquals(error.syscall, "close");
  assertEquals(error.errno, EBADF);
  assertEquals(error.code, "EBADF");
  assertEquals(error.attempt, "close nothing");
});

Deno.test("a call that worked passes its result through", () => {
  assertEquals(checked(7, "read", "read"), 7);
});

Deno.test("an errno without a name here is still told", () => {
  assertEquals(errnoCode(4000), "errno 4000");
  assertEquals(errnoText(4000), "errno 4000");
});
