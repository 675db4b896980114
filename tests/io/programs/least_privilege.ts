/** Uses every kind of call that works without root; libc_test.ts runs it with little permission. */

import { monotonicMs } from "../../../src/io/clock.ts";
import { openDatagramSocket } from "../../../src/io/datagram_socket.ts";
import { openDoorbell } from "../../../src/io/doorbell.ts";
import { kernelEntropy } from "../../../src/io/entropy.ts";
import { openLinkMonitor } from "../../../src/io/link_monitor.ts";
import { openInterfaces } from "../../../src/io/network_interface.ts";
import { openPoller } from "../../../src/io/poller.ts";
import { answer, assembleBpf, attachReuseportProgram } from "../../../src/io/bpf.ts";
import { routeTo } from "../../../src/io/route.ts";
import { PacketLoop } from "./packet_loop.ts";

monotonicMs();
kernelEntropy.fill(new Uint8Array(8));
routeTo("127.0.0.1");
using interfaces = openInterfaces();
interfaces.links();
using monitor = openLinkMonitor();
monitor.events();
using socket = openDatagramSocket({ kind: "udp", address: "127.0.0.1", reusePort: true });
attachReuseportProgram(socket.descriptor.number, assembleBpf([answer(0)]));
socket.send(Uint8Array.of(1), socket.local, socket.local);
if (socket.receive()?.octets[0] !== 1) throw new Error("a datagram was lost");
using packets = new PacketLoop();
packets.turn();
using bell = openDoorbell();
using poller = openPoller();
poller.add(bell.descriptor.number, 1);
bell.ring();
if (await poller.waitAsync(1000) !== 1) throw new Error("the doorbell was not heard");
console.log("everything worked");
