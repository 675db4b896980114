/** Markers planted as secret and cookies: in no output of any command that looks at a daemon. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { root, testRequiring, tunDevice } from "../harness/requires.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { daemonAt } from "../../src/cli/control_client.ts";
import { typed } from "./recorded_terminal.ts";
import { RunningDaemon } from "./running_daemon.ts";
import { TwoSiteFiles } from "./two_daemons.ts";

const SECRET = "QXZSECRECYQXZ";
/** As octets they read QXZCOOK1 and QXZCOOK2. */
const COOKIES = ["51585a434f4f4b31", "51585a434f4f4b32"];
const MARKERS = [
  ...[SECRET, btoa(SECRET), new TextEncoder().encode(SECRET).toHex()],
  ...COOKIES.flatMap((hex) => [hex, new TextDecoder().decode(Uint8Array.fromHex(hex))]),
];

testRequiring([root, tunDevice], "no command shows a secret or a cookie", async () => {
  using sites = new TwoSiteFiles(12, "lwLs", SECRET);
  const configuration = JSON.parse(Deno.readTextFileSync(sites.write("a")));
  configuration.static = {
    guarded: {
      remote: "127.0.0.1",
      localPort: sites.port("a") + 6,
      remotePort: sites.port("b") + 6,
      localSessionId: 1,
      remoteSessionId: 2,
      receiveCookie: `0x${COOKIES[0]}`,
      transmitCookie: `0x${COOKIES[1]}`,
      attach: { tap: `lwLsg${Deno.pid}` },
    },
  };
  configuration.log = { level: "debug" };
  Deno.writeTextFileSync(sites.file("a"), JSON.stringify(configuration));
  const mistaken = `${sites.folder}/mistaken.yaml`;
  const { guarded } = configuration.static;
  const short = { ...guarded, receiveCookie: guarded.receiveCookie.slice(0, -2) };
  const told = { remote: "127.0.0.1", secret: SECRET };
  const mistakes = { static: { guarded: short }, connections: { told } };
  Deno.writeTextFileSync(mistaken, JSON.stringify(mistakes, null, 2));
  const outputs: string[] = [];
  {
    await using a = await RunningDaemon.start(sites.file("a"));
    const socket = ["--socket", sites.socket("a")];
    const streams = [
      typed("trace", "--json", ...socket),
      typed("trace", ...socket),
      typed("events", "--json", "--recent", "100", ...socket),
    ];
    await using b = await RunningDaemon.start(sites.write("b"));
    await a.says(/lan: established on/);
    for (
      const words of [
        ["status", "--json", ...socket],
        ["status", "--detail", ...socket],
        ["doctor", sites.file("a"), "--seconds", "0.2", ...socket],
        ["doctor", sites.file("a"), "--json", "--seconds", "0", ...socket],
        ["mtu", sites.file("a")],
        ["check", sites.file("a"), "--pair", sites.file("b")],
        ["check", sites.file("a"), "--diff", ...socket],
        ["check", mistaken],
        ["run", mistaken],
        ["debug", "peer", ...socket],
        ["restart", "peer", ...socket],
        ["reload", ...socket],
      ]
    ) {
      const { out, err } = await typed(...words);
      outputs.push(out, err);
    }
    for (const path of ["/metrics", "/status", "/healthz", "/readyz"]) {
      const { body } = await daemonAt(sites.socket("a")).ask("GET", path);
      outputs.push(typeof body === "string" ? body : JSON.stringify(body));
    }
    await a.stop("SIGTERM");
    for (const { out, err } of await Promise.all(streams)) outputs.push(out, err);
    outputs.push(a.log, b.log);
  }
  const all = outputs.join("\n");
  for (
    const words of ["SCCRQ", "session lan up", "l2tp_build_info", "guarded", "this cookie has"]
  ) {
    assertStringIncludes(all, words);
  }
  // The shortened cookie, too.
  for (const marker of [...MARKERS, short.receiveCookie.slice(2)]) {
    assertEquals(all.toLowerCase().includes(marker.toLowerCase()), false);
  }
});
