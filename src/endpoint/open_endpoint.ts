/**
 * Opening an endpoint: options are resolved, parts assembled, sockets bound; or all of it is undone.
 *
 * Read options.ts for what can be said, and assembly.ts for what is made of it.
 */

import { randomUint32 } from "../crypto/random.ts";
import { kernelEntropy } from "../io/entropy.ts";
import { openInterfaces } from "../io/network_interface.ts";
import { EAFNOSUPPORT, SystemError } from "../io/system_error.ts";
import { L2TP_PORT } from "../model/path.ts";
import { BEARER_ANALOG, BEARER_DIGITAL } from "../model/call_information.ts";
import { type ListenAddress, parseListen } from "./addresses.ts";
import { Assembly } from "./assembly.ts";
import { Endpoint } from "./endpoint.ts";
import type { EndpointOptions, OffloadOptions } from "./options.ts";
import { Peers } from "./peers.ts";
import { integer, resolveHostName, resolveLimits, resolveRouterId } from "./resolve_options.ts";
import type { Transports } from "./transports.ts";

/** The types that are advertised (V3-CC-25) and carried. */
const PSEUDOWIRES = ["ethernet", "ethernet-vlan", "frame-relay", "hdlc", "ppp"] as const;

const DEFAULT_LISTEN: readonly ListenAddress[] = [
  { encapsulation: "udp", address: "0.0.0.0", port: L2TP_PORT },
  { encapsulation: "udp", address: "::", port: L2TP_PORT },
];

/** More threads than this would but wait for each other. */
const MOST_WORKERS = 16;

const EVERY_OFFLOAD: Required<OffloadOptions> = {
  tap: true,
  coalescing: true,
  segmentation: true,
  aggregation: true,
};

/**
 * Opens an endpoint and listens.
 *
 * ```ts
 * import { openEndpoint } from "@longwire/longwire";
 *
 * await using endpoint = await openEndpoint({ listen: ["udp://127.0.0.1:0"], hostName: "here" });
 * console.log(endpoint.listening);
 * ```
 *
 * @throws {TypeError | RangeError} for options that cannot be.
 * @throws {SystemError} when the kernel refuses a socket: EADDRINUSE, EPERM (IP needs root) …
 */
export async function openEndpoint(options: EndpointOptions = {}): Promise<Endpoint> {
  options.signal?.throwIfAborted();
  const peers = new Peers();
  peers.replace(options.peers ?? [], options.acceptUnknownPeers ?? false);
  const listen = options.listen?.map(parseListen);
  const hostName = resolveHostName(options.hostName ?? Deno.hostname());
  const routerId = options.routerId === undefined
    ? defaultRouterId(options.namespace)
    : resolveRouterId(options.routerId);
  const assembly = new Assembly({
    config: {
      hostName,
      routerId,
      pseudowireCapabilities: PSEUDOWIRES,
      // Whoever accepts a call that is to be placed has something to attach to it, of either kind.
      bearerCapabilities: BEARER_DIGITAL | BEARER_ANALOG,
      findPeers: (claim) => peers.find(claim),
      limits: resolveLimits(options.limits ?? {}),
    },
    namespace: options.namespace,
    offload: { ...EVERY_OFFLOAD, ...options.offload },
    workers: integer("workers", options.workers ?? 1, 1, MOST_WORKERS),
    rehearses: options.rehearses ?? false,
  });
  const endpoint = new Endpoint({ hostName, routerId, assembly, peers, signal: options.signal });
  try {
    if (listen === undefined) await listenByDefault(assembly.transports);
    else for (const where of listen) await assembly.transports.listen(where);
  } catch (error) {
    await endpoint.close();
    throw error;
  }
  return endpoint;
}

/** Without being told otherwise, whatever of IPv4 and IPv6 the system has. */
async function listenByDefault(transports: Transports): Promise<void> {
  for (const where of DEFAULT_LISTEN) {
    try {
      await transports.listen(where);
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === EAFNOSUPPORT)) throw error;
    }
  }
}

/** The first local IPv4 address, or a number that nobody else is likely to have (V3-CC-07). */
function defaultRouterId(namespace: string | undefined): number {
  using interfaces = openInterfaces(namespace);
  const address = interfaces.firstIpv4Address();
  return address === undefined ? randomUint32(kernelEntropy) : resolveRouterId(address);
}
