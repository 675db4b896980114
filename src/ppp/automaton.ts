/**
 * The option negotiation automaton, which LCP and every network control protocol have one of: its
 * table as data, its Restart timer, its counter. It knows no packets.
 *
 * Read RFC 1661 §4 first; `TABLE` is §4.1's, row by row. Neither the passive nor the restart option
 * is used (§4.1, notes p and r): who does not answer is given up.
 */

/** In the order of the table's columns, 0 to 9. */
export const AUTOMATON_STATES = [
  "initial",
  "starting",
  "closed",
  "stopped",
  "closing",
  "stopping",
  "req-sent",
  "ack-rcvd",
  "ack-sent",
  "opened",
] as const;

/** A state of §4.2. */
export type AutomatonState = typeof AUTOMATON_STATES[number];

/** An event of §4.3. */
export type AutomatonEvent =
  | "up"
  | "down"
  | "open"
  | "close"
  | "to+"
  | "to-"
  | "rcr+"
  | "rcr-"
  | "rca"
  | "rcn"
  | "rtr"
  | "rta"
  | "ruc"
  | "rxj+"
  | "rxj-"
  | "rxr";

/** An action of §4.4 that somebody else has to do; the counter's are the automaton's own. */
export type AutomatonAction =
  | "tlu"
  | "tld"
  | "tls"
  | "tlf"
  | "scr"
  | "sca"
  | "scn"
  | "str"
  | "sta"
  | "scj"
  | "ser";

type Step = AutomatonAction | "irc" | "zrc";

/** Actions and the number of the next state; "-" is illegal and does nothing. */
type Cells = readonly [
  ...[string, string, string, string, string],
  ...[string, string, string, string, string],
];

// deno-fmt-ignore
const TABLE: Readonly<Record<AutomatonEvent, Cells>> = {
  "up":    ["2", "irc,scr/6", "-", "-", "-", "-", "-", "-", "-", "-"],
  "down":  ["-", "-", "0", "tls/1", "0", "1", "1", "1", "1", "tld/1"],
  "open":  ["tls/1", "1", "irc,scr/6", "3", "5", "5", "6", "7", "8", "9"],
  "close": ["0", "tlf/0", "2", "2", "4", "4", "irc,str/4", "irc,str/4", "irc,str/4", "tld,irc,str/4"],
  "to+":   ["-", "-", "-", "-", "str/4", "str/5", "scr/6", "scr/6", "scr/8", "-"],
  "to-":   ["-", "-", "-", "-", "tlf/2", "tlf/3", "tlf/3", "tlf/3", "tlf/3", "-"],
  "rcr+":  ["-", "-", "sta/2", "irc,scr,sca/8", "4", "5", "sca/8", "sca,tlu/9", "sca/8", "tld,scr,sca/8"],
  "rcr-":  ["-", "-", "sta/2", "irc,scr,scn/6", "4", "5", "scn/6", "scn/7", "scn/6", "tld,scr,scn/6"],
  "rca":   ["-", "-", "sta/2", "sta/3", "4", "5", "irc/7", "scr/6", "irc,tlu/9", "tld,scr/6"],
  "rcn":   ["-", "-", "sta/2", "sta/3", "4", "5", "irc,scr/6", "scr/6", "irc,scr/8", "tld,scr/6"],
  "rtr":   ["-", "-", "sta/2", "sta/3", "sta/4", "sta/5", "sta/6", "sta/6", "sta/6", "tld,zrc,sta/5"],
  "rta":   ["-", "-", "2", "3", "tlf/2", "tlf/3", "6", "6", "8", "tld,scr/6"],
  "ruc":   ["-", "-", "scj/2", "scj/3", "scj/4", "scj/5", "scj/6", "scj/7", "scj/8", "scj/9"],
  "rxj+":  ["-", "-", "2", "3", "4", "5", "6", "6", "8", "9"],
  "rxj-":  ["-", "-", "tlf/2", "tlf/3", "tlf/2", "tlf/3", "tlf/3", "tlf/3", "tlf/3", "tld,irc,str/5"],
  "rxr":   ["-", "-", "2", "3", "4", "5", "6", "7", "8", "ser/9"],
};

interface Transition {
  readonly steps: readonly Step[];
  readonly next: AutomatonState;
}

function readCell(cell: string): Transition | undefined {
  if (cell === "-") return undefined;
  const parts = cell.split("/");
  const next = AUTOMATON_STATES[Number(parts.at(-1))]!;
  return { steps: parts.length === 1 ? [] : parts[0]!.split(",") as Step[], next };
}

const TRANSITIONS: ReadonlyMap<string, Transition | undefined> = new Map(
  Object.entries(TABLE).flatMap(([event, cells]) =>
    cells.map((cell, index) => [`${AUTOMATON_STATES[index]} ${event}`, readCell(cell)] as const)
  ),
);

/** In these the Restart timer runs (§4.1). */
const TIMED: ReadonlySet<AutomatonState> = new Set(
  ["closing", "stopping", "req-sent", "ack-rcvd", "ack-sent"] as const,
);

/** The timer and the counters (PPP-19). */
export interface AutomatonLimits {
  /** The Restart timer in ms. */
  readonly restartMs: number;
  /** Configure-Requests without a valid answer. */
  readonly maxConfigure: number;
  /** Terminate-Requests without an answer. */
  readonly maxTerminate: number;
}

/** One automaton. It never has two reactions at a time: actions that end it are a row's last. */
export class Automaton {
  readonly #limits: AutomatonLimits;
  readonly #perform: (action: AutomatonAction, now: number) => void;
  #state: AutomatonState = "initial";
  #counter = 0;
  #restartAt: number | undefined;

  /** @param perform Does an action; when it is called, the automaton is in the new state. */
  constructor(limits: AutomatonLimits, perform: (action: AutomatonAction, now: number) => void) {
    this.#limits = limits;
    this.#perform = perform;
  }

  get state(): AutomatonState {
    return this.#state;
  }

  /** When the Restart timer expires; `undefined` where it does not run. */
  get restartAt(): number | undefined {
    return this.#restartAt;
  }

  /** Reacts to an event; to an illegal one by nothing. */
  handle(event: AutomatonEvent, now: number): void {
    const transition = TRANSITIONS.get(`${this.#state} ${event}`);
    if (transition === undefined) return;
    const { steps, next } = transition;
    this.#state = next;
    if (!TIMED.has(next)) this.#restartAt = undefined;
    for (const step of steps) this.#take(step, steps, now);
  }

  /** Whatever the timer has to say by now: TO+ while the counter lasts, then TO-. */
  handleTimeout(now: number): void {
    if (this.#restartAt === undefined || now < this.#restartAt) return;
    this.handle(this.#counter > 0 ? "to+" : "to-", now);
  }

  /** Is opened at once, with what others have negotiated (RFC 2661 §4.4.5). */
  enterOpened(now: number): void {
    this.#state = "opened";
    this.#restartAt = undefined;
    this.#perform("tlu", now);
  }

  #take(step: Step, steps: readonly Step[], now: number): void {
    const { maxConfigure, maxTerminate, restartMs } = this.#limits;
    switch (step) {
      case "irc":
        this.#counter = steps.includes("str") ? maxTerminate : maxConfigure;
        return;
      case "zrc":
        this.#counter = 0;
        this.#restartAt = now + restartMs;
        return;
      case "scr":
      case "str":
        this.#counter--;
        this.#restartAt = now + restartMs;
        break;
    }
    this.#perform(step, now);
  }
}
