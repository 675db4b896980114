/** A configuration in the library's words. */

import { assertEquals } from "@std/assert";
import {
  connectOptions,
  endpointOptions,
  peerOptions,
  remoteEndIdOctets,
} from "../../src/daemon/options.ts";
import { validConfiguration, withFolder } from "../config/configurations.ts";

Deno.test("a peer with an address may come from there; one with a name needs its secret", () => {
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/s`, "word", { mode: 0o600 });
    const configuration = validConfiguration(
      `connections:
        address: { remote: "[2001:db8::1]:1702" }
        name: { remote: a.example, secret: { file: s } }
        open: { remote: b.example }
        careless: { remote: c.example, secret: { file: s }, authentication: none }`,
      `${folder}/x.yaml`,
    );
    const peers = peerOptions(configuration).map(({ name, remote }) => ({ name, remote }));
    assertEquals(peers, [
      { name: "address", remote: "2001:db8::1" },
      { name: "name", remote: undefined },
    ]);
  });
});

Deno.test("what is left out stays left out, for the library to choose", () => {
  const [connection] = validConfiguration("connections: { b: { remote: a.example } }").connections;
  const options = connectOptions(connection!);
  assertEquals(["local", "secret", "authentication"].filter((key) => key in options), []);
  assertEquals(options.name, "b");
  assertEquals(options.retransmission, { initial: 1_000, cap: 8_000, limit: 10 });
});

Deno.test("a Remote End ID is its octets", () => {
  assertEquals(remoteEndIdOctets("lan"), new Uint8Array([0x6c, 0x61, 0x6e]));
  assertEquals(remoteEndIdOctets(new Uint8Array([0, 1])), new Uint8Array([0, 1]));
});

Deno.test("a system without IPv6 is no reason not to start", () => {
  const configuration = validConfiguration(
    "connections: { b: { remote: 192.0.2.1, encapsulation: ip } }",
  );
  assertEquals(endpointOptions(configuration, true).listen, [
    "udp://0.0.0.0:1701",
    "udp://[::]:1701",
    "ip://0.0.0.0",
    "ip://[::]",
  ]);
  assertEquals(endpointOptions(configuration, false).listen, [
    "udp://0.0.0.0:1701",
    "ip://0.0.0.0",
  ]);
});
