/**
 * What this side says of itself when a control connection is set up.
 *
 * Read RFC 3931 §6.1 and RFC 2661 §6.1 first; each dialect takes of it what it has words for.
 */

import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import { PSEUDOWIRE_TYPE_NUMBERS } from "../model/pseudowire_type.ts";
import type { OwnOpening } from "./dialect.ts";
import type { ConnectionSettings, LcceConfig } from "./lcce_config.ts";

const DEFAULT_VENDOR_NAME = "longwire";

/** The contents of an SCCRQ or SCCRP of ours; an SCCRQ has a tie breaker as well. */
export function ownOpening(
  config: LcceConfig,
  { receiveWindow, ecnCapability = false }: ConnectionSettings,
  localId: number,
  perHopBehaviour: PerHopBehaviour | undefined,
): OwnOpening {
  const { hostName, vendorName = DEFAULT_VENDOR_NAME, routerId, bearerCapabilities } = config;
  return {
    hostName,
    vendorName,
    routerId,
    pseudowireCapabilities: config.pseudowireCapabilities
      .map((type) => PSEUDOWIRE_TYPE_NUMBERS[type]),
    receiveWindow,
    localId,
    bearerCapabilities,
    perHopBehaviour,
    ecnCapability,
  };
}
