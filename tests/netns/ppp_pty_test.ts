/**
 * A compulsory call from a pseudo-terminal: a program that speaks asynchronous PPP there, as pppd does,
 * reaches an LNS through a LAC that carries its frames as they are, or asks who it is to choose the LNS.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { AsyncDeframer, encodeAsyncFrame } from "../../src/ppp/async_framing.ts";
import type { Ipv4UpEffect } from "../../src/ppp/ppp_effect.ts";
import { PppLink } from "../../src/ppp/ppp_link.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon } from "./daemon.ts";
import { clientConfiguration, LNS_ADDRESS, lnsConfiguration, usersOf } from "./ppp_sites.ts";
import { makeTwoSites, SITE_A, SITE_B } from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];
const octets = (text: string) => new TextEncoder().encode(text);

/** A LAC whose session takes the frames of the terminal that is at the path. */
type MakeLac = (path: string) => ConfigurationText;

/** Its session goes to the LNS. */
const carriesAll: MakeLac = (path) =>
  clientConfiguration({ line: { pseudowire: "ppp", attach: { pty: path } } });

/** Its session goes to itself, where the call goes on by the user's realm. */
const choosesByRealm: MakeLac = (path) => ({
  listen: [`udp://${SITE_A.ipv4}`, "udp://127.0.0.1", "udp://127.0.0.2"],
  lns: {
    lines: {
      remote: "127.0.0.1",
      ppp: { authenticate: "chap" },
      forward: { realms: { "isp.example": "lns" } },
    },
  },
  connections: {
    lns: { remote: SITE_B.ipv4, version: 2 },
    here: {
      remote: "127.0.0.2",
      local: "127.0.0.1",
      version: 2,
      sessions: { line: { pseudowire: "ppp", attach: { pty: path } } },
    },
  },
});

testRequiring(NEEDS, "a program on a pseudo-terminal reaches an LNS through our LAC", async () => {
  await callFromTerminal("alice", carriesAll, async (lac) => {
    await eventually(() => hasHeardSli(lac), () => lac.log);
  });
});

testRequiring(
  NEEDS,
  "its realm chooses the LNS, which is told what the LAC has learnt",
  async () => {
    await callFromTerminal("alice@isp.example", choosesByRealm, async (lac, lns) => {
      await lac.logged(/lines\/call-1: alice@isp\.example goes on by lns/, 5_000);
      const [user] = await usersOf(lns);
      assertEquals([user?.user, user?.authentication], ["alice@isp.example", "chap"]);
    });
  },
);

/** Has a user dial in by a LAC; then `look` looks at both ends. */
async function callFromTerminal(
  user: string,
  makeLac: MakeLac,
  look: (lac: Daemon, lns: Daemon) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-pty-" });
  const users = JSON.stringify({ [user]: { password: "of tests" } });
  await Deno.writeTextFile(`${folder}/users`, users, { mode: 0o600 });
  try {
    await using namespaces = new Namespaces("lw-pty");
    const { siteA, siteB } = await makeTwoSites(namespaces);
    await using lns = await Daemon.start(namespaces, siteB, lnsConfiguration(`${folder}/users`));
    await using lac = await Daemon.start(namespaces, siteA, makeLac(`${folder}/line`));
    await lac.established();
    const { local, remote } = await dialIn(`${folder}/line`, user, () => lac.log + lns.log);
    assertEquals([local, remote], ["10.201.0.2", LNS_ADDRESS]);
    await look(lac, lns);
    assertEquals(await lac.end(), 0);
    await eventually(() => isGone(`${folder}/line`), () => lac.log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Speaks PPP on a terminal until IPv4 is up, as a pppd's peer sees it. */
async function dialIn(path: string, user: string, log: () => string): Promise<Ipv4UpEffect> {
  const credentials = { name: octets(user), secret: octets("of tests") };
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
