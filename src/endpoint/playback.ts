/**
 * The frames of a capture file, to be played to a peer: which ones, and when each is due.
 *
 * Read link_types.ts first.
 */

import type { PseudowireType } from "../model/pseudowire_type.ts";
import { linkTypeText, playableLinkTypes } from "./link_types.ts";
import type { RecordedPacket } from "./pcap.ts";
import { readCapture } from "./pcapng.ts";

const NANOSECONDS_PER_MS = 1_000_000;

/** A file of one frame has no rhythm of its own. */
const LONE_FRAME_INTERVAL_MS = 1000;

/** One frame of a file. */
export interface PlayedFrame {
  readonly octets: Uint8Array;
  /** Milliseconds after the first; never less than those of the frame before. */
  readonly atMs: number;
}

/** What a file gives. */
export interface Playback {
  readonly frames: readonly PlayedFrame[];
  /** Milliseconds from the first frame until it is due again, where the file is played in a loop. */
  readonly roundMs: number;
  /** Frames that the file has only the beginning of: half a frame is none. */
  readonly cutFrames: number;
}

/**
 * Reads the whole of a capture file that is to be played into a pseudowire.
 *
 * @throws {RangeError} for a file that is no capture, or whose frames are of another kind. @throws {Error} what the system says of one that cannot be read.
 */
export function readPlayback(file: string, pseudowire: PseudowireType): Playback {
  const packets = [...readCapture(Deno.readFileSync(file))];
  const playable = playableLinkTypes(pseudowire);
  const foreign = packets.find(({ linkType }) => !playable.includes(linkType));
  if (foreign !== undefined) {
    const wanted = playable.map(linkTypeText).join(" or ");
    throw new RangeError(
      `it has frames of link type ${linkTypeText(foreign.linkType)}; ` +
        `pseudowire ${pseudowire} carries ${wanted}`,
    );
  }
  const whole = packets.filter(({ octets, originalLength }) => octets.length >= originalLength);
  if (whole.length === 0) throw new RangeError("it has no whole frame");
  const frames = timed(whole);
  const lastMs = frames.at(-1)!.atMs;
  const meanInterval = lastMs / Math.max(1, frames.length - 1);
  return {
    frames,
    roundMs: frames.length === 1 ? LONE_FRAME_INTERVAL_MS : lastMs + meanInterval,
    cutFrames: packets.length - whole.length,
  };
}

/** Captures of several interfaces in one file may go back in time. */
function timed(packets: readonly RecordedPacket[]): PlayedFrame[] {
  const first = packets[0]!.at;
  let latest = 0;
  return packets.map(({ octets, at }) => {
    latest = Math.max(latest, Number(at - first) / NANOSECONDS_PER_MS);
    return { octets, atMs: latest };
  });
}
