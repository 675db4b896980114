/** TUN interfaces with addresses and routes, in namespaces made for the test. */

import { assertEquals, assertThrows } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { FrameReader } from "../../src/io/frame_transfer.ts";
import { openInterfaces } from "../../src/io/network_interface.ts";
import { openRouteTable } from "../../src/io/route_table.ts";
import { SystemError } from "../../src/io/system_error.ts";
import { openTun } from "../../src/io/tun.ts";
import { testRequiring } from "../harness/requires.ts";
import { leavingNoDescriptors } from "./descriptors.ts";
import { TAP_NEEDS } from "./needs.ts";
import { makeArena } from "./test_arena.ts";

testRequiring(TAP_NEEDS, "a TUN is a point-to-point link of IP packets", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("tun");
  leavingNoDescriptors(() => {
    using tun = openTun({ name: "lwCt", namespace });
    using interfaces = openInterfaces(namespace);
    assertEquals(interfaces.link("lwCt")?.mac, "");
    interfaces.configure(tun.index, { mtu: 1400, up: true });
    interfaces.addAddress(tun.index, "10.9.0.2", 32, "10.9.0.1");
    interfaces.addAddress(tun.index, "2001:db8:9::2", 64);
    const addresses = interfaces.addresses().filter(({ index }) => index === tun.index);
    assertEquals(addresses.filter(({ global }) => global).map(({ address }) => address), [
      "10.9.0.2",
      "2001:db8:9::2",
    ]);

    using socket = openDatagramSocket({
      kind: "udp",
      address: "10.9.0.2",
      port: 4000,
      namespace,
    });
    socket.send(
      new Uint8Array([1, 2, 3]),
      { address: "10.9.0.2", port: 4000 },
      { address: "10.9.0.1", port: 5000 },
    );
    const arena = makeArena(4, 1500, 0);
    const reader = new FrameReader(arena);
    let version = 0;
    // The kernel's own neighbour and multicast packets are IPv6.
    while (version !== 4) {
      const length = reader.read(tun.descriptor.number, 0);
      const start = arena.packetStart(0);
      if (length === 0) throw new Error("the packet did not come");
      version = arena.octets[start]! >> 4;
      if (version === 4) {
        assertEquals(arena.octets.subarray(start + 12, start + 20).join("."), "10.9.0.2.10.9.0.1");
      }
    }
    interfaces.removeAddress(tun.index, "10.9.0.2", 32, "10.9.0.1");
    interfaces.removeAddress(tun.index, "10.9.0.2", 32, "10.9.0.1");
    assertEquals(
      interfaces.addresses().some(({ address }) => address === "10.9.0.2"),
      false,
    );
  });
});

testRequiring(TAP_NEEDS, "routes lead through a TUN, and the peer's goes round it", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("routes");
  await namespaces.ipBatch(namespace, [
    "link add d0 type veth peer name e0",
    "link set d0 up",
    "link set e0 up",
    "address add 192.0.2.2/24 dev d0",
    "route add default via 192.0.2.1",
  ]);
  leavingNoDescriptors(() => {
    using tun = openTun({ namespace });
    using interfaces = openInterfaces(namespace);
    using routes = openRouteTable(namespace);
    interfaces.configure(tun.index, { up: true });
    interfaces.addAddress(tun.index, "10.9.0.2", 32, "10.9.0.1");
    const way = routes.nextHop("198.51.100.7");
    assertEquals(way, { index: interfaces.link("d0")?.index ?? 0, gateway: "192.0.2.1" });

    const pinned = { destination: "198.51.100.7", prefixLength: 32, ...way };
    const half = { destination: "128.0.0.0", prefixLength: 1, index: tun.index };
    routes.add(pinned);
    routes.add(half);
    assertThrows(() => routes.add(half), SystemError, "EEXIST");
    assertEquals(routes.nextHop("203.0.113.9"), { index: tun.index });
    assertEquals(routes.nextHop("198.51.100.7"), way);

    routes.remove(half);
    routes.remove(half);
    routes.remove(pinned);
    assertEquals(routes.nextHop("203.0.113.9"), way);
    const ipv6 = { destination: "2001:db8:9::", prefixLength: 48, index: tun.index };
    routes.add(ipv6);
    assertEquals(routes.nextHop("2001:db8:9::1").index, tun.index);
  });
});
