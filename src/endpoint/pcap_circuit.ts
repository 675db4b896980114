/**
 * Capture files as attachment circuit: the frames of one are played to the peer, those from the peer
 * are recorded into another. For tests, and for whoever looks for a fault.
 *
 * Frames are of the pseudowire's own kind (link_types.ts). A file begins to play when the session is
 * up and the peer's circuit works, and waits while either is not so.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import { monotonicMs } from "../io/clock.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { HdlcProtocol } from "../model/session_descriptor.ts";
import { type AttachmentCircuit, Tenancy } from "./attachment_circuit.ts";
import { recordedLinkType } from "./link_types.ts";
import { logger } from "./logger.ts";
import type { PcapAttachment } from "./attachment_options.ts";
import { Player } from "./player.ts";
import { type Playback, readPlayback } from "./playback.ts";
import { Recording } from "./recording.ts";
import type { Schedule } from "./request_queue.ts";

/** A session's files; it has one session in its life. */
export class PcapCircuit implements AttachmentCircuit {
  readonly streams = undefined;
  readonly interfaceName = undefined;
  readonly mtu = undefined;
  readonly active = true;
  readonly port: SessionPort;
  readonly tenancy = new Tenancy();
  readonly #player: Player | undefined;
  #recording: Recording | undefined;

  /**
   * @throws {TypeError} where neither file is named. @throws {Error} for a file that cannot be read,
   *   or is of another kind.
   */
  constructor(
    { play, record, recordLimit: limit, pace = "original", loop = false }: PcapAttachment,
    pseudowire: PseudowireType,
    hdlc: HdlcProtocol | undefined,
    after: Schedule,
  ) {
    if (play === undefined && record === undefined) {
      throw new TypeError("attach.pcap: neither a file to play nor one to record into");
    }
    if (play !== undefined) {
      this.#player = this.#makePlayer(play, { pace, loop }, pseudowire, after);
    }
    if (record !== undefined) {
      this.#recording = new Recording(record, recordedLinkType(pseudowire, hdlc), { limit });
    }
    this.port = { kind: "streams", onFrames: (frames) => this.#record(frames, record) };
  }

  /** Frames are as long as they were. */
  fit(): void {}

  /** There is somebody to play to, or there is not. */
  setCarrier(up: boolean): void {
    if (up) this.#player?.play();
    else this.#player?.pause();
  }

  close(): void {
    this.#player?.pause();
    this.#stopRecording();
  }

  #makePlayer(
    file: string,
    options: Required<Pick<PcapAttachment, "pace" | "loop">>,
    pseudowire: PseudowireType,
    after: Schedule,
  ): Player {
    const playback = readable(file, pseudowire);
    const { frames, cutFrames } = playback;
    if (cutFrames > 0) {
      logger.warn("{file}: {cutFrames} frames are there in part, and are left out", {
        file,
        cutFrames,
      });
    }
    return new Player(playback, options, {
      now: monotonicMs,
      after,
      transmit: async (due) => await this.tenancy.user?.transmit(due),
      onEnd: () => logger.info("{file}: {count} frames played", { file, count: frames.length }),
    });
  }

  /** Where there is no room for what comes, what is played goes on. */
  #record(frames: readonly Uint8Array[], file: string | undefined): void {
    try {
      this.#recording?.add(frames);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      logger.warn("{file}: what comes is no longer recorded: {text}", { file, text });
      this.#stopRecording();
    }
  }

  #stopRecording(): void {
    this.#recording?.close();
    this.#recording = undefined;
  }
}

/** A session's error has to name the file: its configuration is out of sight. */
function readable(file: string, pseudowire: PseudowireType): Playback {
  try {
    return readPlayback(file, pseudowire);
  } catch (error) {
    throw new Error(`${file} cannot be played: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
