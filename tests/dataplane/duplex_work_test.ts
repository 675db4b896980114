/** Both directions in one thread: neither waits for the other. */

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { Report, SocketBinding } from "../../src/dataplane/commands.ts";
import { allocateCounters, readCounters } from "../../src/dataplane/counters.ts";
import type { RoomWatch } from "../../src/dataplane/direction_work.ts";
import { DuplexWork } from "../../src/dataplane/duplex_work.ts";
import { allocatePeerNumbering } from "../../src/dataplane/peer_numbering.ts";
import { DEFAULT_SEQUENCE_LIMITS } from "../../src/dataplane/sequencing.ts";
import { allocateTurnTimes } from "../../src/dataplane/turn_times.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { openPoller } from "../../src/io/poller.ts";
import { openTap } from "../../src/io/tap.ts";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { testRequiring } from "../harness/requires.ts";
import { TAP_NEEDS } from "../io/needs.ts";
import { ARP, descriptorOf, ethernetFrame } from "./sessions.ts";

/** The sessions, and their sockets. */
const FULL = 1;
const FREE = 2;

const FRAMES = 20;
const FRAME_OCTETS = 1000;

function bindingOf(key: number, { descriptor }: DatagramSocket): SocketBinding {
  return { key, fd: descriptor.number, encapsulation: "udp", family: "ipv4" };
}

/** A session to `remote` by the socket of the same key, whose frames are reported. */
function install(
  work: DuplexWork,
  key: number,
  socket: DatagramSocket,
  remote: string,
): SharedArrayBuffer {
  const counters = allocateCounters();
  work.apply({ kind: "addSocket", socket: bindingOf(key, socket) });
  const path = {
    encapsulation: "udp",
    local: socket.local,
    remote: { address: remote, port: socket.local.port },
  } as const;
  work.apply({
    kind: "installSession",
    session: {
      key,
      descriptor: descriptorOf({ path, localSessionId: key, remoteSessionId: key }),
      socketKey: key,
      attachment: { kind: "streams" },
      transmit: true,
      receive: true,
      sequenceLimits: DEFAULT_SEQUENCE_LIMITS,
      counters,
      peerNumbering: allocatePeerNumbering(),
    },
  });
  return counters;
}

/** A worker's work, with a line that is soon full and one that is not. */
class TwoLines implements AsyncDisposable {
  readonly reports: Report[] = [];
  readonly work: DuplexWork;
  /** What the full line's session has sent. */
  readonly sent: SharedArrayBuffer;
  /** How often somebody waited for room. */
  waits = 0;
  /** Descriptors that are watched for receiving alone. */
  readonly watchedAlone = new Set<number>();
  readonly #opened: AsyncDisposableStack;

  private constructor(opened: AsyncDisposableStack, namespace: string) {
    this.#opened = opened;
    const poller = opened.use(openPoller());
    const receiving = opened.use(openPoller());
    const watch: RoomWatch = {
      add: (fd, token) => {
        this.watchedAlone.add(fd);
        receiving.add(fd, token);
      },
      remove: (fd) => {
        this.watchedAlone.delete(fd);
        receiving.remove(fd);
      },
      wait: (timeoutMs) => receiving.wait(timeoutMs),
      token: (index) => receiving.token(index),
      waitForRoom: (fd, timeoutMs, endsEarly) => {
        this.waits += 1;
        return receiving.waitForRoom(fd, timeoutMs, endsEarly);
      },
    };
    const start = {
      worker: 0,
      workers: 1,
      doorbell: -1,
      counters: allocateCounters(),
      turnTimes: allocateTurnTimes(),
    };
    this.work = new DuplexWork(poller, watch, 1, (report) => this.reports.push(report), start);
    // Nobody answers for 192.0.2.2, so the kernel keeps what is sent there while it asks who it is.
    const full = { kind: "udp", address: "0.0.0.0", sendBuffer: 4608, namespace } as const;
    this.sent = install(this.work, FULL, opened.use(openDatagramSocket(full)), "192.0.2.2");
    this.addFree(FREE);
  }

  /** One more line that is not full; the descriptor of its socket. */
  addFree(key: number): number {
    const socket = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
    install(this.work, key, this.#opened.use(socket), "127.0.0.1");
    return socket.descriptor.number;
  }

  static async open(): Promise<TwoLines> {
    await using opened = new AsyncDisposableStack();
    const namespaces = opened.use(new Namespaces("lwDw"));
    const namespace = await namespaces.add("full");
    const tap = opened.use(openTap({ namespace }));
    await namespaces.ip(namespace, "address", "add", "192.0.2.1/24", "dev", tap.name);
    await namespaces.ip(namespace, "link", "set", tap.name, "up");
    return new TwoLines(opened.move(), namespace);
  }

  /** Sends more than there is room for; what was sent. */
  fill(): number {
    const frames = Array.from({ length: FRAMES }, () => ethernetFrame(ARP, FRAME_OCTETS));
    this.work.apply({ kind: "transmitFrames", key: FULL, frames });
    const { transmittedFrames, drops } = readCounters(this.sent);
    assert(transmittedFrames > 0 && transmittedFrames < FRAMES, `${transmittedFrames} sent`);
    assertEquals(transmittedFrames + Object.values(drops).reduce((sum, n) => sum + n, 0), FRAMES);
    return transmittedFrames;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

testRequiring(TAP_NEEDS, "what is received does not wait for a line that is full", async () => {
  await using lines = await TwoLines.open();
  const frame = new Uint8Array(ethernetFrame(ARP));
  lines.work.apply({ kind: "transmitFrames", key: FREE, frames: [frame] });
  assertEquals(lines.reports, []);
  lines.fill();
  assertEquals(lines.reports, [{ kind: "frames", key: FREE, frames: [frame] }]);
});

testRequiring(
  TAP_NEEDS,
  "what goes on waits for a full line, and does not ask for it",
  async () => {
    await using lines = await TwoLines.open();
    lines.work.apply({ kind: "passOn", key: FREE, to: FULL });
    lines.work.apply({ kind: "transmitFrames", key: FREE, frames: [ethernetFrame(ARP)] });
    const sent = lines.fill();
    assertLessOrEqual(lines.waits, FRAMES - sent);
    assertEquals(lines.reports, []);
  },
);

testRequiring(
  TAP_NEEDS,
  "what is received is watched alone once a line has been full",
  async () => {
    await using lines = await TwoLines.open();
    assertEquals(lines.watchedAlone.size, 0);
    lines.fill();
    assertEquals(lines.watchedAlone.size, 2);
    const later = 3;
    const fd = lines.addFree(later);
    assertEquals(lines.watchedAlone.has(fd), true);
    const frame = new Uint8Array(ethernetFrame(ARP));
    lines.work.apply({ kind: "transmitFrames", key: later, frames: [frame] });
    lines.work.apply({ kind: "transmitFrames", key: FULL, frames: [ethernetFrame(ARP)] });
    assertEquals(lines.reports, [{ kind: "frames", key: later, frames: [frame] }]);
    lines.work.apply({ kind: "removeSession", key: later });
    lines.work.apply({ kind: "removeSocket", key: later });
    assertEquals([lines.watchedAlone.size, lines.watchedAlone.has(fd)], [2, false]);
  },
);
