/** Datagram sockets across a link between two namespaces: fragments, zones. */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import {
  type Datagram,
  type DatagramSocket,
  openDatagramSocket,
} from "../../src/io/datagram_socket.ts";
import { openInterfaces } from "../../src/io/network_interface.ts";
import { openPoller } from "../../src/io/poller.ts";
import { EMSGSIZE } from "../../src/io/system_error.ts";
import { testRequiring } from "../harness/requires.ts";
import { NAMESPACE_NEEDS } from "./needs.ts";

testRequiring(
  NAMESPACE_NEEDS,
  "oversize datagrams are fragmented, or refused, as chosen",
  async () => {
    await using namespaces = new Namespaces("lwC");
    const [a, b] = [await namespaces.add("a"), await namespaces.add("b")];
    await namespaces.link(
      { namespace: a, name: "v0", addresses: ["192.0.2.1/24", "2001:db8::1/64"] },
      { namespace: b, name: "v0", addresses: ["192.0.2.2/24", "2001:db8::2/64"] },
    );
    for (
      const [from, to, header] of [
        ["192.0.2.1", "192.0.2.2", 28],
        ["2001:db8::1", "2001:db8::2", 48],
      ] as const
    ) {
      using receiver = openDatagramSocket({ kind: "udp", address: to, namespace: b });
      using may = openDatagramSocket({ kind: "udp", address: from, namespace: a });
      const fragmentation = "forbid";
      using mayNot = openDatagramSocket({
        kind: "udp",
        address: from,
        namespace: a,
        fragmentation,
      });
      const fits = new Uint8Array(1500 - header);
      const tooLong = new Uint8Array(1500 - header + 1);
      assertEquals(mayNot.send(fits, mayNot.local, receiver.local), 0);
      assertEquals(mayNot.send(tooLong, mayNot.local, receiver.local), EMSGSIZE);
      assertEquals(may.send(tooLong, may.local, receiver.local), 0);
      const lengths: number[] = [];
      await untilReceived(receiver, 2, (octets) => lengths.push(octets.length));
      assertEquals(lengths, [fits.length, tooLong.length]);
    }
  },
);

testRequiring(NAMESPACE_NEEDS, "a link-local peer has a zone, in both directions", async () => {
  await using namespaces = new Namespaces("lwC");
  const [a, b] = [await namespaces.add("za"), await namespaces.add("zb")];
  await namespaces.link(
    { namespace: a, name: "v0", addresses: ["fe80::a/64"] },
    { namespace: b, name: "v0", addresses: ["fe80::b/64"] },
  );
  using interfacesA = openInterfaces(a);
  using interfacesB = openInterfaces(b);
  const [zoneA, zoneB] = [interfacesA.link("v0")!.index, interfacesB.link("v0")!.index];
  using server = openDatagramSocket({ kind: "udp", address: "::", namespace: b });
  using client = openDatagramSocket({ kind: "udp", address: `fe80::a%${zoneA}`, namespace: a });
  const { port } = server.local;
  const to = { address: `fe80::b%${zoneA}`, port };
  assertEquals(client.send(Uint8Array.of(1), client.local, to), 0);
  await untilReceived(server, 1, (_octets, { local, remote }) => {
    assertEquals(remote, { address: `fe80::a%${zoneB}`, port: client.local.port });
    assertEquals(local, { address: `fe80::b%${zoneB}`, port });
    assertEquals(server.send(Uint8Array.of(2), local, remote), 0);
  });
  await untilReceived(client, 1, (_octets, { remote }) => assertEquals(remote, to));
});

/** Between namespaces a datagram takes a moment. */
async function untilReceived(
  socket: DatagramSocket,
  count: number,
  handle: (octets: Uint8Array, datagram: Datagram) => void,
): Promise<void> {
  using poller = openPoller();
  poller.add(socket.descriptor.number, 1);
  for (let received = 0; received < count;) {
    assertEquals(await poller.waitAsync(5000), 1, "a datagram is awaited");
    const datagram = socket.receive();
    if (datagram === undefined) continue;
    received++;
    handle(datagram.octets, datagram);
  }
}
