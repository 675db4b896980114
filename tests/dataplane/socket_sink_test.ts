/** Packets of equal length as one message, and what is done where the kernel does not cut it. */

import { assertEquals } from "@std/assert";
import { NOT_DROPPED } from "../../src/dataplane/drop_reason.ts";
import { FrameBatch } from "../../src/dataplane/frame_batch.ts";
import { Network, SendingSocket, SocketSink } from "../../src/dataplane/socket_sink.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { setSocketOption } from "../../src/io/socket_option.ts";
import { SOL_SOCKET, SOL_UDP } from "../../src/io/abi.ts";
import { eventually } from "../harness/eventually.ts";

/** A socket that makes no checksums cannot have messages cut either: EINVAL. See socket(7). */
const SO_NO_CHECK = 11;
const UDP_NO_CHECK6_TX = 101;

/** Of equal length, a shorter one at the end; then of another length. */
const LENGTHS = [...new Array(12).fill(200), 120, ...new Array(6).fill(90), 300];

function sinkTo(
  from: DatagramSocket,
  to: DatagramSocket,
  batch: FrameBatch,
  family: "ipv4" | "ipv6",
): SocketSink {
  const socket = { key: 1, fd: from.descriptor.number, encapsulation: "udp", family } as const;
  const sending = new SendingSocket({ ...socket, segments: from.canSegment() });
  const path = { encapsulation: "udp", local: from.local, remote: to.local } as const;
  return new SocketSink(sending, new Network(batch, () => false), path);
}

for (const [family, address] of [["ipv4", "127.0.0.1"], ["ipv6", "::1"]] as const) {
  for (const refuses of [false, true]) {
    const what = refuses ? "refuses to cut" : "cuts";
    Deno.test(`packets of a message that the kernel ${what} arrive in their order, over ${family}`, async () => {
      using from = openDatagramSocket({ kind: "udp", address });
      using to = openDatagramSocket({ kind: "udp", address, receiveBuffer: 1 << 20 });
      if (refuses) {
        const [level, option] = family === "ipv4"
          ? [SOL_SOCKET, SO_NO_CHECK] as const
          : [SOL_UDP, UDP_NO_CHECK6_TX] as const;
        setSocketOption(from.descriptor.number, level, option, 1, "make no checksums");
        // Else a packet without one is nobody's in IPv6 (RFC 8200 §8.1).
        if (family === "ipv6") {
          setSocketOption(to.descriptor.number, SOL_UDP, option + 1, 1, "take those");
        }
      }
      const batch = new FrameBatch();
      const sink = sinkTo(from, to, batch, family);
      const frames = LENGTHS.map((length, index) => new Uint8Array(length).fill(index));
      for (const round of [1, 2]) {
        for (const [index, frame] of frames.entries()) batch.place(index, frame);
        sink.send(batch, 0, frames.length);
        assertEquals([...batch.drops.subarray(0, frames.length)], frames.map(() => NOT_DROPPED));
        const arrived: Uint8Array[] = [];
        await eventually(() => {
          for (let got = to.receive(); got !== undefined; got = to.receive()) {
            arrived.push(got.octets.slice());
          }
          return arrived.length >= frames.length;
        }, `every packet of round ${round}`);
        assertEquals(arrived, frames);
      }
    });
  }
}
