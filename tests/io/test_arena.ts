/**
 * An arena for the tests of this folder: the shape that io's batches need, and nothing more.
 */

import type { PacketArena } from "../../src/io/packet_arena.ts";

/** Slots of `capacity` octets, each after `headroom` octets. */
export function makeArena(slots: number, capacity: number, headroom: number): PacketArena {
  const slotSize = headroom + capacity;
  return {
    octets: new Uint8Array(new ArrayBuffer(slots * slotSize)),
    slots,
    slotSize,
    headroom,
    capacity,
    packetStart: (slot) => slot * slotSize + headroom,
  };
}

/** Writes a packet to where a slot's begin; answers its offset. */
export function placePacket(arena: PacketArena, slot: number, packet: Uint8Array): number {
  const start = arena.packetStart(slot);
  arena.octets.set(packet, start);
  return start;
}

/** `length` octets that tell which packet they belong to. */
export function numberedPacket(number: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (number + index) & 0xff);
}
