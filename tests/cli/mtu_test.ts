/** `longwire mtu`: sums that were done by hand. */

import { assertEquals, assertStringIncludes } from "@std/assert";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/mtu.ts";
import { typed } from "./recorded_terminal.ts";

Deno.test("without options: UDP over IPv4 with everything on", async () => {
  const { code, out } = await typed("mtu");
  assertEquals(code, 0);
  assertEquals(
    out,
    [
      "path MTU                            1500  of Ethernet",
      "- IPv4                                20",
      "- UDP                                  8",
      "- L2TPv3 flags and version             4",
      "- Session ID                           4",
      "- cookie                               8",
      "- L2-Specific Sublayer                 4",
      "- Ethernet header of the frame        14",
      "= MTU of the attachment circuit     1438  attach.mtu: auto",
      "  with one VLAN tag in the frames   1434",
      "  TCP segments inside, over IPv4    1398  MSS",
      "  TCP segments inside, over IPv6    1378  MSS",
      "",
    ].join("\n"),
  );
});

Deno.test("the smallest headers: IP protocol 115 without cookie and sublayer", async () => {
  const { out } = await typed(
    ...["mtu", "--encapsulation", "ip", "--cookie", "0", "--sublayer", "none"],
    ...["--path-mtu", "1280", "--family", "ipv6"],
  );
  assertStringIncludes(out, "path MTU                            1280  as given\n");
  assertStringIncludes(out, `attachment circuit     ${1280 - 40 - 4 - 14}  attach`);
  for (const absent of ["UDP", "cookie", "Sublayer"]) assertEquals(out.includes(absent), false);
});

Deno.test("a configuration's sessions, each by its own way", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    const one = { remote: "127.0.0.1", sessions: { lan: { cookie: 4, attach: { mtu: 9000 } } } };
    const fixed = {
      remote: "no-such-host.invalid",
      encapsulation: "ip",
      localSessionId: 1,
      remoteSessionId: 2,
      receiveCookie: "0x0011223344556677",
      attach: { mtu: 1454 },
    };
    await Deno.writeTextFile(file, JSON.stringify({ connections: { one }, static: { fixed } }));
    const { code, out } = await typed("mtu", file, "--path-mtu", "1500");
    assertEquals(code, 0);
    assertStringIncludes(out, "session one/lan\n");
    assertStringIncludes(
      out,
      "configured: 9000, 7558 too many: full packets are carried, and fragmented on the way\n",
    );
    assertStringIncludes(out, "static session fixed\n");
    assertStringIncludes(out, "configured: 1454, the same\n");
    assertEquals(out.includes("0011223344556677"), false);
    const routed = await typed("mtu", file);
    assertStringIncludes(routed.out, "of the way to 127.0.0.1\n");
    assertStringIncludes(routed.out, "taken for granted: cannot resolve no-such-host.invalid");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("what is no option's value is told with what would be", async () => {
  const mistakes: readonly [words: string[], text: string][] = [
    [["--cookie", "6"], 'longwire: --cookie: "6" is not one of 0, 4, 8\n'],
    [
      ["--path-mtu", "12"],
      'longwire: --path-mtu: "12" is no MTU; write octets, 68 to 65535\n',
    ],
  ];
  for (const [words, text] of mistakes) {
    const { code, err } = await typed("mtu", ...words);
    assertEquals([code, err], [2, text]);
  }
});
