/** Playing a file: every frame at its time, in rounds, with pauses, on a clock of the test's. */

import { assertEquals } from "@std/assert";
import { Player, type PlayingOptions } from "../../src/endpoint/player.ts";

/** Frames of one octet, their own numbers, due at these times. */
function playbackOf(...times: readonly number[]) {
  const frames = times.map((atMs, number) => ({ octets: Uint8Array.of(number), atMs }));
  return { frames, roundMs: times.at(-1)! + 10, cutFrames: 0 };
}

/** A player, and what it has sent: `TIME: NUMBERS` for each call. */
class Stage {
  readonly sent: string[] = [];
  readonly player: Player;
  ended = 0;
  isAway = false;
  #now = 1000;
  #alarms: { at: number; action: () => void }[] = [];

  constructor(times: readonly number[], options: Partial<PlayingOptions> = {}) {
    this.player = new Player(playbackOf(...times), { pace: "original", loop: false, ...options }, {
      now: () => this.#now,
      after: (delayMs, action) => {
        const alarm = { at: this.#now + delayMs, action };
        this.#alarms.push(alarm);
        return () => this.#alarms = this.#alarms.filter((each) => each !== alarm);
      },
      transmit: (frames) => {
        if (this.isAway) return Promise.reject(new Error("no such session"));
        this.sent.push(`${this.#now - 1000}: ${frames.map(([number]) => number)}`);
        return Promise.resolve();
      },
      onEnd: () => this.ended++,
    });
  }

  /** Lets time pass until an instant, alarm by alarm. */
  async until(at: number): Promise<void> {
    for (let turn = 0; turn < 100; turn++) {
      // What was sent has left before anything else happens.
      for (let step = 0; step < 10; step++) await Promise.resolve();
      const [next] = this.#alarms.toSorted((a, b) => a.at - b.at);
      if (next === undefined || next.at > 1000 + at) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#now = next.at;
      next.action();
    }
    this.#now = 1000 + at;
  }
}

Deno.test("frames keep the intervals that they have in the file", async () => {
  const stage = new Stage([0, 5, 5, 300]);
  await stage.until(50);
  assertEquals(stage.sent, [], "nothing is played before it is asked for");
  stage.player.play();
  await stage.until(400);
  assertEquals(stage.sent, ["50: 0", "55: 1,2", "350: 3"]);
  assertEquals(stage.ended, 1);
});

Deno.test("a fast player waits for nothing but the way", async () => {
  const stage = new Stage([0, 5, 5, 300], { pace: "fast" });
  stage.player.play();
  await stage.until(0);
  assertEquals(stage.sent, ["0: 0,1,2,3"]);
});

Deno.test("a long file goes in pieces", async () => {
  const stage = new Stage(Array.from({ length: 150 }, () => 0));
  stage.player.play();
  await stage.until(0);
  assertEquals(stage.sent.map((text) => text.split(",").length), [64, 64, 22]);
});

Deno.test("a loop begins again when its round is over", async () => {
  const stage = new Stage([0, 20], { loop: true });
  stage.player.play();
  await stage.until(60);
  assertEquals(stage.sent, ["0: 0", "20: 1", "30: 0", "50: 1", "60: 0"]);
  assertEquals(stage.ended, 0);
});

Deno.test("a fast loop lets others have their turn after each round", async () => {
  const stage = new Stage([0], { loop: true, pace: "fast" });
  stage.player.play();
  await stage.until(0);
  assertEquals(stage.sent.length > 10, true, "it goes on");
  stage.player.pause();
});

Deno.test("after a pause it goes on where it was", async () => {
  const stage = new Stage([0, 10, 40]);
  stage.player.play();
  await stage.until(20);
  stage.player.pause();
  await stage.until(500);
  stage.player.play();
  await stage.until(600);
  assertEquals(stage.sent, ["0: 0", "10: 1", "500: 2"]);
});

Deno.test("what has been played is not played again by another session's beginning", async () => {
  const stage = new Stage([0]);
  stage.player.play();
  await stage.until(10);
  stage.player.pause();
  stage.player.play();
  await stage.until(20);
  assertEquals([stage.sent.length, stage.ended], [1, 1]);
});

Deno.test("a session that is gone ends it without a word", async () => {
  const stage = new Stage([0, 10]);
  stage.isAway = true;
  stage.player.play();
  await stage.until(100);
  assertEquals([stage.sent, stage.ended], [[], 0]);
});
