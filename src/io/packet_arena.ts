/**
 * One stretch of memory cut into equal slots, each with headroom before the packet.
 *
 * A packet is (slot, offset, length) in here and is never copied: headers are written into the
 * headroom or skipped. The memory belongs to the thread that made it, until that thread ends.
 */

/** Slots for packets. */
export class PacketArena {
  /** All slots, one after the other. */
  readonly octets: Uint8Array<ArrayBuffer>;
  /** The same memory, for reading and writing numbers. */
  readonly view: DataView<ArrayBuffer>;
  readonly slots: number;
  readonly slotSize: number;
  /** Octets before the place where packets are received. */
  readonly headroom: number;
  /** The longest packet that can be received into a slot. */
  readonly capacity: number;

  /** @param slotSize octets per slot, headroom included. */
  constructor(slots: number, slotSize: number, headroom: number) {
    if (slotSize <= headroom) throw new RangeError(`slots of ${slotSize} are all headroom`);
    this.octets = new Uint8Array(new ArrayBuffer(slots * slotSize));
    this.view = new DataView(this.octets.buffer);
    this.slots = slots;
    this.slotSize = slotSize;
    this.headroom = headroom;
    this.capacity = slotSize - headroom;
  }

  /** Offset in `octets` at which packets are received into a slot. */
  packetStart(slot: number): number {
    return slot * this.slotSize + this.headroom;
  }
}
