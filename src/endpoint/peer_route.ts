/**
 * The way to a peer as the kernel sees it now, for commands that explain: nothing is sent.
 */

import { type Route, routeTo } from "../io/route.ts";
import { withFirstAddress } from "./resolve_host.ts";

/** Where a peer is, and how packets get there. */
export interface PeerRoute extends Route {
  /** The address that was meant, or the first of the name's that there is a route to. */
  readonly remote: string;
}

/**
 * Resolves a peer's name and asks for the route to it.
 *
 * @throws {SystemError} without a route; {NameResolutionError} without an address.
 */
export async function routeToPeer(host: string, local: string | undefined): Promise<PeerRoute> {
  return await withFirstAddress(
    host,
    local,
    (remote) => ({ remote, ...routeTo(remote, { local }) }),
  );
}
