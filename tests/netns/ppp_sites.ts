/**
 * A PPP client at site A and an LNS at site B, as two daemons with the configurations of users.
 */

import { eventually } from "../harness/eventually.ts";
import type { ConfigurationText, Daemon, StatusReport } from "./daemon.ts";
import { SITE_A, SITE_B } from "./two_sites.ts";

/** The users file of the LNS. */
export const USERS = {
  alice: { password: "a password of tests" },
  bob: { password: "another password", routes: ["10.77.0.0/24"], sessions: 1 },
};

/** Our address on the LNS's TUN. */
export const LNS_ADDRESS = "10.201.0.1";

/** What an LNS says of its users. */
interface LnsReport extends StatusReport {
  readonly lns: readonly {
    readonly users: readonly {
      readonly user: string | null;
      readonly state: string;
      readonly address: string | null;
      readonly authentication: string | null;
    }[];
  }[];
}

type Users = LnsReport["lns"][number]["users"];

/** Whom an LNS has. */
export async function usersOf(lns: Daemon): Promise<Users> {
  return (await lns.status() as LnsReport).lns[0]?.users ?? [];
}

/**
 * Waits until an LNS has so many users with an address and, where there are any, their client's
 * sessions have theirs, too: neither end is always up first.
 */
export async function untilUsers(
  count: number,
  { lns, client }: { readonly lns: Daemon; readonly client: Daemon },
  log: () => string = () => `${lns.log}\n${client.log}`,
  limitMs = 15_000,
): Promise<void> {
  const atLns = async () => (await usersOf(lns)).filter(({ address }) => address !== null).length;
  const atClient = async () => {
    const { connections: [connection] } = await client.status();
    return connection?.sessions.filter(({ ppp }) => ppp?.localAddress).length;
  };
  await eventually(
    async () => await atLns() === count && (count === 0 || await atClient() === count),
    log,
    limitMs,
  );
}

/** The LNS; `usersFile` is where `USERS` are written. */
export function lnsConfiguration(
  usersFile: string,
  lns: Record<string, unknown> = {},
): ConfigurationText {
  return {
    hostName: "lns.example",
    log: { level: "debug" },
    listen: [`udp://${SITE_B.ipv4}`, `udp://[${SITE_B.ipv6}]`],
    users: { file: usersFile },
    pools: { office: { ipv4: "10.201.0.0/22", ipv6: "fd00:201::/48" } },
    lns: {
      dialin: {
        pool: "office",
        attach: { tun: "lns0", address: LNS_ADDRESS },
        ...lns,
      },
    },
  };
}

/** A client with one session, or as many as there are users named. */
export function clientConfiguration(
  sessions: Record<string, unknown>,
  connection: Record<string, unknown> = {},
): ConfigurationText {
  return {
    hostName: "client.example",
    log: { level: "debug" },
    listen: [`udp://${SITE_A.ipv4}`, `udp://[${SITE_A.ipv6}]`],
    connections: { lns: { remote: SITE_B.ipv4, version: 2, ...connection, sessions } },
  };
}

/** A session that says it is `user`; the password is in the file `secretFile`. */
export function clientSession(
  user: string,
  secretFile: string,
  tun: string,
  options: { ppp?: Record<string, unknown>; attach?: Record<string, unknown> } = {},
): Record<string, unknown> {
  return {
    pseudowire: "ppp",
    ppp: { user, secret: { file: secretFile }, ...options.ppp },
    attach: { tun, ...options.attach },
  };
}
