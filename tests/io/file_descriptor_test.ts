/** Ownership of file descriptors. */

import { assertEquals, assertThrows } from "@std/assert";
import { openDoorbell } from "../../src/io/doorbell.ts";
import { FileDescriptor } from "../../src/io/file_descriptor.ts";
import { leavingNoDescriptors } from "./descriptors.ts";

Deno.test("a descriptor is closed at the end of its scope, and once", () => {
  leavingNoDescriptors(() => {
    using bell = openDoorbell();
    const { descriptor } = bell;
    descriptor.close();
    // The next descriptor gets the same number: closing again must not close that one.
    using other = openDoorbell();
    bell.close();
    other.ring();
    assertEquals(other.answer(), 1);
    assertEquals(descriptor.open, false);
  });
});

Deno.test("the number of a closed descriptor cannot be used by mistake", () => {
  const { descriptor } = openDoorbell();
  descriptor.close();
  assertThrows(() => descriptor.number, Error, "closed");
});

Deno.test("releasing hands the duty to close over", () => {
  leavingNoDescriptors(() => {
    const bell = openDoorbell();
    const number = bell.descriptor.release();
    bell.close();
    using taken = new FileDescriptor(number);
    assertEquals(taken.number, number);
  });
});
