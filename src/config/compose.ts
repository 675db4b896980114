/**
 * From a draft without a mistake to the configuration: names are put in, secrets take the place of
 * where they are kept.
 */

import * as v from "valibot";
import { locateCaptureFiles } from "./capture_files.ts";
import type {
  Configuration,
  ConnectionConfiguration,
  LnsConfiguration,
  PppConfiguration,
  SessionConfiguration,
  StaticSessionConfiguration,
} from "./configuration.ts";
import { carriesPpp } from "./ppp_rules.ts";
import { PPP } from "./ppp_schema.ts";
import type { ConfigurationDraft } from "./schema.ts";
import type { Secret } from "./secret.ts";
import type { UserConfiguration } from "./users.ts";

/** Secrets by the path of the block that they are in, joined. */
export type SecretsByPath = ReadonlyMap<string, readonly Secret[]>;

/** What a draft is put together with. */
export interface Surroundings {
  readonly secrets: SecretsByPath;
  readonly users: readonly UserConfiguration[];
  /** The configuration's, which paths in it begin at. */
  readonly directory: string;
}

/** Puts a checked draft and what lies beside it together. */
export function compose(
  draft: ConfigurationDraft,
  { secrets, users, directory }: Surroundings,
): Configuration {
  const { connections, static: statics, listen, pools, lns, ...rest } = draft;
  const pppSecret = (session: string) => secrets.get(`${session},ppp`)?.[0];
  const overIp = Object.values(connections).some(({ encapsulation }) => encapsulation === "ip");
  return {
    ...rest,
    users,
    pools: Object.entries(pools).map(([name, pool]) => ({ name, ...pool })),
    lns: Object.entries(lns).map(([name, { secret: _, version, ...same }]): LnsConfiguration => ({
      name,
      ...same,
      version: versionOf(version),
      secrets: secrets.get(`lns,${name}`) ?? [],
    })),
    listen: listen ?? defaultListen(overIp),
    connections: Object.entries(connections).map(([name, connection]): ConnectionConfiguration => {
      const { secret: _, version, sessions, ...same } = connection;
      const path = `connections,${name}`;
      return {
        name,
        ...same,
        version: versionOf(version),
        secrets: secrets.get(path) ?? [],
        sessions: Object.entries(sessions).map(([session, value]) =>
          composeSession(session, value, pppSecret(`${path},sessions,${session}`), directory)
        ),
      };
    }),
    static: Object.entries(statics).map(([name, value]) =>
      composeStatic(name, value, pppSecret(`static,${name}`), directory)
    ),
  };
}

type SessionDraft = ConfigurationDraft["connections"][string]["sessions"][string];
type StaticDraft = ConfigurationDraft["static"][string];

function composeSession(
  name: string,
  { ppp, attach, ...value }: SessionDraft,
  secret: Secret | undefined,
  directory: string,
): SessionConfiguration {
  return {
    name,
    ...value,
    remoteEndId: value.remoteEndId ?? name,
    attach: locateCaptureFiles(attach, directory),
    ...composePpp(value, ppp, secret),
  };
}

function composeStatic(
  name: string,
  { ppp, attach, ...value }: StaticDraft,
  secret: Secret | undefined,
  directory: string,
): StaticSessionConfiguration {
  return {
    name,
    ...value,
    attach: locateCaptureFiles(attach, directory),
    ...composePpp(value, ppp, secret),
  };
}

/** Where there is PPP, there is all of it. */
function composePpp(
  session: Parameters<typeof carriesPpp>[0],
  ppp: SessionDraft["ppp"],
  secret: Secret | undefined,
): { readonly ppp?: PppConfiguration } {
  if (!carriesPpp(session)) return {};
  const { secret: _, ...link } = ppp ?? v.parse(PPP, {});
  return { ppp: { ...link, ...(secret === undefined ? {} : { secret }) } };
}

function versionOf(version: "2" | "3" | "auto"): 2 | 3 | "auto" {
  return version === "auto" ? version : version === "2" ? 2 : 3;
}

/** UDP for everybody, and IP protocol 115 where a connection uses it. */
function defaultListen(overIp: boolean): readonly string[] {
  const udp = ["udp://0.0.0.0:1701", "udp://[::]:1701"];
  return overIp ? [...udp, "ip://0.0.0.0", "ip://[::]"] : udp;
}
