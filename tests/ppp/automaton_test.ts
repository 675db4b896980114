/** The automaton against the table that RFC 1661 §4.1 prints, cell by cell, and its timer. */

import { assertEquals } from "@std/assert";
import {
  Automaton,
  AUTOMATON_STATES,
  type AutomatonAction,
  type AutomatonEvent,
  type AutomatonState,
} from "../../src/ppp/automaton.ts";

/** As it is printed, both halves; letters are footnotes. */
const PRINTED = `
 Up   |    2     irc,scr/6     -         -         -         -
 Down |    -         -         0       tls/1       0         1
 Open |  tls/1       1     irc,scr/6     3r        5r        5r
 Close|    0       tlf/0       2         2         4         4
  TO+ |    -         -         -         -       str/4     str/5
  TO- |    -         -         -         -       tlf/2     tlf/3
 RCR+ |    -         -       sta/2 irc,scr,sca/8   4         5
 RCR- |    -         -       sta/2 irc,scr,scn/6   4         5
 RCA  |    -         -       sta/2     sta/3       4         5
 RCN  |    -         -       sta/2     sta/3       4         5
 RTR  |    -         -       sta/2     sta/3     sta/4     sta/5
 RTA  |    -         -         2         3       tlf/2     tlf/3
 RUC  |    -         -       scj/2     scj/3     scj/4     scj/5
 RXJ+ |    -         -         2         3         4         5
 RXJ- |    -         -       tlf/2     tlf/3     tlf/2     tlf/3
 RXR  |    -         -         2         3         4         5
 Up   |    -         -         -           -
 Down |    1         1         1         tld/1
 Open |    6         7         8           9r
 Close|irc,str/4 irc,str/4 irc,str/4 tld,irc,str/4
  TO+ |  scr/6     scr/6     scr/8         -
  TO- |  tlf/3p    tlf/3p    tlf/3p        -
 RCR+ |  sca/8   sca,tlu/9   sca/8   tld,scr,sca/8
 RCR- |  scn/6     scn/7     scn/6   tld,scr,scn/6
 RCA  |  irc/7     scr/6x  irc,tlu/9   tld,scr/6x
 RCN  |irc,scr/6   scr/6x  irc,scr/8   tld,scr/6x
 RTR  |  sta/6     sta/6     sta/6   tld,zrc,sta/5
 RTA  |    6         6         8       tld,scr/6
 RUC  |  scj/6     scj/7     scj/8       scj/9
 RXJ+ |    6         6         8           9
 RXJ- |  tlf/3     tlf/3     tlf/3   tld,irc,str/5
 RXR  |    6         7         8         ser/9
`;

interface Cell {
  readonly state: AutomatonState;
  readonly event: AutomatonEvent;
  readonly actions: readonly string[];
  readonly next: AutomatonState;
}

/** Cells of both halves; an illegal event changes nothing. */
function printedCells(): Cell[] {
  const cells = new Map<string, string[]>();
  for (const line of PRINTED.trim().split("\n")) {
    const [event, row] = line.split("|");
    const name = event!.trim().toLowerCase();
    const found = cells.get(name) ?? [];
    cells.set(name, [...found, ...row!.trim().split(/\s+/)]);
  }
  return [...cells].flatMap(([event, row]) =>
    row.map((cell, index): Cell => {
      const state = AUTOMATON_STATES[index]!;
      const [, steps = "", next] = /^(?:([a-z,]+)\/)?(\d)[prx]?$/.exec(cell) ?? [];
      return {
        state,
        event: event as AutomatonEvent,
        actions: steps.split(",").filter((step) => step !== "" && !/^[iz]rc$/.test(step)),
        next: next === undefined ? state : AUTOMATON_STATES[Number(next)]!,
      };
    })
  );
}

const LIMITS = { restartMs: 3_000, maxConfigure: 10, maxTerminate: 2 };

/** Events that lead to each state from the first. */
const WAY: Readonly<Record<AutomatonState, readonly AutomatonEvent[]>> = {
  "initial": [],
  "starting": ["open"],
  "closed": ["up"],
  "stopped": ["open", "up", "to-"],
  "closing": ["open", "up", "close"],
  "stopping": ["open", "up", "rcr+", "rca", "rtr"],
  "req-sent": ["open", "up"],
  "ack-rcvd": ["open", "up", "rca"],
  "ack-sent": ["open", "up", "rcr+"],
  "opened": ["open", "up", "rcr+", "rca"],
};

function automatonIn(state: AutomatonState): { automaton: Automaton; actions: AutomatonAction[] } {
  const actions: AutomatonAction[] = [];
  const automaton = new Automaton(LIMITS, (action) => void actions.push(action));
  for (const event of WAY[state]) automaton.handle(event, 0);
  assertEquals(automaton.state, state);
  actions.length = 0;
  return { automaton, actions };
}

Deno.test("every event in every state does what RFC 1661 §4.1 prints", () => {
  const cells = printedCells();
  assertEquals(cells.length, 16 * 10);
  for (const { state, event, actions: expected, next } of cells) {
    const { automaton, actions } = automatonIn(state);
    automaton.handle(event, 0);
    assertEquals(actions, expected, `${event} in ${state}`);
    assertEquals(automaton.state, next, `${event} in ${state}`);
  }
});

Deno.test("the Restart timer runs where the table has TO events, and nowhere else", () => {
  const timed = AUTOMATON_STATES.filter((state) =>
    automatonIn(state).automaton.restartAt !== undefined
  );
  assertEquals(timed, ["closing", "stopping", "req-sent", "ack-rcvd", "ack-sent"]);
});

function timesOf(action: AutomatonAction, begin: readonly AutomatonEvent[]): number[] {
  const times: number[] = [];
  let now = 0;
  const automaton = new Automaton(LIMITS, (done) => {
    if (done === action) times.push(now);
  });
  for (const event of begin) automaton.handle(event, now);
  while (automaton.restartAt !== undefined) {
    now = automaton.restartAt;
    automaton.handleTimeout(now - 1);
    automaton.handleTimeout(now);
  }
  return times;
}

Deno.test("requests go out Max-Configure times, Restart timer apart [PPP-19]", () => {
  assertEquals(timesOf("scr", ["open", "up"]), [...Array(10).keys()].map((i) => i * 3_000));
  assertEquals(timesOf("tlf", ["open", "up"]), [30_000]);
  assertEquals(timesOf("str", ["open", "up", "close"]), [0, 3_000]);
  assertEquals(timesOf("tlf", ["open", "up", "close"]), [6_000]);
});

Deno.test("who has been terminated waits a Restart time before he leaves (RFC 1661 §3.7)", () => {
  assertEquals(timesOf("tlf", ["open", "up", "rcr+", "rca", "rtr"]), [3_000]);
});
