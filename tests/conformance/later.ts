/**
 * Why a requirement is not shown by a test, by the beginning of its ID; the first match counts.
 * A row leaves this table when its feature comes; the page says "not yet" where no reason is given.
 */

/** Beginnings of IDs, and the reason. */
export const LATER: readonly (readonly [prefixes: readonly string[], reason: string])[] = [
  // What does not arise.
  [["V3-CC-21", "V3-CC-22", "V3-SES-25"], "cannot arise: this program always sends a tie breaker"],
  [["V3-AUTH-19"], "cannot arise: this program sends one digest"],
  [["V3-MSG-23", "V3-MSG-24", "V2-MSG-17"], "cannot arise: error 6 is never sent"],
  [["V3-MSG-25", "V3-MSG-26"], "cannot arise: no other address is ever suggested"],
  [["V3-WEN-01", "V3-WEN-02"], "cannot arise: a TAP has no circuit errors to tell of"],
  [["V3-SLI-07", "V3-SLI-08"], "superseded by RFC 5641: see ECS-02"],
  [["V3-I18N-02"], "texts are in the default language only"],
  [["V3-REL-18", "V3-REL-31", "V3-CC-32", "V2-CC-21"], "permitted, and not done"],
  [["V2-AVP-08"], "cannot arise: no AVP of an extension is sent"],
  // What is not code.
  [["V3-DP-06"], "a rule for the design: rows are found by Session ID alone"],
  [["V3-PSN-", "V3-SEC-04", "IPS-"], "documentation"],
  // What comes with its feature.
  [["S3OS-", "S3OR-", "V3-SES-03", "V3-SES-06", "V3-SES-07", "V3-SES-28"], "outgoing calls"],
  [["V3-SES-29", "V3-SES-30"], "outgoing calls"],
  [["S2LI-", "S2NI-", "S2LO-", "S2NO-", "V2-SES-", "V2-DP-", "V2-PXY-"], "L2TPv2 sessions"],
  [["V2-SLI-", "V2-WEN-", "V2-CC-17", "V2-HDR-14", "V2-HDR-15", "S2CC-13"], "L2TPv2 sessions"],
  [["V2-UDP-08", "V2-UDP-09", "PPP-", "BCP-", "PDC-", "LCPX-", "A-20", "A-25", "A-26"], "PPP"],
  [["FR-", "MPFR-"], "Frame Relay pseudowires"],
  [["HDLC-"], "HDLC pseudowires"],
  [["VCCV-"], "VCCV"],
  [["FRAG-", "A-21", "FCS-", "VPN-", "DS-", "ECN-", "K6-"], "extensions"],
  [["MOH-", "CSU-"], "extensions"],
  [["FO-"], "failover"],
  [["ETH-24", "ETH-25"], "congestion is not watched"],
];
