/**
 * Why a requirement is not shown yet, by the beginning of its ID; the first match counts.
 * A row leaves this table when its feature comes; the page says "not yet" where no reason is given.
 */

/** Beginnings of IDs, and the reason. */
export const LATER: readonly (readonly [prefixes: readonly string[], reason: string])[] = [
  [
    ["S3OS-", "S3OR-", "V3-SES-03", "V3-SES-06", "V3-SES-07", "V3-SES-28", "V3-SES-29"],
    "outgoing calls",
  ],
  [["V3-SES-30", "V3-MSG-09", "V3-MSG-10", "V3-MSG-11"], "outgoing calls"],
  [["S2LI-", "S2NI-", "S2LO-", "S2NO-", "V2-SES-", "V2-DP-", "V2-PXY-"], "L2TPv2 sessions"],
  [["V2-SLI-", "V2-WEN-"], "L2TPv2 sessions"],
  [["PPP-", "BCP-", "PDC-"], "PPP"],
  [["FR-"], "Frame Relay pseudowires"],
  [["HDLC-"], "HDLC pseudowires"],
  [["VCCV-"], "VCCV"],
  [["FRAG-", "FCS-", "L2VPN-"], "extensions"],
  [["FO-"], "failover"],
  [["V3-PSN-", "V3-SEC-04", "IPSEC-"], "documentation"],
];
