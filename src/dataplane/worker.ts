/**
 * One worker thread of the data plane: its sessions, and the loop. worker_thread.ts starts it.
 *
 * The loop blocks in the kernel, where neither messages nor `terminate()` reach it. Commands are
 * therefore posted first and the doorbell rung after: the loop ends, the event loop delivers as
 * many messages as the bell rang, and the last of them starts the loop again. See DESIGN section 5.
 */

import { monotonicMs } from "../io/clock.ts";
import { answerDoorbell } from "../io/doorbell.ts";
import { openPoller, type Poller } from "../io/poller.ts";
import { SystemError } from "../io/system_error.ts";
import { BUSY_POLL_MS, BusyPolling } from "./busy_polling.ts";
import type { Command, NumberedCommand, Report, WorkerStart } from "./commands.ts";
import { DuplexWork } from "./duplex_work.ts";
import { Rehearsal } from "./rehearsal.ts";
import { TurnClock } from "./turn_times.ts";

/** The poller's tokens: the doorbell's, and those that the work may give. */
const DOORBELL_TOKEN = 0;
const FIRST_WORK_TOKEN = 1;

/** A program that starts has better things to do; once it has been quiet for so long it is up. */
const START_QUIET_MS = 100;

/** What the runtime calls `self` in a worker. */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: Report, transfer: Transferable[]): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

function report(message: Report, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

/** Waiting, and the way in for commands. */
class WorkerLoop {
  readonly #poller: Poller;
  /** Of what receives alone, for when there is no room to send. */
  readonly #receiving: Poller;
  readonly #doorbell: number;
  readonly #work: DuplexWork;
  readonly #clock: TurnClock;
  /** Absent where whoever is waited for needs the same processor. */
  readonly #busyPolling = navigator.hardwareConcurrency > 1 ? new BusyPolling() : undefined;
  /** Messages that were announced and have not been delivered yet. */
  #announced = 0;
  #stopped = false;
  /** Goes on whenever nothing is there to do; before it has begun, what it begins with. */
  #rehearsal: Rehearsal | WorkerStart | undefined;

  constructor(start: WorkerStart) {
    this.#poller = openPoller();
    this.#receiving = openPoller();
    this.#doorbell = start.doorbell;
    this.#poller.add(start.doorbell, DOORBELL_TOKEN);
    this.#clock = new TurnClock(start.turnTimes);
    this.#work = new DuplexWork(this.#poller, this.#receiving, FIRST_WORK_TOKEN, report, start);
    if (start.rehearses) this.#rehearsal = start;
  }

  handle(commands: readonly NumberedCommand[]): void {
    this.#announced -= 1;
    const answers = commands.map(({ id, command }) => ({ id, refusal: this.#apply(command) }));
    report({ kind: "answers", answers });
    if (commands.some(({ command }) => command.kind === "stop")) this.#stop();
    this.run();
  }

  /** Forwards until a message is announced. */
  run(): void {
    let restsSince = monotonicMs();
    let next = this.#work.tend(restsSince);
    while (this.#announced <= 0 && !this.#stopped) {
      const ready = this.#wait(next);
      if (ready < 0) throw new SystemError("epoll_wait", -ready, "wait for frames");
      if (ready === 0 && next === Infinity && this.#rehearsal !== undefined) {
        this.#rehearse(this.#rehearsal);
      }
      const wokenAt = monotonicMs();
      let packets = 0;
      for (let index = 0; index < ready; index++) packets += this.#serve(this.#poller.token(index));
      this.#busyPolling?.note(this.#poller.token(0), packets, wokenAt - restsSince);
      next = this.#work.tend(monotonicMs());
      restsSince = monotonicMs();
      this.#clock.note(restsSince - wokenAt);
    }
  }

  #wait(next: number): number {
    if (this.#busyPolling?.pays && next === Infinity) {
      const ready = this.#poller.poll(BUSY_POLL_MS);
      if (ready !== 0) return ready;
    }
    return this.#poller.wait(this.#timeout(next));
  }

  /** How long to wait where there is something to do after `next` milliseconds, or never. */
  #timeout(next: number): number {
    if (this.#rehearsal instanceof Rehearsal) return 0;
    const least = this.#rehearsal === undefined ? next : Math.min(next, START_QUIET_MS);
    return least === Infinity ? -1 : Math.max(least, 0);
  }

  #rehearse(rehearsal: Rehearsal | WorkerStart): void {
    if (!(rehearsal instanceof Rehearsal)) this.#rehearsal = openRehearsal(rehearsal);
    else if (!rehearsal.goOn()) this.#endRehearsal();
  }

  #endRehearsal(): void {
    if (this.#rehearsal instanceof Rehearsal) this.#rehearsal[Symbol.dispose]();
    this.#rehearsal = undefined;
  }

  /** How many packets it brought. */
  #serve(token: number): number {
    if (token !== DOORBELL_TOKEN) return this.#work.turn(token);
    this.#announced += answerDoorbell(this.#doorbell);
    return 0;
  }

  /** A command that cannot be done is its sender's mistake, and answered; the loop goes on. */
  #apply(command: Command): string | undefined {
    try {
      this.#work.apply(command);
      return undefined;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof SystemError)) throw error;
      return error.message;
    }
  }

  #stop(): void {
    this.#stopped = true;
    this.#endRehearsal();
    this.#poller.close();
    this.#receiving.close();
    scope.close();
  }
}

/** Where there is no loopback the code gets fast in use. */
function openRehearsal(start: WorkerStart): Rehearsal | undefined {
  try {
    return new Rehearsal(start);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

function serve(): void {
  let loop: WorkerLoop | undefined;
  scope.onmessage = ({ data }: MessageEvent<WorkerStart | readonly NumberedCommand[]>) => {
    if (!("doorbell" in data)) return loop?.handle(data);
    loop = new WorkerLoop(data);
    loop.run();
  };
}

serve();
