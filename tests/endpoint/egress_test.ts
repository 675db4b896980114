/** Which interface the kernel's own tables lead to. */

import { assertEquals } from "@std/assert";
import { chooseRoute } from "../../src/endpoint/egress.ts";

const IPV4 = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	100	00000000	0	0	0
wlan0	00000000	010200C0	0003	0	0	50	00000000	0	0	0
lw0	006433C6	00000000	0001	0	0	0	00FFFFFF	0	0	0
*	0700000A	00000000	0201	0	0	0	FFFFFFFF	0	0	0
`;
const IPV6 =
  `20010db8000000000000000000000000 20 00000000000000000000000000000000 00 00000000000000000000000000000000 00000400 00000001 00000000 00000001 eth0
20010db8000000070000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 lw0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo
`;

Deno.test("the longest prefix leads, then the lowest metric, and what rejects leads nowhere", () => {
  assertEquals(chooseRoute(new Uint8Array([198, 51, 100, 7]), IPV4), "lw0");
  assertEquals(chooseRoute(new Uint8Array([198, 51, 101, 7]), IPV4), "wlan0");
  assertEquals(chooseRoute(new Uint8Array([10, 0, 0, 7]), IPV4), "wlan0");
  const address = (last: number) => {
    const octets = Uint8Array.fromHex("20010db8000000000000000000000001");
    octets[7] = last;
    return octets;
  };
  assertEquals(chooseRoute(address(7), IPV6), "lw0");
  assertEquals(chooseRoute(address(8), IPV6), "eth0");
  assertEquals(chooseRoute(new Uint8Array(16).fill(0xfe), IPV6), undefined);
});

Deno.test("a table without entries leads nowhere", () => {
  assertEquals(chooseRoute(new Uint8Array([192, 0, 2, 1]), ""), undefined);
});
