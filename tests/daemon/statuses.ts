/** A status with everything in it, for layouts and metrics. */

import type { Durations } from "../../src/endpoint/status.ts";
import type { DaemonStatus, KeptSessionStatus } from "../../src/daemon/status.ts";

/** The instant that the statuses are of. */
export const NOW = Date.parse("2026-01-02T03:04:05.000Z");

function ago(seconds: number): string {
  return new Date(NOW - seconds * 1000).toISOString();
}

const TURNS: Durations = { classes: [[0.1, 5], [1, 2]], count: 7, sumMs: 2.5 };

/** An established session. */
export const SESSION: KeptSessionStatus = {
  name: "lan",
  state: "established",
  since: ago(183_600),
  pseudowire: "ethernet",
  interface: "lw0",
  mtu: 1446,
  path: {
    mtu: 1500,
    payload: 1446,
    fragmentation: "allow",
    oversize: "carry",
    tcpMss: { ipv4: 1406, ipv6: 1386 },
    dscp: 0,
    ecn: false,
  },
  localSessionId: 1,
  remoteSessionId: 2,
  sublayer: "default",
  sequencing: "none",
  receiveCookieLength: 8,
  transmitCookieLength: 8,
  circuit: { local: "up", remote: "up" },
  lastError: null,
  counters: {
    receivedFrames: 12,
    receivedOctets: 1_234_567_890,
    transmittedFrames: 34,
    transmittedOctets: 3_400,
    earlyPackets: 3,
    lostPackets: 2,
    drops: { cookie: 3, sequence: 0 },
  },
};

/** One connection up, one waiting, and a static session. */
export const STATUS: DaemonStatus = {
  schema: 1,
  version: "0.1.0",
  hostName: "lan-a.example",
  startedAt: ago(200_000),
  configuration: "/etc/longwire/site-a.yaml",
  connections: [
    {
      name: "paris",
      state: "established",
      since: ago(183_605),
      version: 3,
      encapsulation: "udp",
      local: { address: "192.0.2.1", port: 1701, id: 305_419_896 },
      remote: { address: "198.51.100.7", port: 1701, id: 2_596_069_104, hostName: "b\x1b[2J" },
      retransmissions: 4,
      channel: {
        nextNs: 7,
        nr: 5,
        unacknowledged: 1,
        queued: 0,
        peerWindow: 16,
        congestionWindow: 4,
        messages: { sent: { SCCRQ: 2, HELLO: 3, ACK: 4 }, received: { SCCRP: 1, ACK: 3 } },
        helloRoundTrips: { classes: [[1, 0], [5, 2], [10, 0]], count: 3, sumMs: 31, lastMs: 23.4 },
        lastReceived: ago(12),
        lastTransmitted: ago(72),
      },
      lastError: "the peer was silent",
      failures: 0,
      sessions: [SESSION],
    },
    {
      name: "oslo",
      state: "waiting",
      since: ago(10),
      retryAt: new Date(NOW + 4_000).toISOString(),
      version: 3,
      encapsulation: "ip",
      local: { address: "", port: 0, id: 0 },
      remote: { address: "2001:db8::7", port: 0, id: 0, hostName: null },
      retransmissions: 0,
      channel: null,
      lastError: "cannot resolve\x07 oslo",
      failures: 2,
      sessions: [],
    },
  ],
  static: [{ ...SESSION, name: "to-linux", interface: "lw1", lastError: null }],
  lns: [{
    name: "dialin",
    interface: "lns0",
    localAddress: "10.201.0.1",
    connections: 1,
    users: [{
      user: "alice\x07",
      state: "up",
      since: ago(90),
      address: "10.201.0.17",
      authentication: "ms-chap-v2",
      connection: "dialin/203.0.113.7:1701",
      session: "call-1",
      remote: "203.0.113.7:1701",
      hostName: "laptop",
      receivedOctets: 1_234,
      transmittedOctets: 56,
    }],
  }],
  counters: {
    workerTurns: TURNS,
    halfOpen: 2,
    controlDrops: { "unknown-peer": 5 },
    dataDrops: {},
    sendErrors: { ENETUNREACH: 1 },
    fragments: { reassembled: 7, reassemblyFailures: 1, created: 14 },
  },
};
