/**
 * Interop: the AVPs of the drafts before RFC 3931, which Cisco IOS sends under its own vendor ID
 * beside the RFC's or instead of them.
 *
 * No RFC tells of them: which they are is known from what SoftEther does for such peers (PEERS.md,
 * I20 and [S2]). Their values are those of the AVPs that took their place (RFC 3931 §5.4.3, §5.4.4).
 */

import type { RawAvp } from "./avp.ts";
import type { AvpName } from "./avp_registry.ts";

/** The SMI enterprise code of Cisco Systems. */
export const CISCO_VENDOR_ID = 9;

const LAST_ATTRIBUTE = 13;

/** The RFC's AVPs that were one of Cisco's before, with its attribute; 10 is the draft's version. */
export const CISCO_DRAFT_ATTRIBUTES = {
  assignedControlConnectionId: 1,
  pseudowireCapabilitiesList: 2,
  localSessionId: 3,
  remoteSessionId: 4,
  pseudowireType: 7,
} as const satisfies Partial<Record<AvpName, number>>;

const NAMES: ReadonlyMap<number, AvpName> = new Map(
  Object.entries(CISCO_DRAFT_ATTRIBUTES).map(([name, attribute]) => [attribute, name as AvpName]),
);

/** Whether an AVP is a draft's, and so can be done without whatever its M bit says. */
export function isCiscoDraftAvp({ vendor, attribute }: RawAvp): boolean {
  return vendor === CISCO_VENDOR_ID && attribute >= 1 && attribute <= LAST_ATTRIBUTE;
}

/** The RFC's name of what a draft's AVP says; `undefined` where it has none, or is hidden. */
export function nameOfCiscoDraftAvp(avp: RawAvp): AvpName | undefined {
  return isCiscoDraftAvp(avp) && !avp.hidden ? NAMES.get(avp.attribute) : undefined;
}
