/**
 * Received frames from one worker to another, where there are several.
 *
 * The kernel gives a worker everything of a peer, in large pieces: which flows are in them it does
 * not see. So whoever receives hands over what is another worker's, in the order in which it came:
 * all of a flow takes one way, and stays in order. See io/message_pipe.ts.
 *
 * A message is a table of what is in it, and then the frames; the words of the table are of this
 * machine alone.
 */

import { FrameGatherer, FrameReader } from "../io/frame_transfer.ts";
import { DROP_NO_BUFFER } from "./drop_reason.ts";
import { pickByFlow } from "./flow_hash.ts";
import type { FrameBatch } from "./frame_batch.ts";
import type { ReceiveRow } from "./session_row.ts";
import { ANY_WORKER, type WorkerPlace } from "./spread.ts";

/** Of the table: how many, and then of each the session's key, its length, its traffic class. */
const COUNT_OCTETS = 4;
const ENTRY_OCTETS = 12;
const KEY = 0;
const LENGTH = 4;
const CLASS = 8;
const IS_PACKET = 10;

/** Octets of frames in one message: what several large reads of a socket bring. */
const LONGEST_MESSAGE = 131_072;

/** What one worker has for another: gathered, then sent as one. */
class Outbox {
  readonly #fd: number;
  readonly #gatherer: FrameGatherer;
  readonly #rows: (ReceiveRow | undefined)[];
  #count = 0;
  #octets = 0;

  constructor(fd: number, batch: FrameBatch) {
    this.#fd = fd;
    this.#gatherer = new FrameGatherer(batch, tableOctets(batch.slots), batch.slots);
    this.#rows = new Array(batch.slots);
  }

  add(row: ReceiveRow, batch: FrameBatch, index: number, isPacket: boolean): void {
    const length = batch.lengths[index]!;
    if (this.#octets + length > LONGEST_MESSAGE) this.flush();
    if (this.#count === 0) this.#gatherer.begin();
    const at = COUNT_OCTETS + this.#count * ENTRY_OCTETS;
    const { header } = this.#gatherer;
    header.setUint32(at + KEY, row.key);
    header.setUint32(at + LENGTH, length);
    header.setUint16(at + CLASS, batch.trafficClasses[index]!);
    header.setUint16(at + IS_PACKET, isPacket ? 1 : 0);
    this.#gatherer.add(batch.starts[index]!, length);
    this.#rows[this.#count++] = row;
    this.#octets += length;
  }

  /** What finds no room is lost, as it would be in front of a socket whose reader is too slow. */
  flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#octets = 0;
    this.#gatherer.header.setUint32(0, count);
    if (this.#gatherer.write(this.#fd) > 0) return;
    for (let entry = 0; entry < count; entry++) this.#rows[entry]!.counters.dropped(DROP_NO_BUFFER);
  }
}

/** The ways from one worker to the others, and what goes there. */
export class Handover {
  readonly #worker: number;
  readonly #outboxes: readonly Outbox[];

  /** @param writers are the pipes' ends, the one to each worker in its place. */
  constructor(batch: FrameBatch, { worker }: WorkerPlace, writers: readonly number[]) {
    this.#worker = worker;
    this.#outboxes = writers.map((fd) => new Outbox(fd, batch));
  }

  /** Hands over a packet that nobody has looked into, if its session is another worker's. */
  takesPacket(row: ReceiveRow, batch: FrameBatch, index: number): boolean {
    const { worker } = row;
    if (worker === ANY_WORKER || worker === this.#worker) return false;
    this.#outboxes[worker]!.add(row, batch, index, true);
    return true;
  }

  /** Hands over a frame of a session's port, if its flow is another worker's. */
  takesFrame(row: ReceiveRow, batch: FrameBatch, index: number): boolean {
    if (row.worker !== ANY_WORKER || row.portHeader === undefined) return false;
    const { view, starts, lengths } = batch;
    const { length: workers } = this.#outboxes;
    const worker = pickByFlow(view, starts[index]!, lengths[index]!, row.portHeader, workers);
    if (worker === this.#worker) return false;
    this.#outboxes[worker]!.add(row, batch, index, false);
    return true;
  }

  /** Before the batch is used again. */
  flush(): void {
    for (const outbox of this.#outboxes) outbox.flush();
  }
}

/** What other workers hand over. */
export class HandoverSource {
  /** Of each frame in the batch: whose it is, and whether it is a whole packet. */
  readonly keys: Float64Array<ArrayBuffer>;
  readonly isPacket: Uint8Array<ArrayBuffer>;
  readonly #fd: number;
  readonly #reader: FrameReader;
  readonly #tableOctets: number;

  constructor(fd: number, batch: FrameBatch) {
    this.#fd = fd;
    this.#tableOctets = tableOctets(batch.slots);
    this.#reader = new FrameReader(batch, { longest: this.#tableOctets + LONGEST_MESSAGE });
    this.keys = new Float64Array(batch.slots);
    this.isPacket = new Uint8Array(batch.slots);
  }

  /** Fills the batch with one message; the number of frames, 0 where none waits. */
  receive(batch: FrameBatch): number {
    if (this.#reader.read(this.#fd, 0) <= 0) return 0;
    const { view } = batch;
    const table = batch.packetStart(0);
    const count = view.getUint32(table);
    let start = table + this.#tableOctets;
    for (let index = 0; index < count; index++) {
      const at = table + COUNT_OCTETS + index * ENTRY_OCTETS;
      const length = view.getUint32(at + LENGTH);
      this.keys[index] = view.getUint32(at + KEY);
      this.isPacket[index] = view.getUint16(at + IS_PACKET);
      batch.trafficClasses[index] = view.getUint16(at + CLASS);
      batch.locate(index, start, length);
      start += length;
    }
    return count;
  }
}

function tableOctets(slots: number): number {
  return COUNT_OCTETS + slots * ENTRY_OCTETS;
}
