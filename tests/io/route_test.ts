/** Routes: the source address and the MTU that the kernel would choose. */

import { assertEquals, assertThrows } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { routeTo } from "../../src/io/route.ts";
import { ENETUNREACH, SystemError } from "../../src/io/system_error.ts";
import { testRequiring } from "../harness/requires.ts";
import { leavingNoDescriptors } from "./descriptors.ts";
import { NAMESPACE_NEEDS } from "./needs.ts";

testRequiring(NAMESPACE_NEEDS, "a route tells the source address and the path's MTU", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("route");
  const noRoute = assertThrows(() => routeTo("192.0.2.1", { namespace }), SystemError);
  assertEquals(noRoute.errno, ENETUNREACH);
  await namespaces.ipBatch(namespace, [
    "link add d0 mtu 1400 type veth peer name e0",
    "link add d1 mtu 9000 type veth peer name e1",
    "address add 192.0.2.2/24 dev d0",
    "address add 192.0.2.3/24 dev d0",
    "address add 2001:db8::2/64 dev d1 nodad",
    "link set d0 up",
    "link set d1 up",
    "link set e0 up",
    "link set e1 up",
    "route add 198.51.100.0/24 via 192.0.2.1 mtu 1300 src 192.0.2.3",
  ]);
  leavingNoDescriptors(() => {
    assertEquals(routeTo("192.0.2.1", { namespace }), { local: "192.0.2.2", mtu: 1400 });
    assertEquals(routeTo("2001:db8::1", { namespace }), { local: "2001:db8::2", mtu: 9000 });
    assertEquals(routeTo("198.51.100.7", { namespace }), { local: "192.0.2.3", mtu: 1300 });
    const chosen = routeTo("198.51.100.7", { namespace, local: "192.0.2.2" });
    assertEquals(chosen, { local: "192.0.2.2", mtu: 1300 });
    const foreign = { namespace, local: "203.0.113.1" };
    assertThrows(() => routeTo("192.0.2.1", foreign), SystemError, "EADDRNOTAVAIL");
  });
});

Deno.test("without privilege a route can be asked for too, and names are refused", () => {
  assertEquals(routeTo("127.0.0.1").local, "127.0.0.1");
  assertEquals(routeTo("::1").local, "::1");
  assertThrows(() => routeTo("localhost"), TypeError, `"localhost"`);
});
