/**
 * A compulsory call from a pseudo-terminal: a program that speaks asynchronous PPP there, as pppd does,
 * reaches an LNS through a LAC that carries its frames as they are.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { AsyncDeframer, encodeAsyncFrame } from "../../src/ppp/async_framing.ts";
import type { Ipv4UpEffect } from "../../src/ppp/ppp_effect.ts";
import { PppLink } from "../../src/ppp/ppp_link.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { Daemon, eventually } from "./daemon.ts";
import { clientConfiguration, LNS_ADDRESS, lnsConfiguration } from "./ppp_sites.ts";
import { makeTwoSites } from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];
const octets = (text: string) => new TextEncoder().encode(text);

testRequiring(NEEDS, "a program on a pseudo-terminal reaches an LNS through our LAC", async () => {
  const folder = await Deno.makeTempDir({ prefix: "longwire-pty-" });
  const users = JSON.stringify({ alice: { password: "of tests" } });
  await Deno.writeTextFile(`${folder}/users`, users, { mode: 0o600 });
  try {
    await using namespaces = new Namespaces("lw-pty");
    const { siteA, siteB } = await makeTwoSites(namespaces);
    await using lns = await Daemon.start(namespaces, siteB, lnsConfiguration(`${folder}/users`));
    const line = { pseudowire: "ppp", attach: { pty: `${folder}/line` } };
    await using lac = await Daemon.start(namespaces, siteA, clientConfiguration({ line }));
    await lac.established();
    const { local, remote } = await dialIn(`${folder}/line`, () => lac.log + lns.log);
    assertEquals([local, remote], ["10.201.0.2", LNS_ADDRESS]);
    await eventually(() => hasHeardSli(lac), 5_000, () => lac.log);
    assertEquals(await lac.end(), 0);
    await eventually(() => isGone(`${folder}/line`), 5_000, () => lac.log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Speaks PPP on a terminal until IPv4 is up, as a pppd's peer sees it. */
async function dialIn(path: string, log: () => string): Promise<Ipv4UpEffect> {
  const credentials = { name: octets("alice"), secret: octets("of tests") };
  const random = { fill: (room: Uint8Array) => void crypto.getRandomValues(room) };
  const link = new PppLink({ credentials, ipv4: {} }, random);
  using terminal = await Deno.open(path, { read: true, write: true });
  const deframer = new AsyncDeframer();
  const room = new Uint8Array(4096);
  let up: Ipv4UpEffect | undefined;
  const turn = () => {
    for (let effect = link.poll(); effect !== undefined; effect = link.poll()) {
      if (effect.kind === "transmit") terminal.writeSync(encodeAsyncFrame(effect.octets));
      if (effect.kind === "ipv4Up") up = effect;
      if (effect.kind === "down") throw new Error(`${effect.cause.text}\n${log()}`);
    }
  };
  link.open(performance.now());
  link.lowerUp(performance.now());
  turn();
  while (up === undefined) {
    const length = await terminal.read(room);
    if (length === null) throw new Error(`the line has hung up\n${log()}`);
    for (const frame of deframer.push(room.subarray(0, length))) {
      link.handleFrame(frame, performance.now());
    }
    turn();
  }
  return up;
}

/** The LNS tells its LAC what LCP has led to (V2-SLI-01, LCPX-02). */
async function hasHeardSli(lac: Daemon): Promise<boolean> {
  const metrics = String(await lac.ask("GET", "/metrics"));
  return /^l2tp_control_messages_total\{.*SLI.*\} 1$/m.test(metrics);
}

function isGone(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return false;
  } catch {
    return true;
  }
}
