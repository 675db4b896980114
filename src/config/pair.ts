/**
 * Both ends' configurations held against each other: `check --pair`.
 *
 * What each end asks of the other (cookie length, sublayer, sequencing of a dynamic session) needs
 * no agreement; ids, cookies and headers of static sessions must mirror each other.
 */

import { isAddressLiteral, isSameAddress } from "../endpoint/addresses.ts";
import { L2TP_PORT } from "../model/path.ts";
import type {
  Configuration,
  ConnectionConfiguration,
  SessionConfiguration,
  StaticSessionConfiguration,
  TapConfiguration,
} from "./configuration.ts";
import { splitHostAndPort } from "./address_forms.ts";
import { formatKey, type Mistake } from "./mistake.ts";
import type { KeyPath, YamlSource } from "./yaml_source.ts";

/** One end: what it runs, and the file it is from. */
export interface PairEnd {
  readonly configuration: Configuration;
  readonly source: YamlSource;
}

/** Tells of a mistake at a path of the first end's file. */
type Tell = (path: KeyPath, message: string, severity?: Mistake["severity"]) => void;

/** Everything in which two ends do not fit together. */
export function findPairMistakes(here: PairEnd, there: PairEnd): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const tellIn = (end: PairEnd): Tell => (path, message, severity = "error") => {
    const { source } = end;
    const place = source.valuePlace(path);
    mistakes.push({ severity, place, key: formatKey(source.written(path)), message });
  };
  const other = there.source.file;
  const connections = pairConnections(here.configuration, there.configuration);
  const statics = pairStatics(here.configuration, there.configuration);
  if (connections.length + statics.length === 0) {
    tellIn(here)([], `nothing in it is for ${other}: no connection and no static session fits`);
  }
  for (const [a, b] of connections) {
    compareConnections(a, b, other, tellIn(here));
    compareReach(a, b, there.configuration, other, tellIn(here));
    compareReach(b, a, here.configuration, here.source.file, tellIn(there));
    compareSessions(a, b, other, tellIn(here));
    for (const missing of a.join === undefined ? unanswered(b.sessions, a.sessions) : []) {
      const path = ["connections", b.name, "sessions", missing.name];
      tellIn(there)(path, `${here.source.file} has no session with this Remote End ID`);
    }
  }
  for (const [a, b] of statics) compareStatics(a, b, other, tellIn(here));
  return mistakes;
}

type Pairs<T> = readonly (readonly [T, T])[];

/**
 * Which connection of one end is which of the other: by address, or there is only one. Where the
 * addresses leave several, as for a hub whose spokes do not write their own, it is the one with the
 * same proof.
 */
function pairConnections(
  here: Configuration,
  there: Configuration,
): Pairs<ConnectionConfiguration> {
  const [a, ...moreHere] = here.connections;
  const [b, ...moreThere] = there.connections;
  if (a !== undefined && b !== undefined && moreHere.length + moreThere.length === 0) {
    return [[a, b]];
  }
  const fitting = here.connections.flatMap((one) =>
    there.connections.filter((two) => addressesFit(one, two)).map((two) => [one, two] as const)
  );
  const proven = fitting.filter(([one, two]) => proofsFit(one, two));
  return fitting.filter((pair) =>
    proven.includes(pair) || !proven.some(([one, two]) => one === pair[0] || two === pair[1])
  );
}

function proofsFit(a: ConnectionConfiguration, b: ConnectionConfiguration): boolean {
  const proof = authenticationOf(a);
  return proof === authenticationOf(b) && (proof === "none" || secretsFit(a, b));
}

function addressesFit(a: ConnectionConfiguration, b: ConnectionConfiguration): boolean {
  if (a.local === undefined && b.local === undefined) {
    return unanswered(a.sessions, b.sessions).length < a.sessions.length;
  }
  return (a.local === undefined || isSameAddress(hostOf(b.remote), a.local)) &&
    (b.local === undefined || isSameAddress(hostOf(a.remote), b.local));
}

function hostOf(remote: string): string {
  return splitHostAndPort(remote)?.host ?? remote;
}

/** Whether a remote is an address, and not the one that the peer has chosen; names may mean any. */
function misses(remote: string, local: string | undefined): boolean {
  const host = hostOf(remote);
  return local !== undefined && isAddressLiteral(host) && !isSameAddress(host, local);
}

function compareConnections(
  a: ConnectionConfiguration,
  b: ConnectionConfiguration,
  other: string,
  tell: Tell,
): void {
  const path = (key: string) => ["connections", a.name, key];
  const theirs = `${other} (${b.name})`;
  if (a.encapsulation !== b.encapsulation) {
    tell(path("encapsulation"), `is ${a.encapsulation} here and ${b.encapsulation} in ${theirs}`);
  }
  if (a.version !== b.version && a.version !== "auto" && b.version !== "auto") {
    tell(path("version"), `is ${a.version} here and ${b.version} in ${theirs}`);
  }
  if (!a.initiate && !b.initiate) {
    tell(path("initiate"), `is false on both ends: nobody begins; ${theirs}`);
  }
  if (authenticationOf(a) !== authenticationOf(b)) {
    tell(
      path("authentication"),
      `is ${authenticationOf(a)} here and ${authenticationOf(b)} in ${theirs}`,
    );
  } else if (authenticationOf(a) !== "none") {
    compareSecrets(a, b, theirs, (message) => tell(path("secret"), message));
  }
}

/** What is in force with a secret when `authentication` is left out. */
const DEFAULT_AUTHENTICATION = { 2: "challenge", 3: "digest", auto: "digest" } as const;

function authenticationOf({ authentication, secrets, version }: ConnectionConfiguration): string {
  if (authentication !== undefined) return authentication;
  if (secrets.length === 0) return "none";
  return DEFAULT_AUTHENTICATION[version];
}

/** During a rollover each end must accept what the other sends with. */
function secretsFit(a: ConnectionConfiguration, b: ConnectionConfiguration): boolean {
  const accepts = (end: ConnectionConfiguration, sender: ConnectionConfiguration) => {
    const [sent] = sender.secrets;
    return sent !== undefined && end.secrets.some((secret) => secret.equals(sent));
  };
  return accepts(a, b) && accepts(b, a);
}

function compareSecrets(
  a: ConnectionConfiguration,
  b: ConnectionConfiguration,
  theirs: string,
  tell: (message: string) => void,
): void {
  if (secretsFit(a, b)) return;
  tell(
    a.secrets.length + b.secrets.length > 2
      ? `the secret that one end sends with is not accepted by the other, ${theirs}`
      : `is not the secret of ${theirs}`,
  );
}

/** Whether `a`'s remote is a place where the other end is and listens. */
function compareReach(
  a: ConnectionConfiguration,
  b: ConnectionConfiguration,
  there: Configuration,
  other: string,
  tell: Tell,
): void {
  const remote = splitHostAndPort(a.remote);
  const path = ["connections", a.name, "remote"];
  if (remote === undefined || !a.initiate) return;
  if (misses(a.remote, b.local)) {
    tell(path, `is ${remote.host}, but ${other} uses local: ${b.local}`);
  }
  if (a.encapsulation === "ip") return;
  const port = remote.port ?? L2TP_PORT;
  const ports = new Set(
    there.listen.filter((entry) => entry.startsWith("udp://")).map((entry) =>
      splitHostAndPort(entry.slice("udp://".length))?.port ?? L2TP_PORT
    ),
  );
  if (!ports.has(port)) {
    const listens = [...ports].join(", ") || "none";
    tell(path, `means UDP port ${port}, but ${other} listens on ${listens}`);
  }
}

function endIdText({ remoteEndId }: SessionConfiguration): string {
  if (typeof remoteEndId === "string") return remoteEndId;
  return String.fromCharCode(...remoteEndId);
}

/** The sessions of one end that the other has no counterpart for. */
function unanswered(
  sessions: readonly SessionConfiguration[],
  others: readonly SessionConfiguration[],
): readonly SessionConfiguration[] {
  return sessions.filter((session) =>
    !others.some((other) => endIdText(other) === endIdText(session))
  );
}

function compareSessions(
  a: ConnectionConfiguration,
  b: ConnectionConfiguration,
  other: string,
  tell: Tell,
): void {
  for (const session of a.sessions) {
    const path = ["connections", a.name, "sessions", session.name];
    const peer = b.sessions.find((candidate) => endIdText(candidate) === endIdText(session));
    if (peer === undefined) {
      // What is not configured there goes on from there.
      if (b.join === undefined) tell(path, `${other} has no session with this Remote End ID`);
      continue;
    }
    const theirs = `${other} (${peer.name})`;
    comparePseudowires(path, session, peer, theirs, tell);
    compareInterfaces([...path, "attach"], session.attach, peer.attach, theirs, tell);
  }
}

function comparePseudowires(
  path: KeyPath,
  a: SessionConfiguration | StaticSessionConfiguration,
  b: SessionConfiguration | StaticSessionConfiguration,
  theirs: string,
  tell: Tell,
): void {
  if (a.pseudowire === b.pseudowire) return;
  tell([...path, "pseudowire"], `is ${a.pseudowire} here and ${b.pseudowire} in ${theirs}`);
}

/** One layer-2 network has one MTU, and each of its addresses once. */
function compareInterfaces(
  path: KeyPath,
  a: TapConfiguration,
  b: TapConfiguration,
  theirs: string,
  tell: Tell,
): void {
  if (a.mtu !== b.mtu) {
    tell([...path, "mtu"], `is ${a.mtu} here and ${b.mtu} in ${theirs}`, "warning");
  }
  for (const address of a.address ?? []) {
    const [host] = address.split("/");
    if ((b.address ?? []).some((candidate) => candidate.split("/")[0] === host)) {
      tell([...path, "address"], `${host} is an address in ${theirs} too`);
    }
  }
  if (a.mac !== undefined && a.mac === b.mac) {
    tell([...path, "mac"], `is the MAC address in ${theirs} too`);
  }
}

/** Static sessions belong together by their ids, or where only one end's id fits, by their names. */
function pairStatics(here: Configuration, there: Configuration): Pairs<StaticSessionConfiguration> {
  const [onlyHere, ...moreHere] = here.static;
  const [onlyThere, ...moreThere] = there.static;
  if (onlyHere && onlyThere && moreHere.length + moreThere.length === 0) {
    return [[onlyHere, onlyThere]];
  }
  return here.static.flatMap((a) =>
    there.static.filter((b) =>
      a.localSessionId === b.remoteSessionId || b.localSessionId === a.remoteSessionId
    ).map((b) => [a, b] as const)
  );
}

function compareStatics(
  a: StaticSessionConfiguration,
  b: StaticSessionConfiguration,
  other: string,
  tell: Tell,
): void {
  const path = ["static", a.name];
  const theirs = `${other} (${b.name})`;
  const mirror = (key: keyof StaticSessionConfiguration, mine: unknown, wanted: unknown) => {
    if (mine === wanted) return;
    tell([...path, key], `is ${mine}, but ${theirs} needs ${wanted} here`);
  };
  mirror("encapsulation", a.encapsulation, b.encapsulation);
  mirror("sublayer", a.sublayer, b.sublayer);
  mirror("localSessionId", a.localSessionId, b.remoteSessionId);
  mirror("remoteSessionId", a.remoteSessionId, b.localSessionId);
  if (a.encapsulation === "udp" && b.encapsulation === "udp") {
    mirror("localPort", a.localPort ?? L2TP_PORT, b.remotePort ?? L2TP_PORT);
    mirror("remotePort", a.remotePort ?? L2TP_PORT, b.localPort ?? L2TP_PORT);
  }
  if (misses(a.remote, b.local)) mirror("remote", a.remote, b.local);
  if (misses(b.remote, a.local)) mirror("local", a.local, b.remote);
  compareCookies(path, a, b, theirs, tell);
  comparePseudowires(path, a, b, theirs, tell);
  compareInterfaces([...path, "attach"], a.attach, b.attach, theirs, tell);
}

/** A cookie guards against blind injection (RFC 3931 §8.2), so its value is not repeated here. */
function compareCookies(
  path: KeyPath,
  a: StaticSessionConfiguration,
  b: StaticSessionConfiguration,
  theirs: string,
  tell: Tell,
): void {
  const same = (x: Uint8Array, y: Uint8Array) =>
    x.length === y.length && x.every((octet, index) => octet === y[index]);
  if (!same(a.receiveCookie, b.transmitCookie)) {
    tell([...path, "receiveCookie"], `is not the transmitCookie of ${theirs}`);
  }
  if (!same(a.transmitCookie, b.receiveCookie)) {
    tell([...path, "transmitCookie"], `is not the receiveCookie of ${theirs}`);
  }
}
