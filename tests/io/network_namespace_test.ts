/** Entering namespaces, and coming back in every case. */

import { assertEquals, assertThrows } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { inNetworkNamespace } from "../../src/io/network_namespace.ts";
import { SystemError } from "../../src/io/system_error.ts";
import { testRequiring } from "../harness/requires.ts";
import { leavingNoDescriptors } from "./descriptors.ts";
import { NAMESPACE_NEEDS } from "./needs.ts";

const here = () => Deno.readLinkSync("/proc/thread-self/ns/net");

testRequiring(NAMESPACE_NEEDS, "work is done inside, and the thread comes back", async () => {
  await using namespaces = new Namespaces("lwC");
  const name = await namespaces.add("enter");
  leavingNoDescriptors(() => {
    const home = here();
    const byName = inNetworkNamespace(name, here);
    assertEquals(inNetworkNamespace(`/run/netns/${name}`, here), byName);
    assertEquals(byName === home, false);
    assertEquals(inNetworkNamespace(undefined, here), home);
    assertThrows(
      () =>
        inNetworkNamespace(name, () => {
          throw new RangeError("inside");
        }),
      RangeError,
      "inside",
    );
    assertEquals(here(), home);
  });
});

testRequiring(NAMESPACE_NEEDS, "what is no namespace is an error before anything is done", () => {
  const home = here();
  const attempt = "open network namespace /run/netns/lwC-nobody: open: no such file";
  assertThrows(() => inNetworkNamespace("lwC-nobody", here), SystemError, attempt);
  assertThrows(() => inNetworkNamespace("/dev/null", here), SystemError, "setns");
  assertEquals(here(), home);
});

testRequiring(NAMESPACE_NEEDS, "a socket opened inside stays inside", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("socket");
  using inside = openDatagramSocket({ kind: "udp", address: "127.0.0.1", namespace });
  using outside = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  assertEquals(outside.send(Uint8Array.of(1), outside.local, inside.local), 0);
  assertEquals(inside.receive(), undefined);
  assertEquals(inside.send(Uint8Array.of(2), inside.local, inside.local), 0);
  assertEquals(inside.receive()?.octets, Uint8Array.of(2));
});
