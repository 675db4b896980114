/**
 * Plays the frames of a file: each at its time, or one after the other, once or in a loop.
 *
 * Time, and waiting, are given to it: it knows neither a clock nor a session.
 */

import type { Playback } from "./playback.ts";
import type { Schedule } from "./request_queue.ts";

/** Frames that are sent together; the next are taken when these have left. */
const FRAMES_AT_ONCE = 64;

/** How a file is played. */
export interface PlayingOptions {
  readonly pace: "original" | "fast";
  readonly loop: boolean;
}

/** What a player works with. */
export interface PlayerSurroundings {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  readonly after: Schedule;
  /** Resolves when the frames have left; rejects where there is no way for them any more. */
  readonly transmit: (frames: readonly Uint8Array[]) => Promise<void>;
  /** The last frame has left, and there is no loop. */
  readonly onEnd: () => void;
}

/** One file being played. It begins paused. */
export class Player {
  readonly #playback: Playback;
  readonly #options: PlayingOptions;
  readonly #surroundings: PlayerSurroundings;
  #next = 0;
  /** When the first frame of this round is or was due. */
  #origin = 0;
  #isPlaying = false;
  #isTurning = false;
  #callOff: () => void = () => {};

  constructor(playback: Playback, options: PlayingOptions, surroundings: PlayerSurroundings) {
    this.#playback = playback;
    this.#options = options;
    this.#surroundings = surroundings;
  }

  /** Goes on where it was: the frame that is next is due now. */
  play(): void {
    const isOver = this.#next === this.#playback.frames.length;
    if (this.#isPlaying || isOver) return;
    this.#isPlaying = true;
    this.#origin = this.#surroundings.now() - this.#dueAfterOrigin(this.#next);
    void this.#turn();
  }

  /** Sends nothing more until `play`. */
  pause(): void {
    this.#isPlaying = false;
    this.#callOff();
  }

  async #turn(): Promise<void> {
    if (this.#isTurning) return;
    this.#isTurning = true;
    try {
      while (this.#isPlaying && this.#dueIn() <= 0) {
        await this.#surroundings.transmit(this.#takeDue());
        if (this.#next < this.#playback.frames.length) continue;
        this.#endRound();
        // Others have their turn, also where nothing ever has to be waited for.
        break;
      }
    } catch {
      // The session that the frames were for is being taken away.
      this.#isPlaying = false;
    } finally {
      this.#isTurning = false;
    }
    if (this.#isPlaying) this.#wait(Math.max(0, this.#dueIn()));
  }

  #wait(ms: number): void {
    this.#callOff();
    this.#callOff = this.#surroundings.after(ms, () => void this.#turn());
  }

  #endRound(): void {
    if (!this.#options.loop) {
      this.#isPlaying = false;
      return this.#surroundings.onEnd();
    }
    this.#next = 0;
    this.#origin += this.#options.pace === "fast" ? 0 : this.#playback.roundMs;
  }

  #dueIn(): number {
    return this.#origin + this.#dueAfterOrigin(this.#next) - this.#surroundings.now();
  }

  #dueAfterOrigin(index: number): number {
    return this.#options.pace === "fast" ? 0 : this.#playback.frames[index]?.atMs ?? 0;
  }

  #takeDue(): Uint8Array[] {
    const { frames } = this.#playback;
    const elapsed = this.#surroundings.now() - this.#origin;
    const taken: Uint8Array[] = [];
    while (taken.length < FRAMES_AT_ONCE && this.#next < frames.length) {
      if (this.#dueAfterOrigin(this.#next) > elapsed) break;
      taken.push(frames[this.#next++]!.octets);
    }
    return taken;
  }
}
