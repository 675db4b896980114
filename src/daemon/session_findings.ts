/**
 * Sessions whose peer sends otherwise than was configured, or agreed on, with what repairs each.
 *
 * Read RFC 3931 §4.1 (what a data packet has in front of its frame). No cookie is in a finding.
 */

import type { Arrival, Mismatch } from "../endpoint/arrivals.ts";

/** Something that is wrong, and what puts it right. */
export interface Finding {
  /** A word that stays the same: for scripts. */
  readonly code: string;
  /** What it is about: a connection, a session, the system. */
  readonly subject: string;
  readonly text: string;
  /** A command, or what to change where. */
  readonly repair: string;
}

/** A session that can tell whether a packet is as it should be. */
export type Witness =
  & {
    readonly name: string;
    readonly localSessionId: number;
    judge(arrival: Arrival): Mismatch | undefined;
  }
  & (
    | { readonly kind: "static" }
    /** Cookie, sublayer and identifier were agreed on by a control connection. */
    | { readonly kind: "agreed"; readonly connection: string }
  );

/** What the arrivals of a moment show of each session: one mistake, and who else uses its ID. */
export function sessionFindings(
  witnesses: readonly Witness[],
  arrivals: readonly Arrival[],
): Finding[] {
  const known = new Set(witnesses.map(({ localSessionId }) => localSessionId));
  return witnesses.flatMap((witness) =>
    mismatchesOf(witness, arrivals, known).map((mismatch) => findingOf(witness, mismatch))
  );
}

function mismatchesOf(
  witness: Witness,
  arrivals: readonly Arrival[],
  known: ReadonlySet<number>,
): Mismatch[] {
  const counts = new Map<string, { readonly mismatch: Mismatch; count: number }>();
  for (const arrival of arrivals) {
    const mismatch = witness.judge(arrival);
    if (mismatch === undefined || isAnothers(witness, mismatch, known)) continue;
    const seen = counts.get(mismatch.kind) ?? { mismatch, count: 0 };
    seen.count++;
    counts.set(mismatch.kind, seen);
  }
  // What most packets show is what is wrong; a collision is one however few they are.
  const all = [...counts.values()].sort((a, b) => b.count - a.count)
    .map(({ mismatch }) => mismatch);
  const most = all.find(({ kind }) => kind !== "id-collision");
  const collision = all.find(({ kind }) => kind === "id-collision");
  return [most, collision].filter((each) => each !== undefined);
}

/**
 * Whether a packet is for another session of the same peer; one that was agreed on has its
 * identifier from us, and what comes for others is of a time before.
 */
function isAnothers({ kind }: Witness, mismatch: Mismatch, known: ReadonlySet<number>): boolean {
  return mismatch.kind === "session-id" && (kind === "agreed" || known.has(mismatch.arrives));
}

function findingOf(witness: Witness, mismatch: Mismatch): Finding {
  const { name } = witness;
  const [code, text] = wordsOf(witness, mismatch);
  if (witness.kind === "static") {
    return { code, subject: `static session ${name}`, text, repair: staticRepair(name, mismatch) };
  }
  const { connection } = witness;
  const subject = `session ${connection}/${name}`;
  return { code, subject, text, repair: agreedRepair(connection, name, mismatch) };
}

/** A mismatch's code and text. */
function wordsOf(
  { kind, localSessionId }: Witness,
  mismatch: Mismatch,
): readonly [code: string, text: string] {
  const wanted = kind === "static" ? "expected" : "agreed on";
  switch (mismatch.kind) {
    case "encapsulation": {
      const { arrives } = mismatch;
      const expected = arrives === "udp" ? "ip" : "udp";
      return ["wrong-encapsulation", `the peer sends over ${arrives}, ${expected} is ${wanted}`];
    }
    case "port": {
      const { arrives, expected } = mismatch;
      return ["wrong-port", `the peer sends to UDP port ${arrives}, it is ${expected} here`];
    }
    case "session-id": {
      const text = `the peer sends to Session ID ${mismatch.arrives}, ours is ${localSessionId}`;
      return ["wrong-session-id", text];
    }
    case "id-collision": {
      const text = `${mismatch.from}, which is not its peer, sends to its Session ID ` +
        `${localSessionId}, too`;
      return ["id-collision", text];
    }
    case "cookie-length": {
      const { arrives, expected } = mismatch;
      const text = `the peer's cookie has ${arrives} octets, ${expected} are ${wanted}`;
      return ["wrong-cookie-length", text];
    }
    case "cookie-value":
      return ["wrong-cookie", "the peer's cookie is of the right length and has another value"];
    case "sublayer": {
      const [what, expected] = mismatch.arrives === "none"
        ? ["no sublayer", "default"]
        : ["the default sublayer", "none"];
      return ["sublayer-mismatch", `the peer sends ${what}, ${expected} is ${wanted}`];
    }
    default:
      return mismatch satisfies never;
  }
}

function staticRepair(name: string, mismatch: Mismatch): string {
  const [key, value] = staticKey(mismatch);
  return `set static.${name}.${key} to ${value}, or change the peer; then longwire reload`;
}

/** The key that cures it, with the value that would. */
function staticKey(mismatch: Mismatch): readonly [key: string, value: string] {
  switch (mismatch.kind) {
    case "encapsulation":
      return ["encapsulation", mismatch.arrives];
    case "port":
      return ["localPort", `${mismatch.arrives}`];
    case "session-id":
      return ["localSessionId", `${mismatch.arrives}`];
    case "id-collision":
      return ["localSessionId", "an identifier that no other session has"];
    case "cookie-length":
      return ["receiveCookie", `the peer's, of ${mismatch.arrives} octets`];
    case "cookie-value":
      return ["receiveCookie", "what the peer sends"];
    case "sublayer":
      return ["sublayer", mismatch.arrives];
    default:
      return mismatch satisfies never;
  }
}

/** The peer has agreed to something else: it is asked again, or for what it sends anyway. */
function agreedRepair(connection: string, name: string, mismatch: Mismatch): string {
  const again = `longwire restart ${connection}`;
  const session = `connections.${connection}.sessions.${name}`;
  switch (mismatch.kind) {
    case "cookie-length":
      return `${again}; if it stays, set ${session}.cookie to ${mismatch.arrives}, which the ` +
        "peer sends whatever is agreed; then longwire reload";
    case "sublayer":
      return `${again}; if it stays, set ${session}.sublayer to ${mismatch.arrives}, which the ` +
        "peer sends whatever is agreed; then longwire reload";
    case "encapsulation":
      return `set connections.${connection}.encapsulation to ${mismatch.arrives}, or change the ` +
        "peer; then longwire reload";
    case "port":
      return "change the peer: its data belong to the port of its control messages; then " + again;
    case "id-collision":
      return `${again}, which chooses another identifier; then ask ${mismatch.from} why it sends`;
    case "cookie-value":
    case "session-id":
      return again;
    default:
      return mismatch satisfies never;
  }
}
