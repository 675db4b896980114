/**
 * Whether ECN passes: each end says so by the ECN Capability AVP, and it does where both have.
 *
 * RFC 9601 §6.1.1.2. REQUIREMENTS section 11.11. What passing means is in
 * tests/dataplane/fit/traffic_class_test.ts.
 */

import { assertEquals } from "@std/assert";
import { ALL_CELLS, eachCell } from "../harness/cells.ts";
import { avp, type PeerMessage } from "../harness/peer_message.ts";
import { ScriptedPeer } from "../harness/scripted_peer.ts";

const ECN_CAPABILITY = 103;
const NOTHING = new Uint8Array(0);

/** Whether a message has the AVP, which has no value and may be ignored. */
function says({ avps }: PeerMessage): boolean {
  const found = avps.filter(({ attribute }) => attribute === ECN_CAPABILITY);
  for (const { mandatory, value } of found) assertEquals([mandatory, value], [false, NOTHING]);
  return found.length === 1;
}

const CASES = [[false, false], [false, true], [true, false], [true, true]] as const;

eachCell(ALL_CELLS, "ECN passes where both ends have said so, whoever opens [ECN-04]", (cell) => {
  for (const [ours, theirs] of CASES) {
    const words = theirs ? [avp(ECN_CAPABILITY, NOTHING, { mandatory: false })] : [];
    const settings = { ecnCapability: ours };

    const asked = new ScriptedPeer(cell, { settings });
    asked.send("SCCRQ", [...asked.setupAvps("SCCRQ"), ...words]);
    assertEquals(says(asked.expect("SCCRP")), ours);
    asked.send("SCCCN", asked.challengeResponse(3));
    assertEquals(asked.told("connectionUp").map((up) => up.passesEcn), [ours && theirs]);

    const asking = new ScriptedPeer(cell, { settings });
    asking.connect();
    assertEquals(says(asking.expect("SCCRQ")), ours);
    asking.send("SCCRP", [...asking.setupAvps("SCCRP"), ...words]);
    assertEquals(asking.told("connectionUp").map((up) => up.passesEcn), [ours && theirs]);
  }
});
