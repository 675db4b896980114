/**
 * A reload under load: frames go both ways through a session, a thousand a second, while everything
 * around it is changed, added and removed. None may be lost, doubled or put out of order.
 */

import { assertEquals, assertLess } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon } from "./daemon.ts";
import { FrameSocket, testFrame } from "./frame_socket.ts";
import { type End, makeTwoSites, sitesFrom, type TwoSites } from "./two_sites.ts";

const FRAMES_PER_SECOND = 1_000;
const FRAME_LENGTH = 200;
/** A tenth of what an interface's queue holds (`txqueuelen`). */
const MOST_AT_ONCE = 100;
/** Where a frame bears its number: behind the addresses and the type. */
const NUMBER_AT = 14;
/** And where its direction: a packet socket sees what leaves by its interface, too. */
const DIRECTION_AT = 18;
const RELOADS = 10;
/** Traffic before, between and after the reloads. */
const PAUSE_MS = 200;
/** What is on its way when the last frame has been sent arrives within this. */
const LAST_FRAMES_MS = 500;

/** What one version of the configuration has besides the session under load. */
function configuration(sites: TwoSites, end: End, version: number): ConfigurationText {
  const [own, other] = sitesFrom(end);
  const namespace = end === "a" ? sites.lanA : sites.lanB;
  const isOdd = version % 2 === 1;
  const session = (tap: string, more = {}) => ({ attach: { tap, namespace }, ...more });
  return {
    hostName: `site-${end}.example`,
    listen: [`udp://${own.ipv4}`],
    log: { level: isOdd ? "debug" : "info" },
    connections: {
      other: {
        remote: other.ipv4,
        initiate: end === "a",
        secret: { file: "secret" },
        sessions: {
          loaded: session("lw0"),
          changed: session("lw1", { cookie: isOdd ? 4 : 8 }),
          ...(isOdd ? { added: session("lw2") } : {}),
        },
      },
      ...(isOdd ? {} : { removed: { remote: "10.115.0.9" } }),
    },
    static: {
      changed: {
        remote: other.ipv4,
        local: own.ipv4,
        localPort: 5000,
        remotePort: 5000,
        localSessionId: 1 + version,
        remoteSessionId: 1 + version,
        attach: { tap: "lw3", namespace },
      },
    },
  };
}

/** The static session's interface at one end, as the kernel numbers it: another one has another. */
async function staticInterface(namespaces: Namespaces, lan: string): Promise<number> {
  const [link] = JSON.parse(await namespaces.ip(lan, "-json", "link", "show", "dev", "lw3"));
  return link.ifindex;
}

/** Numbered frames in one direction, at their rate for as long as it is told to. */
class Flow implements Disposable {
  readonly #from: FrameSocket;
  readonly #to: FrameSocket;
  #started = performance.now();
  readonly #frame = testFrame(FRAME_LENGTH);
  readonly #number = new DataView(this.#frame.buffer);
  readonly received: number[] = [];
  sent = 0;

  constructor(from: string, to: string, direction: number) {
    this.#frame[DIRECTION_AT] = direction;
    this.#from = new FrameSocket(from, "lw0");
    this.#to = new FrameSocket(to, "lw0");
  }

  /** Sends what is due, and takes what has arrived. */
  turn(): void {
    const due = (performance.now() - this.#started) * FRAMES_PER_SECOND / 1000;
    // Whoever was held up goes on at the same rate: an interface's queue holds so many at once.
    const late = Math.max(0, due - this.sent - MOST_AT_ONCE);
    this.#started += late * 1000 / FRAMES_PER_SECOND;
    while (this.sent < due - late) {
      this.#number.setUint32(NUMBER_AT, this.sent++);
      this.#from.send(this.#frame);
    }
    this.#takeWithin(1);
  }

  finish(): void {
    this.#takeWithin(LAST_FRAMES_MS);
  }

  [Symbol.dispose](): void {
    this.#from[Symbol.dispose]();
    this.#to[Symbol.dispose]();
  }

  /** Everything that arrives until nothing has for so long. */
  #takeWithin(ms: number): void {
    for (let frame = this.#to.receive(ms); frame !== undefined; frame = this.#to.receive(ms)) {
      if (frame[DIRECTION_AT] !== this.#frame[DIRECTION_AT]) continue;
      this.received.push(new DataView(frame.buffer, frame.byteOffset).getUint32(NUMBER_AT));
    }
  }
}

/** Whether the session under load is there at both ends. */
async function isLoadedUp(daemons: readonly Daemon[]): Promise<boolean> {
  const all = await Promise.all(daemons.map((daemon) => daemon.status()));
  return all.every(({ connections }) =>
    connections.some(({ sessions }) =>
      sessions.some(({ name, state }) => name === "loaded" && state === "established")
    )
  );
}

/** What both ends have counted, for the error when frames are missing. */
async function counted(daemons: readonly Daemon[]): Promise<string> {
  const all = await Promise.all(daemons.map((daemon) => daemon.status()));
  return all.map(({ connections }) => {
    const sessions = connections.flatMap((connection) => connection.sessions);
    return JSON.stringify(sessions.find(({ name }) => name === "loaded")?.counters);
  }).join("\n");
}

/** Lets both directions flow until `done`. */
async function flow(flows: readonly Flow[], done: Promise<unknown>): Promise<void> {
  let isDone = false;
  const end = done.finally(() => isDone = true);
  while (!isDone) {
    for (const each of flows) each.turn();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await end;
}

testRequiring(
  [root, tunDevice, iproute2],
  `${RELOADS} reloads under ${FRAMES_PER_SECOND} frames/s lose none of an unchanged session`,
  async () => {
    await using namespaces = new Namespaces("lw-reload");
    const sites = await makeTwoSites(namespaces);
    await using a = await Daemon.start(namespaces, sites.siteA, configuration(sites, "a", 0));
    await using b = await Daemon.start(namespaces, sites.siteB, configuration(sites, "b", 0));
    await eventually(() => isLoadedUp([a, b]), () => `${a.log}\n${b.log}`, 15_000);
    const interfaces = () =>
      Promise.all([sites.lanA, sites.lanB].map((lan) => staticInterface(namespaces, lan)));
    const before = await interfaces();
    using forth = new Flow(sites.lanA, sites.lanB, 1);
    using back = new Flow(sites.lanB, sites.lanA, 2);
    const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    await flow([forth, back], pause());
    for (let version = 1; version <= RELOADS; version++) {
      for (const [daemon, end] of [[a, "a"], [b, "b"]] as const) {
        const reload = daemon.reload(configuration(sites, end, version));
        await flow([forth, back], reload.then(pause));
        const changed = (await reload).differences.map(({ key }) => key);
        assertEquals(changed.includes("connections.other.sessions.changed"), true, `${changed}`);
        assertEquals(changed.includes("connections.other.sessions.loaded"), false, `${changed}`);
      }
    }
    assertEquals(await interfaces(), before, "a changed session's interface stays");
    const counters = await counted([a, b]);
    for (const each of [forth, back]) {
      each.finish();
      assertLess(FRAMES_PER_SECOND * RELOADS * 2 * PAUSE_MS / 1000, each.sent);
      assertEquals(each.received.length, each.sent, counters);
      assertEquals(each.received, Array.from({ length: each.sent }, (_, number) => number));
    }
  },
);
