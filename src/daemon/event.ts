/**
 * What the daemon tells of as it happens: one record per change of state, with the chain of causes
 * that led to it, in fields for programs and in one sentence for people.
 *
 * Texts are the endpoint's own and quote peers with escapes; no secret and no cookie is in them.
 */

import { formatTransportAddress } from "../endpoint/addresses.ts";
import type { EndpointChange } from "../endpoint/observation.ts";
import type { LifeState, PppStatus } from "../endpoint/status.ts";
import type { CloseReason } from "../model/close_reason.ts";

/** What is told, before it has a number and a time. */
export interface News {
  readonly kind:
    | "connection"
    | "session"
    | "circuit"
    | "path"
    | "ppp"
    | "order"
    | "reload"
    | "daemon";
  /** The connection's name; null where it is about none, as for a static session. */
  readonly connection: string | null;
  /** The session's name; null where it is about the connection or the daemon. */
  readonly session: string | null;
  /** The new state, in the words of `status`; for a circuit whose it is, too: `remote up`;
   * for a path what it holds: `mtu 1400`. */
  readonly state: string;
  /** Why, outermost first: `connection closed`, then why it was. Empty where nothing went wrong. */
  readonly causes: readonly string[];
  /** Result Code of the StopCCN or CDN, where one was sent or received. */
  readonly resultCode?: number;
  /** General Error Code, likewise. */
  readonly errorCode?: number;
  /** When the next attempt is, ISO 8601; only in state `waiting`. */
  readonly retryAt?: string;
  /** All of it in one sentence. */
  readonly text: string;
}

/** One record of the event stream. */
export interface DaemonEvent extends News {
  /** Counts from 1 since the daemon was started. */
  readonly id: number;
  /** When, ISO 8601. */
  readonly at: string;
}

/** Takes news. */
export type Announce = (news: News) => void;

const VERBS: Readonly<Record<LifeState, string>> = {
  connecting: "connecting",
  established: "up",
  closing: "closing",
  closed: "down",
};

type ChangeOf<K extends EndpointChange["kind"]> = Extract<EndpointChange, { kind: K }>;

/** What a change at the endpoint is called here. */
export function newsOfChange(change: EndpointChange): News {
  switch (change.kind) {
    case "connection":
      return connectionNews(change);
    case "session":
      return sessionNews(change);
    case "path":
      return pathNews(change);
    case "circuit":
      return circuitNews(change);
    case "ppp":
      return pppNews(change);
    default:
      return change satisfies never;
  }
}

function connectionNews(change: ChangeOf<"connection">): News {
  const place = formatTransportAddress(change.path.remote);
  const where = change.state === "connecting"
    ? ` to ${place}`
    : change.state === "established"
    ? `: ${change.hostName ?? "a peer"} at ${place}`
    : whyText(change.reason);
  const text = `connection ${change.name} ${VERBS[change.state]}${where}`;
  const names = { connection: change.name, session: null };
  return { kind: "connection", ...names, ...lifeOf(change), text };
}

function sessionNews(change: ChangeOf<"session">): News {
  const what = change.interface === undefined
    ? ""
    : `: ${change.interface}, mtu ${change.mtu ?? "-"}`;
  const detail = change.state === "established" ? what : whyText(change.reason);
  const text = `session ${change.name} ${VERBS[change.state]}${detail}`;
  const names = { connection: change.connection ?? null, session: change.name };
  return { kind: "session", ...names, ...lifeOf(change), text };
}

function pathNews(change: ChangeOf<"path">): News {
  const { name, connection = null, pathMtu, before, mtu } = change;
  const was = before === undefined ? "" : ` instead of ${before}`;
  const fitted = mtu === undefined ? "" : `; its interface has mtu ${mtu}`;
  return {
    kind: "path",
    connection,
    session: name,
    state: `mtu ${pathMtu}`,
    causes: [],
    text: `session ${name}: the path holds ${pathMtu} octets${was}${fitted}`,
  };
}

function circuitNews(change: ChangeOf<"circuit">): News {
  const { name, connection = null, end, state } = change;
  const whose = end === "local" ? "our circuit" : "the peer's circuit";
  return {
    kind: "circuit",
    connection,
    session: name,
    state: `${end} ${state}`,
    causes: [],
    text: `session ${name}: ${whose} is ${state}`,
  };
}

function pppNews(change: ChangeOf<"ppp">): News {
  const { name, connection = null, status } = change;
  return {
    kind: "ppp",
    connection,
    session: name,
    state: status.state,
    causes: [],
    text: `session ${name}: PPP ${pppText(status)}`,
  };
}

function pppText({ state, user, localAddress, remoteAddress, dns, bridged }: PppStatus): string {
  if (state !== "up") return `is in state ${state}`;
  const words = [
    ...(user === null ? [] : [`user ${user}`]),
    ...(localAddress === null ? [] : [`${localAddress} to ${remoteAddress ?? "a nameless peer"}`]),
    ...(bridged ? ["bridging"] : []),
    ...(dns.length === 0 ? [] : [`name servers ${dns.join(" ")}`]),
  ];
  return `is up${words.length === 0 ? "" : `: ${words.join(", ")}`}`;
}

function whyText(reason: CloseReason | undefined): string {
  return reason === undefined ? "" : `: ${reason.text}`;
}

/** A state that is over is `idle`, as `status` has it. */
function lifeOf(
  { state, reason }: { readonly state: LifeState; readonly reason?: CloseReason },
): Pick<News, "state" | "causes" | "resultCode" | "errorCode"> {
  return {
    state: state === "closed" ? "idle" : state,
    causes: causesOf(reason),
    ...(reason?.resultCode === undefined ? {} : { resultCode: reason.resultCode }),
    ...(reason?.errorCode === undefined ? {} : { errorCode: reason.errorCode }),
  };
}

/** A reason's chain, link by link, outermost first. */
export function causesOf(reason: CloseReason | undefined): readonly string[] {
  if (reason === undefined) return [];
  const { text, because } = reason;
  if (because === undefined || !text.endsWith(because.text)) return [text];
  const own = text.slice(0, text.length - because.text.length).replace(/:? *$/, "");
  return [own, ...causesOf(because)];
}

/** What has failed, a connection or a session, and when it is tried again, if it is. */
export function failureNews(
  { connection, session }: { readonly connection: string | null; readonly session: string | null },
  { lastError, retryAt }: {
    readonly lastError: string | null;
    readonly retryAt?: Date | undefined;
  },
  now: Date = new Date(),
): News {
  const kind = session === null ? "connection" : "session";
  const problem = lastError ?? "for no known reason";
  const seconds = (((retryAt ?? now).getTime() - now.getTime()) / 1000).toFixed(1);
  const what = retryAt === undefined ? "idle" : `waiting: next attempt in ${seconds} s`;
  return {
    kind,
    connection,
    session,
    state: retryAt === undefined ? "idle" : "waiting",
    causes: [problem],
    ...(retryAt === undefined ? {} : { retryAt: retryAt.toISOString() }),
    text: `${kind} ${session ?? connection} ${what}: ${problem}`,
  };
}

/** An order of the operator's. */
export function orderNews(connection: string, action: string): News {
  const text = `connection ${connection}: ${action}, by its operator`;
  return { kind: "order", connection, session: null, state: action, causes: [], text };
}

/** A reload: how many differences it has made, or why it has made none. */
export function reloadNews(differences: number, mistakes: number, ok: boolean): News {
  const common = { kind: "reload", connection: null, session: null } as const;
  if (ok) {
    const text = `reload: ${differences} ${differences === 1 ? "change" : "changes"}`;
    return { ...common, state: "done", causes: [], text };
  }
  const cause = `the configuration has ${mistakes} ${mistakes === 1 ? "mistake" : "mistakes"}`;
  return { ...common, state: "refused", causes: [cause], text: `reload refused: ${cause}` };
}

/** A change that nobody has confirmed is no more. */
export function takenBackNews(differences: number): News {
  const changes = `${differences} ${differences === 1 ? "change" : "changes"}`;
  return {
    kind: "reload",
    connection: null,
    session: null,
    state: "taken back",
    causes: ["nobody has confirmed it in time"],
    text: `reload taken back: ${changes} undone, nobody has confirmed them in time`,
  };
}

/** The daemon itself. */
export function daemonNews(state: "started" | "stopping"): News {
  const common = { connection: null, session: null, causes: [] };
  return { kind: "daemon", ...common, state, text: `the daemon is ${state}` };
}
