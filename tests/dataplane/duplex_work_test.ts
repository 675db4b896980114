/** Both directions in one thread: neither waits for the other. */

import { assert, assertEquals } from "@std/assert";
import type { Report, SocketBinding } from "../../src/dataplane/commands.ts";
import { allocateCounters, readCounters } from "../../src/dataplane/counters.ts";
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

testRequiring(TAP_NEEDS, "what is received does not wait for a line that is full", async () => {
  await using namespaces = new Namespaces("lwDw");
  const namespace = await namespaces.add("full");
  using tap = openTap({ namespace });
  await namespaces.ip(namespace, "address", "add", "192.0.2.1/24", "dev", tap.name);
  await namespaces.ip(namespace, "link", "set", tap.name, "up");
  using full = openDatagramSocket({ kind: "udp", address: "0.0.0.0", sendBuffer: 4608, namespace });
  using free = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  using poller = openPoller();
  using receiving = openPoller();
  const reports: Report[] = [];
  const start = {
    worker: 0,
    workers: 1,
    doorbell: -1,
    counters: allocateCounters(),
    turnTimes: allocateTurnTimes(),
  };
  const work = new DuplexWork(poller, receiving, 1, (report) => reports.push(report), start);
  // Nobody answers for 192.0.2.2, so the kernel keeps what is sent there while it asks who that is.
  const sent = install(work, 1, full, "192.0.2.2");
  install(work, 2, free, "127.0.0.1");
  const frame = new Uint8Array(ethernetFrame(ARP));
  work.apply({ kind: "transmitFrames", key: 2, frames: [frame] });
  assertEquals(reports, []);
  const frames = Array.from({ length: FRAMES }, () => ethernetFrame(ARP, FRAME_OCTETS));
  work.apply({ kind: "transmitFrames", key: 1, frames });
  const { transmittedFrames, drops } = readCounters(sent);
  assert(transmittedFrames > 0 && transmittedFrames < FRAMES, `${transmittedFrames} sent`);
  assertEquals(transmittedFrames + Object.values(drops).reduce((sum, n) => sum + n, 0), FRAMES);
  assertEquals(reports, [{ kind: "frames", key: 2, frames: [frame] }]);
});
