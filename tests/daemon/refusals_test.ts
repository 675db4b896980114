/** Who is refused: what the log says of him, how often, and what `doctor` is told. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { resetSync } from "@logtape/logtape";
import type { Configuration } from "../../src/config/configuration.ts";
import { readConfiguration } from "../../src/config/load.ts";
import { configureLog } from "../../src/daemon/log.ts";
import { refusalFinding, Refusals } from "../../src/daemon/refusals.ts";
import type { Refusal } from "../../src/endpoint/observation.ts";
import type { Path } from "../../src/model/path.ts";

const CONFIGURATION = readConfiguration(
  "x",
  "connections: { site-b: { remote: 192.0.2.2, sessions: { lan: } } }",
).configuration!;

function pathFrom(address: string): Path {
  const local = { address: "192.0.2.1", port: 1701 };
  return { encapsulation: "udp", local, remote: { address, port: 1701 } };
}

function unknownPeer(address: string): Refusal {
  return { reason: "unknown-peer", path: pathFrom(address) };
}

const WRONG_SECRET: Refusal = { reason: "bad-digest", path: pathFrom("192.0.2.2") };
const WRONG_VERSION: Refusal = {
  reason: "unacceptable",
  path: pathFrom("192.0.2.3"),
  resultCode: 5,
  text: "protocol version not supported (result 5)",
};

const MINUTE_MS = 60_000;

/** Refusals with a clock that the test moves, and the lines that they are told in. */
class World implements Disposable {
  now = 0;
  readonly lines: string[] = [];
  readonly refusals: Refusals;

  constructor(configuration: Configuration = CONFIGURATION) {
    this.refusals = new Refusals(() => configuration, () => this.now);
    // Behind the instant.
    const write = (line: string) => void this.lines.push(line.slice(25).trim());
    configureLog({ level: "info", format: "text" }, write);
  }

  [Symbol.dispose](): void {
    resetSync();
  }
}

Deno.test("a peer whose secret differs is named, with what repairs it", () => {
  using world = new World();
  world.refusals.handle(WRONG_SECRET);
  world.refusals.handle(WRONG_VERSION);
  world.refusals.handle(unknownPeer("192.0.2.4"));
  assertEquals(world.lines, [
    "WARN  connection site-b: the messages of 192.0.2.2:1701 do not fit our secret; " +
    "put the same secret into both ends' files (sha256sum tells), then longwire reload",
    "WARN  peer 192.0.2.3:1701: 192.0.2.3:1701 asked for a connection and was refused: " +
    "protocol version not supported (result 5); " +
    "let the version of both ends be the same, or auto on one of them",
    "INFO  peer 192.0.2.4:1701: 192.0.2.4:1701 asks for a connection and is not configured, or " +
    "not by this address; add a connection with remote: 192.0.2.4, then longwire reload",
  ]);
});

Deno.test("the same is told again after ten minutes, and after a reload", () => {
  using world = new World();
  for (; world.now < 20 * MINUTE_MS; world.now += 1000) world.refusals.handle(WRONG_SECRET);
  assertEquals(world.lines.length, 2);
  world.refusals.forget();
  world.refusals.handle(WRONG_SECRET);
  assertEquals(world.lines.length, 3);
});

Deno.test("a flood from many addresses is few lines, and little to remember", () => {
  using world = new World();
  for (let host = 0; host < 5000; host++) {
    world.refusals.handle(unknownPeer(`10.0.${host >> 8}.${host & 255}`));
  }
  assertEquals(world.lines.length, 10);
  assertEquals(world.refusals.recent().length, 64);
  world.now += MINUTE_MS;
  world.refusals.handle(WRONG_SECRET);
  assertEquals(world.lines.length, 11);
});

Deno.test("what is a minute old is no news for doctor", () => {
  using world = new World();
  world.refusals.handle(WRONG_SECRET);
  world.now = MINUTE_MS;
  world.refusals.handle(WRONG_VERSION);
  assertEquals(world.refusals.recent(), [WRONG_SECRET, WRONG_VERSION]);
  world.now += 1;
  assertEquals(world.refusals.recent(), [WRONG_VERSION]);
});

Deno.test("each reason is a finding of its own", () => {
  const refusals: readonly Refusal[] = [
    WRONG_SECRET,
    { reason: "missing-digest", path: pathFrom("192.0.2.2") },
    { reason: "other-version", path: pathFrom("192.0.2.2") },
    unknownPeer("192.0.2.2"),
    WRONG_VERSION,
    { ...WRONG_VERSION, resultCode: 2 },
  ];
  const findings = refusals.map((refusal) => refusalFinding(CONFIGURATION, refusal));
  assertEquals(findings.map(({ code }) => code), [
    "wrong-secret",
    "no-secret",
    "other-version",
    "unknown-peer",
    "refused-peer",
    "refused-peer",
  ]);
  assertStringIncludes(findings[5]!.repair, "change what it asks for");
});
