/** Interfaces, their configuration and their changes, in namespaces made for the test. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { parseMac } from "../../src/io/interface_message.ts";
import { type LinkEvent, openLinkMonitor } from "../../src/io/link_monitor.ts";
import { openInterfaces } from "../../src/io/network_interface.ts";
import { SystemError } from "../../src/io/system_error.ts";
import { openTap } from "../../src/io/tap.ts";
import { testRequiring } from "../harness/requires.ts";
import { openDescriptors } from "./descriptors.ts";
import { NAMESPACE_NEEDS, TAP_NEEDS } from "./needs.ts";

/** What `ip -json -details link` tells, as far as it is compared. */
interface IpLink {
  readonly txqlen?: number;
  readonly ifindex: number;
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly address?: string;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string };
}

testRequiring(NAMESPACE_NEEDS, "interfaces are read as iproute2 reads them", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("read");
  await namespaces.ipBatch(namespace, [
    "link add br0 type bridge",
    "link add v0 address 02:00:00:00:00:07 mtu 1446 type veth peer name v1",
    "link set v0 master br0 up",
    "link set v1 up",
    ...Array.from({ length: 60 }, (_, number) => `link add many${number} type bridge`),
  ]);
  const text = await namespaces.ip(namespace, "-json", "-details", "link", "show");
  const expected = JSON.parse(text) as IpLink[];
  using interfaces = openInterfaces(namespace);
  const indexOf = (name: string) => expected.find(({ ifname }) => ifname === name)?.ifindex ?? 0;
  const links = interfaces.links();
  assertEquals(links.length, expected.length);
  assert(links.length > 60, "the answer came in several datagrams");
  for (const [position, link] of links.entries()) {
    const { ifindex, ifname, mtu, flags, address = "", master, linkinfo, txqlen = 0 } =
      expected[position]!;
    assertEquals(link, {
      index: ifindex,
      name: ifname,
      mtu,
      up: flags.includes("UP"),
      carrier: flags.includes("LOWER_UP"),
      loopback: flags.includes("LOOPBACK"),
      mac: address,
      master: master === undefined ? 0 : indexOf(master),
      queueLength: txqlen,
      kind: linkinfo?.info_kind,
    });
    assertEquals(interfaces.link(link.name), link);
    assertEquals(interfaces.link(link.index), link);
  }
  assertEquals(interfaces.link("nobody"), undefined);
  assertEquals(interfaces.link(999_999), undefined);
});

testRequiring(TAP_NEEDS, "an interface becomes what is asked, and keeps the rest", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("set");
  await namespaces.ip(namespace, "link", "add", "br0", "type", "bridge");
  using tap = openTap({ namespace });
  using interfaces = openInterfaces(namespace);
  const bridge = interfaces.link("br0")!.index;
  const look = () => interfaces.link(tap.index)!;

  const mac = "02:0a:0b:0c:0d:0E";
  interfaces.configure(tap.index, { mtu: 1400, mac, master: bridge, queueLength: 77 });
  const configured = look();
  assertEquals(configured.mtu, 1400);
  assertEquals(configured.mac, "02:0a:0b:0c:0d:0e");
  assertEquals(configured.master, bridge);
  assertEquals(configured.queueLength, 77);
  assertEquals(configured.up, false);

  interfaces.configure(tap.index, { up: true });
  assertEquals(look(), { ...configured, up: true, carrier: true });
  interfaces.configure(tap.index, { up: false, master: 0 });
  assertEquals(look(), { ...configured, carrier: false, master: 0 });
});

testRequiring(TAP_NEEDS, "what the kernel refuses says what was wanted", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("refuse");
  using tap = openTap({ namespace });
  using interfaces = openInterfaces(namespace);
  const before = interfaces.link(tap.index);
  assertThrows(
    () => interfaces.configure(tap.index, { mtu: 70_000 }),
    SystemError,
    `set mtu 70000 of interface ${tap.index}: netlink: invalid argument (EINVAL)`,
  );
  assertThrows(() => interfaces.configure(999_999, { up: true }), SystemError, "ENODEV");
  assertThrows(() => interfaces.configure(tap.index, { mac: "2:0:0:0:0:1" }), TypeError);
  assertThrows(() => interfaces.addAddress(tap.index, "10.0.0.1", 33), RangeError, "0 to 32");
  assertThrows(() => interfaces.addAddress(tap.index, "host", 24), TypeError, `"host"`);
  assertThrows(() => interfaces.link("much-too-long-a-name"), RangeError);
  // The socket is still in step: each answer is to its own question.
  assertEquals(interfaces.link(tap.index), before);
});

testRequiring(TAP_NEEDS, "addresses of both families are usable at once", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("address");
  using tap = openTap({ namespace });
  using interfaces = openInterfaces(namespace);
  assertEquals(interfaces.firstIpv4Address(), undefined, "a loopback's does not count");
  interfaces.addAddress(tap.index, "2001:db8::1", 64);
  interfaces.addAddress(tap.index, "10.91.0.1", 24);
  interfaces.addAddress(tap.index, "10.91.0.1", 24);
  interfaces.configure(tap.index, { up: true });
  const ours = interfaces.addresses().filter(({ index, global }) => index === tap.index && global);
  assertEquals(ours.map(({ address, prefixLength }) => `${address}/${prefixLength}`), [
    "10.91.0.1/24",
    "2001:db8::1/64",
  ]);
  assertEquals(interfaces.firstIpv4Address(), "10.91.0.1");
  const shown = await namespaces.ip(namespace, "address", "show", "dev", tap.name);
  assert(!shown.includes("tentative"), shown);
});

testRequiring(TAP_NEEDS, "a monitor sees what an operator does, in order", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("watch");
  await namespaces.ip(namespace, "link", "add", "br0", "type", "bridge");
  using tap = openTap({ namespace });
  using monitor = openLinkMonitor(namespace);
  const seen = async (...command: string[]) => {
    await namespaces.ip(namespace, ...command);
    return about(monitor.events(), tap.index);
  };
  assertEquals(monitor.events(), []);
  assertEquals((await seen("link", "set", tap.name, "up")).at(-1), "changed up");
  assertEquals((await seen("link", "set", tap.name, "down")).at(-1), "changed down");
  await seen("link", "set", tap.name, "master", "br0");
  // A port leaving its bridge is told as a deletion too, in the bridge's family.
  const left = await seen("link", "set", tap.name, "nomaster");
  assert(left.length > 0 && left.every((event) => event === "changed down"), left.join());
  assertEquals((await seen("link", "delete", tap.name)).at(-1), "removed down");
  assertEquals(monitor.events(), []);
});

testRequiring(
  NAMESPACE_NEEDS,
  "a monitor that was not read for long says that it missed some",
  async () => {
    await using namespaces = new Namespaces("lwC");
    const namespace = await namespaces.add("missed");
    using monitor = openLinkMonitor(namespace);
    await namespaces.ipBatch(namespace, [
      "link add br0 type bridge",
      ...Array.from({ length: 400 }, (_, n) => `link set br0 ${n % 2 === 0 ? "up" : "down"}`),
    ]);
    assertEquals(monitor.events(), [{ kind: "missed" }]);
    // What was kept is older than the loss, and what comes after it is told again.
    monitor.events();
    await namespaces.ip(namespace, "link", "set", "br0", "up");
    assertEquals(monitor.events().at(-1)?.kind, "changed");
  },
);

testRequiring(NAMESPACE_NEEDS, "no descriptor is left behind by any of it", async () => {
  await using namespaces = new Namespaces("lwC");
  const namespace = await namespaces.add("left");
  const before = openDescriptors();
  for (let n = 0; n < 50; n++) {
    using interfaces = openInterfaces(namespace);
    using monitor = openLinkMonitor(namespace);
    interfaces.links();
    monitor.events();
    assertThrows(() => openInterfaces("lwC-no-such-namespace"), SystemError, "ENOENT");
  }
  assertEquals(openDescriptors(), before);
});

Deno.test("MAC addresses are read strictly", () => {
  assertEquals(parseMac("02:00:5E:10:00:ff"), Uint8Array.of(2, 0, 0x5e, 0x10, 0, 0xff));
  for (const text of ["", "02:00:5e:10:00", "02-00-5e-10-00-ff", "02:00:5e:10:00:fg"]) {
    assertThrows(() => parseMac(text), TypeError, `not "${text}"`);
  }
});

function about(events: readonly LinkEvent[], index: number): string[] {
  return events.flatMap((event) => {
    if (event.kind === "missed" || event.link.index !== index) return [];
    return [`${event.kind} ${event.link.up ? "up" : "down"}`];
  });
}
