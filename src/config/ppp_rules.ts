/**
 * What the keys about PPP must agree on: of a session, of an LNS, and of both with the users.
 *
 * Read ppp_schema.ts and users.ts first; which proof works with which form of a password is in
 * REQUIREMENTS section 14.
 */

import { error, type Fault, warning } from "./fault.ts";
import type { Draft, LnsDraft, SessionDraft, StaticDraft } from "./draft.ts";
import type { Credential, UserConfiguration } from "./users.ts";
import type { KeyPath } from "./yaml_source.ts";

/** Whose frames are Ethernet's, and so no packets. */
function isEthernet(pseudowire: SessionDraft["pseudowire"]): boolean {
  return pseudowire === "ethernet" || pseudowire === "ethernet-vlan";
}

/** Whether a session's frames are PPP's, in HDLC or not. */
export function carriesPpp(
  { pseudowire, hdlc }: Pick<SessionDraft, "pseudowire" | "hdlc">,
): boolean {
  return pseudowire === "ppp" || (pseudowire === "hdlc" && hdlc === "ppp");
}

/** What is wrong with a session's PPP. */
export function pppFaults(path: KeyPath, session: SessionDraft | StaticDraft): Fault[] {
  const { pseudowire, ppp, attach: { tun, tap, routes, bridge, mac } } = session;
  if (!carriesPpp(session)) {
    return [
      ...(ppp === undefined
        ? []
        : [error([...path, "ppp"], "only pseudowire: ppp has it, and hdlc: ppp")]),
      ...(tun !== undefined && isEthernet(pseudowire)
        ? [
          error(
            [...path, "attach", "tun"],
            `a tun is for packets, and ${pseudowire} carries frames; write tap`,
          ),
        ]
        : []),
    ];
  }
  const faults: Fault[] = [];
  const isTap = tap !== undefined || (pseudowire === "hdlc" && tun === undefined);
  if (isTap && routes !== undefined) {
    faults.push(error([...path, "attach", "routes"], "routes lead through a tun, not a tap"));
  }
  if (!isTap && (bridge ?? mac) !== undefined) {
    const key = bridge === undefined ? "mac" : "bridge";
    faults.push(error([...path, "attach", key], `${key} needs a tap: PPP then bridges (BCP)`));
  }
  if (ppp?.user !== undefined && ppp.secret === undefined) {
    faults.push(error([...path, "ppp", "user"], "needs its password; add secret: { file: PATH }"));
  }
  if (ppp?.user === undefined && ppp?.secret !== undefined) {
    faults.push(error([...path, "ppp", "secret"], "is whose? Add user: NAME"));
  }
  return faults;
}

/** What is wrong between the LNSs and the rest of the file. */
export function lnsFaults(draft: Draft): Fault[] {
  const open = draft.lns().filter(([, { secret, remote }]) =>
    secret === undefined && remote === undefined
  );
  return [
    ...draft.lns().flatMap(([path, lns]) => [
      ...poolFaults(path, lns, draft.poolNames()),
      ...forwardFaults(path, lns, draft),
    ]),
    ...open.slice(1).map(([path]) =>
      error(path, `nothing tells its callers from those of ${open[0]?.[0].join(".")}; add a secret`)
    ),
  ];
}

function forwardFaults(path: KeyPath, { forward, ppp }: LnsDraft, draft: Draft): Fault[] {
  if (forward === undefined) return [];
  const { to, realms } = forward;
  const known = draft.connectionNames();
  const missing = (name: string) => `there is no connection ${name}; add it below connections`;
  const targets: [KeyPath, string][] = [
    ...(to === undefined ? [] : [[[...path, "forward", "to"], to] as [KeyPath, string]]),
    ...Object.entries(realms).map(([realm, name]): [KeyPath, string] => [
      [...path, "forward", "realms", realm],
      name,
    ]),
  ];
  // RFC 2661 §4.4.5 has no form for what MS-CHAPv2 proves: the client would have to be asked twice.
  const asked = Object.keys(realms).length > 0 && ppp.authenticate.includes("ms-chap-v2")
    ? [warning(
      [...path, "forward", "realms"],
      "users of ms-chap-v2 are asked twice; " +
        "write authenticate: [chap, pap]",
    )]
    : [];
  return [
    ...(targets.length === 0 ? [error([...path, "forward"], "where to? Add to or realms")] : []),
    ...targets.filter(([, name]) => !known.includes(name)).map(([at, name]) =>
      error(at, missing(name))
    ),
    ...asked,
  ];
}

function poolFaults(path: KeyPath, { pool }: LnsDraft, pools: readonly string[]): Fault[] {
  if (pool === undefined || pools.includes(pool)) return [];
  return [error([...path, "pool"], `there is no pool ${pool}; add it below pools`)];
}

/** What is wrong between users and the rest: told where the users are named. */
export function userFaults(draft: Draft, users: readonly UserConfiguration[]): Fault[] {
  const services = draft.lns().filter(([, { forward }]) => forward === undefined);
  const at = ["users", "file"];
  if (!draft.isClean(["users"])) return [];
  if (draft.usersFile() === undefined) {
    return services.map(([path]) =>
      error(path, "nobody may use it; add users: { file: PATH } at the top of the configuration")
    );
  }
  const offered = new Set(services.flatMap(([, { ppp }]) => ppp.authenticate));
  const addressless = services.filter(([, { pool }]) => pool === undefined);
  return users.flatMap(({ name, pool, address, credential }) => [
    ...(pool === undefined || draft.poolNames().includes(pool)
      ? []
      : [error(at, `user ${name}: there is no pool ${pool}; add it below pools`)]),
    ...(pool === undefined && address === undefined
      ? addressless.map(([path]) =>
        error(at, `user ${name} has neither address nor pool, and ${path.join(".")} has no pool`)
      )
      : []),
    ...(services.length === 0 || provableBy(credential).some((each) => offered.has(each))
      ? []
      : [warning(
        at,
        `user ${name} can prove himself by ${provableBy(credential).join(" or ")} ` +
          `alone, which no lns asks for`,
      )]),
  ]);
}

function provableBy({ kind }: Credential): readonly ("pap" | "chap" | "ms-chap-v2")[] {
  switch (kind) {
    case "password":
      return ["pap", "chap", "ms-chap-v2"];
    case "nt-hash":
      return ["pap", "ms-chap-v2"];
    case "hash":
      return ["pap"];
    default:
      return kind satisfies never;
  }
}
