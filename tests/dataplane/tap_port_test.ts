/** What a port's reads come to where the kernel has no frame for them. */

import { assertEquals, assertThrows } from "@std/assert";
import { allocateCounters, DirectionCounters, readCounters } from "../../src/dataplane/counters.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { SOURCE_GONE } from "../../src/dataplane/frame_port.ts";
import { OFFLOAD_HEADER_OCTETS } from "../../src/dataplane/offload/offload_header.ts";
import { OffloadTapSource } from "../../src/dataplane/tap_port.ts";
import { EBADF, EBADFD, EINVAL, ENETDOWN, SystemError } from "../../src/io/system_error.ts";

const FRAME = OFFLOAD_HEADER_OCTETS + 60;

/** A port whose reads answer one after the other as given, and then that there is nothing. */
function portOf(...answers: number[]) {
  const memory = allocateCounters();
  const batch = new FrameBatch(4);
  const reader = { slots: 4, read: () => answers.shift() ?? 0 };
  const source = new OffloadTapSource(
    7,
    reader,
    new DirectionCounters(memory, "encap"),
    "ethernet",
  );
  return { receive: () => source.receive(batch), drops: () => readCounters(memory).drops };
}

Deno.test("a super-frame that the kernel cannot describe is lost and counted, and the next ones come", () => {
  const { receive, drops } = portOf(-EINVAL, FRAME, FRAME, -EINVAL, FRAME);
  assertEquals([receive(), receive(), receive()], [0, 2, 1]);
  assertEquals(drops().kernel, 2);
});

Deno.test("an interface that is down gives nothing, one that is deleted is gone, a bug is thrown", () => {
  assertEquals(portOf(-ENETDOWN).receive(), 0);
  assertEquals(portOf(-EBADFD).receive(), SOURCE_GONE);
  assertThrows(() => portOf(-EBADF).receive(), SystemError);
});
