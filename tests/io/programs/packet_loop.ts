/** The hot calls of a data plane's turn, on loopback: send a batch, receive it, write frames. */

import { DestinationTable } from "../../../src/io/destination_table.ts";
import { ReceiveBatch } from "../../../src/io/receive_batch.ts";
import { TransmitBatch } from "../../../src/io/transmit_batch.ts";
import { type DatagramSocket, openDatagramSocket } from "../../../src/io/datagram_socket.ts";
import { openDoorbell } from "../../../src/io/doorbell.ts";
import { FrameReader, FrameWriter } from "../../../src/io/frame_transfer.ts";
import { openPoller, type Poller } from "../../../src/io/poller.ts";
import { makeArena } from "../test_arena.ts";

/** Packets per turn. */
export const SLOTS = 16;
const LENGTH = 600;

/** A sender and a receiver over arenas of their own. */
export class PacketLoop implements Disposable {
  readonly #outgoing = makeArena(SLOTS, 2000, 64);
  readonly #incoming = makeArena(SLOTS, 2000, 64);
  readonly #destinations = new DestinationTable(2);
  readonly #sender: DatagramSocket = openDatagramSocket({ kind: "udp", address: "0.0.0.0" });
  readonly #receiver: DatagramSocket = openDatagramSocket({ kind: "udp", address: "127.0.0.1" });
  readonly #transmit = new TransmitBatch(this.#outgoing, SLOTS, this.#destinations);
  readonly #receive = new ReceiveBatch(this.#incoming);
  readonly #reader = new FrameReader(this.#incoming);
  readonly #writer = new FrameWriter(this.#incoming);
  readonly #poller: Poller = openPoller();
  /** Stands for a TAP: an eventfd takes and gives 8 octets. */
  readonly #interface = openDoorbell();
  #turns = 0;

  constructor() {
    this.#destinations.set(1, "127.0.0.1", this.#receiver.local);
    this.#poller.add(this.#receiver.descriptor.number, 1);
  }

  /** Moves one batch. @throws {Error} when any of it went wrong. */
  turn(): void {
    // Never 0, which an eventfd does not give back.
    this.#turns = this.#turns % 63 + 1;
    this.#send();
    if (this.#poller.wait(0) !== 1 || this.#poller.token(0) !== 1) throw new Error("not readable");
    const count = this.#receive.receive(this.#receiver.descriptor.number, false);
    if (count !== SLOTS) throw new Error(`${count} datagrams received`);
    for (let slot = 0; slot < count; slot++) this.#check(slot);
    if (this.#receive.receive(this.#receiver.descriptor.number, false) !== 0) {
      throw new Error("there was one more");
    }
    this.#passFrame();
  }

  [Symbol.dispose](): void {
    this.#poller.close();
    this.#sender.close();
    this.#receiver.close();
    this.#interface.close();
  }

  #send(): void {
    this.#transmit.clear();
    for (let slot = 0; slot < SLOTS; slot++) {
      const start = this.#outgoing.packetStart(slot) - slot;
      this.#outgoing.octets.fill(this.#turns + slot, start, start + LENGTH);
      this.#transmit.append(start, LENGTH, 1);
    }
    const sent = this.#transmit.flush(this.#sender.descriptor.number);
    if (sent !== SLOTS) throw new Error(`${sent} datagrams sent: ${this.#transmit.errors}`);
  }

  #check(slot: number): void {
    const start = this.#receive.starts[slot]!;
    const { octets } = this.#incoming;
    const wanted = this.#turns + slot;
    const right = this.#receive.lengths[slot] === LENGTH && octets[start] === wanted &&
      octets[start + LENGTH - 1] === wanted;
    if (!right) throw new Error(`datagram ${slot} is wrong`);
  }

  #passFrame(): void {
    const { number } = this.#interface.descriptor;
    const start = this.#incoming.packetStart(0);
    if (this.#writer.write(number, start, 8) !== 8) throw new Error("the frame was not written");
    const at = this.#incoming.packetStart(1);
    this.#incoming.octets.fill(0, at, at + 8);
    if (this.#reader.read(number, 1) !== 8) throw new Error("the frame was not read");
    if (this.#incoming.octets[at] !== this.#turns) throw new Error("the frame is wrong");
    if (this.#reader.read(number, 1) !== 0) throw new Error("there was one more frame");
  }
}
