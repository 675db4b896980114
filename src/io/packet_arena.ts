/**
 * One stretch of memory cut into equal slots, each with headroom before the packet.
 *
 * A packet is (offset, length) in there and is never copied: headers are written into the headroom
 * or skipped. Batches point the kernel at this memory, and so keep a reference to it.
 */

/** Slots for packets, as the batches of this folder see them. */
export interface PacketArena {
  /** All slots, one after the other: the whole of its buffer or a part of it. */
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly slots: number;
  /** Octets per slot, headroom included. */
  readonly slotSize: number;
  /** Octets before the place where packets are received. */
  readonly headroom: number;
  /** The longest packet that can be received into a slot: `slotSize` less `headroom`. */
  readonly capacity: number;
  /** Offset in `octets` at which packets are received into a slot. */
  packetStart(slot: number): number;
}
