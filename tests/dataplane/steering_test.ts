/** The kernel's split of control from data, over UDP (no root) and over IP (root). */

import { assertEquals, assertThrows } from "@std/assert";
import { openTransport, type Transport } from "../../src/dataplane/steering.ts";
import { type DatagramSocket, openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { SystemError } from "../../src/io/system_error.ts";
import { L2TP_IP_PROTOCOL } from "../../src/model/path.ts";
import { requiresRoot } from "../harness/requires.ts";
import { openDescriptors } from "../io/descriptors.ts";

const SCCRQ_START = Uint8Array.of(0xc8, 3, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0);
const V3_DATA = Uint8Array.of(0, 3, 0, 0, 0, 0, 0, 7, 1, 2, 3, 4);
const V2_DATA = Uint8Array.of(0, 2, 0, 1, 0, 2, 0xff, 3);

/** First octets of everything that waits at a socket. */
function waiting(socket: DatagramSocket): number[] {
  const first: number[] = [];
  for (let got = socket.receive(); got !== undefined; got = socket.receive()) {
    first.push(got.octets[0] ?? -1);
  }
  return first;
}

/** Sends from a socket of its own each time, so that no hash of ports can pass for the program. */
function sendEach(transport: Transport, datagrams: readonly Uint8Array[]): void {
  const { local } = transport.control;
  const kind = local.port === 0 ? { protocol: L2TP_IP_PROTOCOL } : "udp";
  for (const octets of datagrams) {
    using sender = openDatagramSocket({ kind, address: local.address });
    assertEquals(sender.send(octets, sender.local, local), 0);
  }
}

function manyOf(...datagrams: Uint8Array[]): Uint8Array[] {
  return Array.from({ length: 60 }, (_, index) => datagrams[index % datagrams.length]!);
}

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test(`UDP on ${address}: T = 1 to control, T = 0 of any version to data [V3-UDP-01, V3-CO-01]`, () => {
    const transport = openTransport({ encapsulation: "udp", address, port: 0 });
    try {
      assertEquals(transport.data.local, transport.control.local);
      sendEach(transport, manyOf(SCCRQ_START, V3_DATA, V2_DATA));
      assertEquals(waiting(transport.control), new Array(20).fill(0xc8));
      assertEquals(waiting(transport.data), new Array(40).fill(0));
    } finally {
      transport.close();
    }
  });

  requiresRoot(
    `IP on ${address}: Session ID 0 to control, the rest to data [V3-IP-03, V3-IP-05]`,
    () => {
      const transport = openTransport({ encapsulation: "ip", address });
      const control = Uint8Array.of(0, 0, 0, 0, ...SCCRQ_START);
      const data = [
        Uint8Array.of(1, 0, 0, 0, 9),
        Uint8Array.of(1, 0xc8, 3, 0, 9),
        Uint8Array.of(1, 1, 1, 1),
      ];
      try {
        sendEach(transport, manyOf(control, ...data));
        assertEquals(waiting(transport.control), new Array(15).fill(0));
        assertEquals(waiting(transport.data), new Array(45).fill(1));
      } finally {
        transport.close();
      }
    },
  );
}

Deno.test("an empty datagram is the control socket's to refuse", () => {
  const transport = openTransport({ encapsulation: "udp", address: "127.0.0.1", port: 0 });
  try {
    sendEach(transport, [new Uint8Array(0)]);
    assertEquals([waiting(transport.control), waiting(transport.data)], [[-1], []]);
  } finally {
    transport.close();
  }
});

Deno.test("a port in use is refused, also by another transport, and no descriptor is left", () => {
  const first = openTransport({ encapsulation: "udp", address: "127.0.0.1", port: 0 });
  const { port } = first.control.local;
  const before = openDescriptors();
  const second = () => openTransport({ encapsulation: "udp", address: "127.0.0.1", port });
  assertEquals(assertThrows(second, SystemError).code, "EADDRINUSE");
  assertEquals(openDescriptors(), before);
  first.close();
  second().close();
});
