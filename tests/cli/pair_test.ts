/** `longwire pair`: texts that fit each other, and stay as they are. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { partsOf } from "../../src/cli/pair.ts";
import type { PairPlan } from "../../src/cli/pair_plan.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import { findPairMistakes } from "../../src/config/pair.ts";
import { typed } from "./recorded_terminal.ts";

const PLAN: PairPlan = {
  here: {
    address: "192.0.2.1",
    static: { sessionId: 1000, tunnelId: 10, cookie: "0011223344556677" },
  },
  there: {
    address: "198.51.100.7",
    static: { sessionId: 2000, tunnelId: 20, cookie: "8899aabbccddeeff" },
  },
  encapsulation: "ip",
  port: 1701,
  cookie: 8,
  sublayer: "none",
  isStatic: true,
  circuit: "100",
  tap: "lw0",
  secretFile: undefined,
};
const ALL = ["longwire", "ip-l2tp", "cisco", "routeros"] as const;

function printed(plan: PairPlan): string {
  return partsOf(plan, ALL).map(({ title, text }) => `${title}\n${text}`).join("\n");
}

function golden(name: string): string {
  return Deno.readTextFileSync(new URL(`golden/${name}.txt`, import.meta.url));
}

Deno.test("a static pair in every system's words", () => {
  assertEquals(printed(PLAN), golden("pair_static"));
});

Deno.test("a dynamic pair in every system's words; the secret stays in its file", () => {
  const plan = {
    ...PLAN,
    isStatic: false,
    sublayer: "default",
    secretFile: "site.secret",
  } as const;
  assertEquals(printed(plan), golden("pair_dynamic"));
});

Deno.test("what a system cannot do is said in its place", () => {
  const text = printed({ ...PLAN, encapsulation: "udp", port: 5000 });
  assertStringIncludes(text, "! IOS carries L2TPv3 over IP only");
  assertStringIncludes(text, "# RouterOS uses UDP port 1701");
  assertStringIncludes(
    printed({ ...PLAN, isStatic: false }),
    "no control connection: pair --static",
  );
  assertStringIncludes(printed({ ...PLAN, sublayer: "default" }), "has no sublayer");
});

const VARIANTS: readonly (readonly string[])[] = [
  [],
  ["--static"],
  ["--static", "--encapsulation", "ip", "--cookie", "4", "--sublayer", "default"],
  ["--static", "--cookie", "0", "--port", "5000"],
  ["--encapsulation", "ip", "--cookie", "0", "--end-id", "lan-1", "--tap", "wire0"],
  ["--port", "1702"],
];
for (const variant of VARIANTS) {
  Deno.test(`longwire's two ends fit each other: ${variant.join(" ") || "defaults"}`, async () => {
    for (const [remote, local] of [["198.51.100.7", "192.0.2.1"], ["2001:db8::7", "2001:db8::1"]]) {
      const folder = await Deno.makeTempDir({ prefix: "longwire-pair-" });
      try {
        const words = ["pair", remote!, "--local", local!, "--as", "longwire", ...variant];
        const { code, out } = await typed(...words, "--out", folder);
        const files = [`${folder}/here.yaml`, `${folder}/there.yaml`] as const;
        assertEquals([code, out], [0, `${files.join("\n")}\n`]);
        assertEquals(Deno.statSync(files[0]).mode! & 0o777, 0o600);
        const [here, there] = files.map((file) => {
          const { configuration, source, mistakes } = loadConfiguration(file);
          assertEquals(mistakes, []);
          return { configuration: configuration!, source };
        });
        assertEquals(findPairMistakes(here!, there!), []);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    }
  });
}

Deno.test("two runs have nothing in common that could be guessed", async () => {
  const run = async () =>
    (await typed("pair", "192.0.2.1", "--local", "192.0.2.2", "--static")).out;
  const numbers = (text: string) => new Set(text.match(/[0-9a-f]{9,16}/g));
  const [a, b] = [numbers(await run()), numbers(await run())];
  assertEquals([...a].filter((number) => b.has(number)), []);
});

Deno.test("mistakes are told of the options", async () => {
  const mistakes: readonly [words: readonly string[], text: string][] = [
    [["198.51.100.7"], "pair needs --local ADDRESS, the address of here"],
    [["peer.example", "--local", "192.0.2.1"], '"peer.example" is no address; both ends'],
    [["2001:db8::7", "--local", "192.0.2.1"], "not of one family"],
    [["192.0.2.2", "--local", "192.0.2.1", "--as", "junos"], '--as: "junos" is not one of'],
    [["192.0.2.2", "--local", "192.0.2.1", "--port", "0"], '--port: "0" is no port'],
    [["192.0.2.2", "--local", "192.0.2.1", "--end-id", "a b"], '--end-id: "a b" is to be'],
    [
      ["192.0.2.2", "--local", "192.0.2.1", "--static", "--secret-file", "x"],
      "--secret-file: a static session has no control connection to protect",
    ],
  ];
  for (const [words, text] of mistakes) {
    const { code, err } = await typed("pair", ...words);
    assertEquals(code, 2);
    assertStringIncludes(err, text);
  }
});
