/**
 * Names to addresses, as the system does it: /etc/hosts, DNS and whatever else nsswitch.conf names.
 *
 * Done anew for every attempt, because a peer's address may change while it is away.
 */

import { lookup } from "node:dns/promises";
import { canonicalIpAddress, parseIpAddress } from "../io/socket_address.ts";
import { SystemError } from "../io/system_error.ts";
import { isIpv6 } from "../model/path.ts";
import { NameResolutionError } from "./errors.ts";

/**
 * The addresses of a host in the resolver's order, canonical; a literal is its own.
 *
 * @throws {NameResolutionError} when there are none.
 */
export async function resolveHost(host: string): Promise<readonly string[]> {
  if (parseIpAddress(host) !== undefined) return [canonicalIpAddress(host)];
  try {
    const found = await lookup(host, { all: true, order: "verbatim" });
    return [...new Set(found.map(({ address }) => canonicalIpAddress(address)))];
  } catch (error) {
    throw new NameResolutionError(host, resolutionFault(error), { cause: error });
  }
}

/**
 * Attempts something with a host's addresses until the kernel does not refuse: the first that there
 * is a route to. With a `local` address only those of its family count.
 *
 * @throws {SystemError} of the last address.
 * @throws {NameResolutionError} when there is no address to attempt it with.
 */
export async function withFirstAddress<T>(
  host: string,
  local: string | undefined,
  attempt: (address: string) => T | Promise<T>,
): Promise<T> {
  let refusal: Error = new NameResolutionError(host, `it has no address that ${local} can reach`);
  for (const address of await resolveHost(host)) {
    if (local !== undefined && isIpv6(local) !== isIpv6(address)) continue;
    try {
      return await attempt(address);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function resolutionFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOTFOUND") return "there is no such name";
  if (code === "EAI_AGAIN") return "the name servers do not answer";
  return error instanceof Error ? error.message : String(error);
}
