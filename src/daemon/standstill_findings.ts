/**
 * Connections and sessions that do not come up, where nothing that arrives tells why: what is known
 * of it, and where to look next.
 */

import type { Finding } from "./session_findings.ts";
import type { DaemonStatus, KeptConnectionStatus } from "./status.ts";

/** Every one that stands still, but for those of which something better is `known`. */
export function standstillFindings(
  { connections }: Pick<DaemonStatus, "connections">,
  known: readonly Finding[],
): Finding[] {
  const explained = known.map(({ subject }) => subject);
  return connections.flatMap((connection) => {
    const { name, state } = connection;
    if (explained.includes(`connection ${name}`)) return [];
    if (state === "established") {
      return sessionlessFindings(connection).filter(({ subject }) => !explained.includes(subject));
    }
    // What is wrong with the way of a session is so with its connection's.
    const ownSession = `session ${name}/`;
    return explained.some((subject) => subject.startsWith(ownSession))
      ? []
      : unconnectedFindings(connection);
  });
}

/** A connection that has failed, or hears no answer. One that waits for its peer is in order. */
function unconnectedFindings(connection: KeptConnectionStatus): Finding[] {
  const { name, state, remote, encapsulation, retransmissions, failures, lastError } = connection;
  const isTrying = state === "connecting" || state === "waiting";
  if (!isTrying || failures + retransmissions === 0 || remote.address === "") return [];
  const arrival = encapsulation === "udp" ? `UDP port ${remote.port}` : "IP protocol 115";
  const again = `${retransmissions} retransmission${retransmissions === 1 ? "" : "s"}`;
  return [{
    code: "no-connection",
    subject: `connection ${name}`,
    text: failures > 0 && lastError !== null
      ? `${lastError} (${failures} attempt${failures === 1 ? "" : "s"})`
      : `${remote.address} has not answered yet: ${again}`,
    repair:
      `ping ${remote.address}; at the peer: longwire doctor, and whether ${arrival} is let in`,
  }];
}

/** Sessions that the peer refuses, or ends, though there is a connection. */
function sessionlessFindings({ name, sessions }: KeptConnectionStatus): Finding[] {
  return sessions.flatMap((session): Finding[] =>
    session.state === "established" || session.lastError === null ? [] : [{
      code: "no-session",
      subject: `session ${name}/${session.name}`,
      text: session.lastError,
      repair: "longwire check CONFIG --pair OTHER tells in what the two ends differ; " +
        `longwire trace ${name} shows what they say`,
    }]
  );
}
