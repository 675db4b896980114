/**
 * What several keys of the configuration must agree on, within a session and within a connection;
 * what no two of them may share is in sameness_rules.ts.
 *
 * A rule is asked only where the keys it reads were well formed, so that one mistake is told once.
 * The numbers of protocol rules are those of RFC 3931 unless said otherwise.
 */

import { ipVersionOf, isAddressLiteral } from "../endpoint/addresses.ts";
import { isIpv6, L2TP_PORT } from "../model/path.ts";
import type { ConnectionDraft, Draft, SessionDraft, StaticDraft } from "./draft.ts";
import { error, type Fault } from "./fault.ts";
import { splitHostAndPort } from "./address_forms.ts";
import { payloadFaults } from "./payload_rules.ts";
import { lnsFaults, pppFaults } from "./ppp_rules.ts";
import { sameEndIds, samenessFaults } from "./sameness_rules.ts";
import type { KeyPath } from "./yaml_source.ts";

type Encapsulation = ConnectionDraft["encapsulation"];

/** Every broken rule of a configuration. */
export function findFaults(draft: Draft): Fault[] {
  const connections = draft.connections();
  const sessions = connections.flatMap(([path, value]) => draft.sessions(path, value));
  const statics = draft.statics();
  return [
    ...connections.flatMap(([path, value]) => [
      ...authenticationFaults(path, value),
      ...transportFaults(path, value),
      ...listenFaults(path, value, draft.listen()),
      ...sameEndIds(draft.sessions(path, value)),
      ...versionFaults(value, draft.sessions(path, value)),
      ...joinFaults(path, value, draft.connectionNames()),
    ]),
    ...sessions.flatMap(([path, value]) => [
      ...circuitFaults(path, value),
      ...retryFaults(path, value),
      ...pppFaults(path, value),
    ]),
    ...lnsFaults(draft),
    ...statics.flatMap(([path, value]) => [
      ...staticFaults(path, value),
      ...circuitFaults(path, value),
      ...pppFaults(path, value),
    ]),
    ...samenessFaults(connections, sessions, statics),
  ];
}

function authenticationFaults(path: KeyPath, connection: ConnectionDraft): Fault[] {
  const { authentication, secret, version, hideAvps } = connection;
  const faults: Fault[] = [];
  const at = [...path, "authentication"];
  if (authentication !== undefined && authentication !== "none" && secret === undefined) {
    faults.push(error(at, `${authentication} needs a secret; add secret: { file: PATH }`));
  }
  if (authentication === "challenge" && version === "3") {
    faults.push(error(at, "challenge belongs to L2TPv2; write digest, or version: 2"));
  }
  if (authentication === "digest" && version === "2") {
    faults.push(error(at, "digest belongs to L2TPv3; write challenge, or version: 3"));
  }
  if (authentication === "none" && secret !== undefined) {
    faults.push({
      severity: "warning",
      path: at,
      message: "none leaves the secret unused: everybody who reaches us may connect",
    });
  }
  // V3-HID-01: hiding takes the secret of the authentication.
  if (hideAvps && (secret === undefined || authentication === "none")) {
    faults.push(error([...path, "hideAvps"], "hiding needs a secret and authentication"));
  }
  return faults;
}

function transportFaults(path: KeyPath, connection: ConnectionDraft): Fault[] {
  const { remote, local, encapsulation, version, retransmission, initiate, secret } = connection;
  const { host, port } = splitHostAndPort(remote) ?? { host: remote, port: undefined };
  const faults: Fault[] = [];
  if (encapsulation === "ip" && port !== undefined) {
    faults.push(error([...path, "remote"], "over ip there are no ports; leave the port out"));
  }
  if (encapsulation === "ip" && version !== "3") {
    faults.push(
      error(
        [...path, "version"],
        `version ${version} is not possible over ip; write version: 3 or encapsulation: udp`,
      ),
    );
  }
  faults.push(...familyFaults(path, host, local));
  if (retransmission.initial > retransmission.cap) {
    faults.push(
      error([...path, "retransmission", "initial"], "is longer than cap; make it shorter"),
    );
  }
  // Without a fixed address and without a secret, nothing would tell this peer from a stranger.
  if (!initiate && !isAddressLiteral(host) && secret === undefined) {
    faults.push(error(
      [...path, "remote"],
      "a peer that is waited for under a name needs a secret; add one, or write its address",
    ));
  }
  return faults;
}

function familyFaults(path: KeyPath, host: string, local: string | undefined): Fault[] {
  if (local === undefined || !isAddressLiteral(host) || ipVersionOf(host) === ipVersionOf(local)) {
    return [];
  }
  const family = isIpv6(host) ? "IPv6" : "IPv4";
  return [error([...path, "local"], `${local} cannot reach ${host}; write an ${family} address`)];
}

function listenFaults(
  path: KeyPath,
  connection: ConnectionDraft,
  listen: readonly string[] | undefined,
): Fault[] {
  if (listen === undefined) return [];
  const { encapsulation, remote } = connection;
  const family = ipVersionOf(splitHostAndPort(remote)?.host ?? remote);
  const fits = listen.some((entry) =>
    entry.startsWith(`${encapsulation}://`) &&
    (family === undefined || isIpv6(listenHost(entry)) === (family === 6))
  );
  if (fits) return [];
  const missing = listenText(encapsulation, family === 6);
  const key = listen.some((entry) => entry.startsWith(`${encapsulation}://`))
    ? "remote"
    : "encapsulation";
  return [error([...path, key], `nothing in listen fits this peer; add ${missing} to listen`)];
}

function listenHost(entry: string): string {
  return splitHostAndPort(entry.replace(/^\w+:\/\//, ""))?.host ?? "";
}

function listenText(encapsulation: Encapsulation, v6: boolean): string {
  const host = v6 ? "[::]" : "0.0.0.0";
  return encapsulation === "udp" ? `udp://${host}:${L2TP_PORT}` : `ip://${host}`;
}

function versionFaults(
  { version }: ConnectionDraft,
  sessions: readonly [KeyPath, SessionDraft][],
): Fault[] {
  if (version !== "2") return [];
  return sessions.filter(([, { pseudowire }]) => pseudowire !== "ppp").map(([session]) =>
    error([...session, "pseudowire"], "L2TPv2 carries ppp and nothing else; write ppp")
  );
}

/** Calls of L2TPv2 have no names: beside those that go on, none could be told to be for us. */
function joinFaults(
  path: KeyPath,
  { join, version, sessions = {} }: ConnectionDraft,
  names: readonly string[],
): Fault[] {
  if (join === undefined) return [];
  const at = [...path, "join"];
  if (join === path.at(-1)) {
    return [error(at, "leads back to the same peer; name another connection")];
  }
  if (!names.includes(join)) {
    return [error(at, `there is no connection ${join}; add it below connections`)];
  }
  const own = Object.entries(sessions).find(([, { pseudowire }]) => pseudowire === "ppp");
  if (version === "3" || own === undefined) return [];
  return [
    error(at, `a call of L2TPv2 does not say whether it is for ${own[0]}; remove one of them`),
  ];
}

function circuitFaults(path: KeyPath, session: SessionDraft | StaticDraft): Fault[] {
  const { sequencing, sublayer } = session;
  const faults = payloadFaults(path, session);
  // V3-DP-30: the sequence number is in the Default L2-Specific Sublayer.
  if (sequencing !== "none" && sublayer === "none") {
    faults.push(error(
      [...path, "sequencing"],
      `${sequencing} needs sublayer: default, where the numbers are`,
    ));
  }
  return faults;
}

function retryFaults(path: KeyPath, { retry }: SessionDraft): Fault[] {
  if (retry === undefined || retry.first <= retry.longest) return [];
  return [error([...path, "retry", "first"], "is longer than longest; make it shorter")];
}

function staticFaults(path: KeyPath, session: StaticDraft): Fault[] {
  const { remote, local, encapsulation } = session;
  const { host, port } = splitHostAndPort(remote) ?? { host: remote, port: undefined };
  const faults = familyFaults(path, host, local);
  if (port !== undefined) {
    faults.push(error([...path, "remote"], "the port of a static session goes into remotePort"));
  }
  const { receiveCookie, otherReceiveCookie = receiveCookie } = session;
  if (otherReceiveCookie.length !== receiveCookie.length) {
    faults.push(error([...path, "otherReceiveCookie"], "write one as long as receiveCookie"));
  }
  for (const key of ["localPort", "remotePort"] as const) {
    if (encapsulation === "ip" && session[key] !== undefined) {
      faults.push(error([...path, key], "over ip there are no ports; leave it out"));
    }
  }
  return faults;
}
