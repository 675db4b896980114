/**
 * Why a requirement is not shown by a test, by the beginning of its ID; the first match counts.
 *
 * A deviation is what this program does otherwise, or what cannot arise in it, with its reason; it
 * stays. The others leave their table when their feature comes.
 */

type Reasons = readonly (readonly [prefixes: readonly string[], reason: string])[];

/** What is not done, or cannot arise, on purpose. */
export const DEVIATIONS: Reasons = [
  [["V3-CC-21", "V3-CC-22", "V3-SES-25"], "cannot arise: this program always sends a tie breaker"],
  [["V3-AUTH-19"], "cannot arise: one digest is sent, made with the first secret"],
  [
    ["V3-MSG-23", "V3-MSG-24"],
    "cannot arise: error 6 is this program's own for nothing in v3; every fault has a code there",
  ],
  [["V3-SLI-07", "V3-SLI-08"], "superseded by RFC 5641: see ECS-02"],
  [["V3-I18N-02"], "texts are in the default language only, so none is asked for"],
  [["V3-REL-18", "V3-REL-31", "V3-CC-32", "V2-CC-21", "V2-DP-10"], "permitted, and not done"],
  [
    ["V2-DP-07"],
    "numbers are the operator's to ask for: PPP repeats what is lost, and is deaf to old",
  ],
  [["BCP-08"], "tinygram compression is never agreed on; a frame of its kind is taken as it came"],
  [["V2-AVP-08"], "cannot arise: the AVPs of extensions are sent with M=0"],
  [["PDC-05"], "the draft form of vendor 43 is neither sent nor looked for"],
  [["IPS-"], "IPsec is the system's, and nothing here stands in its way: see examples/over-ipsec"],
  [
    ["ETH-24", "ETH-25"],
    "congestion is not watched: Ethernet's own traffic reacts to loss; drops are counted",
  ],
  [
    ["FR-03", "FR-11"],
    "cannot arise: there is no Q.933 Annex A here; who has it tells the session its circuit's state",
  ],
  [
    ["FR-04"],
    "a session starts when it is provisioned; its circuit's state is told and may change at any time",
  ],
  [
    ["BCP-19"],
    "cannot arise: one link carries all of a session, in the order of the port; sequencing keeps it",
  ],
  [["K6-04"], "documentation: fragmentation and oversize say what is done, at each end"],
  [["FR-23"], "sequencing is off unless it is asked for (load_test.ts)"],
  [
    ["MPFR-08"],
    "the MTU of the attachment is the bound, which the configuration sets",
  ],
  [
    ["MPFR-09"],
    "one session per TAP: a bridge of the kernel over several of them learns and floods",
  ],
  [["MPFR-10"], "XID is not supported, so none is answered"],
];

/** What comes with its feature. */
export const LATER: Reasons = [
  [["VCCV-"], "VCCV"],
  [["FRAG-", "A-21", "FCS-", "VPN-", "ECN-"], "extensions"],
  [["MOH-", "CSU-"], "extensions"],
  [["FO-"], "failover"],
];
