/**
 * The matrix: every combination of encapsulation, address family, cookie, sublayer, sequencing and
 * of static and dynamic sessions, as two configurations with one session for each.
 */

import type { Encapsulation } from "../../src/model/path.ts";
import type { ConfigurationText } from "./daemon.ts";
import { type End, SITE_A, SITE_B, type TwoSites } from "./two_sites.ts";

/** One combination that must carry frames. */
export interface Cell {
  readonly index: number;
  readonly kind: "static" | "dynamic";
  readonly encapsulation: Encapsulation;
  readonly family: "ipv4" | "ipv6";
  readonly cookie: 0 | 4 | 8;
  readonly sublayer: "none" | "default";
  readonly sequencing: "none" | "all";
}

/** Interface MTU in the cells; the link between the sites has room for every header around it. */
export const CELL_MTU = 1500;
export const CELL_LINK_MTU = 1600;

/**
 * UDP ports of the static sessions: not the dynamic ones' 1701, and another at each end. End A has
 * one for all of them, end B one for each, as foreign peers have.
 */
function staticPort(end: End, cell: Cell): number {
  return end === "a" ? 5001 : 5100 + cell.index;
}

const COOKIES = { 4: "1020304", 8: "102030405060708" };

/** All combinations; `sequencing` without a sublayer is none, for RFC 3931 §5.4.4 forbids it. */
export const CELLS: readonly Cell[] = combinations().map((cell, index) => ({ ...cell, index }));

function combinations(): Omit<Cell, "index">[] {
  return (["static", "dynamic"] as const).flatMap((kind) =>
    (["udp", "ip"] as const).flatMap((encapsulation) =>
      (["ipv4", "ipv6"] as const).flatMap((family) =>
        ([0, 4, 8] as const).flatMap((cookie) => [
          { kind, encapsulation, family, cookie, sublayer: "none", sequencing: "none" } as const,
          { kind, encapsulation, family, cookie, sublayer: "default", sequencing: "none" } as const,
          { kind, encapsulation, family, cookie, sublayer: "default", sequencing: "all" } as const,
        ])
      )
    )
  );
}

/** The cell in words; also its session's name. */
export function cellName(cell: Cell): string {
  const { kind, encapsulation, family, cookie, sublayer, sequencing } = cell;
  return `${kind}-${encapsulation}-${family}-cookie-${cookie}-${sublayer}-${sequencing}`;
}

/** The TAP of a cell, the same name at both ends. */
export function cellTap(cell: Cell): string {
  return `cell${cell.index}`;
}

/** The address of a cell's TAP in LAN A or B. */
export function cellAddress(cell: Cell, end: End): string {
  return `10.91.${cell.index}.${end === "a" ? 1 : 2}`;
}

/** The configuration of one end with a session for every cell. */
export function matrixConfiguration(
  sites: TwoSites,
  end: End,
  cells: readonly Cell[],
): ConfigurationText {
  const lan = end === "a" ? sites.lanA : sites.lanB;
  const own = end === "a" ? SITE_A : SITE_B;
  const attach = (cell: Cell) => ({
    tap: cellTap(cell),
    mtu: CELL_MTU,
    address: `${cellAddress(cell, end)}/24`,
    namespace: lan,
  });
  return {
    hostName: `site-${end}.example`,
    listen: [
      ...[`udp://${own.ipv4}`, `udp://[${own.ipv6}]`],
      ...[`ip://${own.ipv4}`, `ip://[${own.ipv6}]`],
    ],
    connections: connections(end, cells.filter(({ kind }) => kind === "dynamic"), attach),
    static: Object.fromEntries(
      cells.filter(({ kind }) => kind === "static")
        .map((cell) => [cellName(cell), { ...staticSession(end, cell), attach: attach(cell) }]),
    ),
  };
}

function connections(
  end: End,
  cells: readonly Cell[],
  attach: (cell: Cell) => unknown,
): Record<string, unknown> {
  const named: Record<string, { sessions: Record<string, unknown> }> = {};
  for (const cell of cells) {
    const { encapsulation, family, cookie, sublayer, sequencing } = cell;
    const name = `${encapsulation}-${family}`;
    const connection = named[name] ??= Object.assign({
      remote: (end === "a" ? SITE_B : SITE_A)[family],
      local: (end === "a" ? SITE_A : SITE_B)[family],
      encapsulation,
      initiate: end === "a",
      secret: { file: "secret" },
    }, { sessions: {} });
    connection.sessions[cellName(cell)] = { cookie, sublayer, sequencing, attach: attach(cell) };
  }
  return named;
}

/** What end `end` of a static session reads and writes; cookies are hex digits. */
export interface StaticEnd {
  readonly local: string;
  readonly remote: string;
  readonly localPort: number;
  readonly remotePort: number;
  readonly localSessionId: number;
  readonly remoteSessionId: number;
  readonly receiveCookie: string;
  readonly transmitCookie: string;
}

/** One end of a static cell. */
export function staticEnd(end: End, cell: Cell): StaticEnd {
  const other = end === "a" ? "b" : "a";
  const sessionId = (to: End) => (to === "a" ? 1000 : 2000) + cell.index;
  // Another cookie in each direction: the receiver's letter, then what is common.
  const cookie = (to: End) => cell.cookie === 0 ? "" : `${to}${COOKIES[cell.cookie]}`;
  return {
    local: (end === "a" ? SITE_A : SITE_B)[cell.family],
    remote: (end === "a" ? SITE_B : SITE_A)[cell.family],
    localPort: staticPort(end, cell),
    remotePort: staticPort(other, cell),
    localSessionId: sessionId(end),
    remoteSessionId: sessionId(other),
    receiveCookie: cookie(end),
    transmitCookie: cookie(other),
  };
}

function staticSession(end: End, cell: Cell): Record<string, unknown> {
  const { encapsulation, sublayer, sequencing } = cell;
  const { localPort, remotePort, receiveCookie, transmitCookie, ...rest } = staticEnd(end, cell);
  return {
    ...rest,
    encapsulation,
    ...(encapsulation === "udp" ? { localPort, remotePort } : {}),
    ...(cell.cookie === 0
      ? {}
      : { receiveCookie: `0x${receiveCookie}`, transmitCookie: `0x${transmitCookie}` }),
    sublayer,
    sequencing,
  };
}
