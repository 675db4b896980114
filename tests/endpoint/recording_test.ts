/** Recordings: both formats are read again, go on where they ended, and spoil nobody's file. */

import { assertEquals, assertLessOrEqual, assertMatch, assertThrows } from "@std/assert";
import { LINK_TYPES } from "../../src/endpoint/link_types.ts";
import { readPlayback } from "../../src/endpoint/playback.ts";
import { readCapture } from "../../src/endpoint/pcapng.ts";
import { Recording } from "../../src/endpoint/recording.ts";
import { withFolder } from "../config/configurations.ts";
import { captureFile } from "./captures.ts";

const FRAMES = [Uint8Array.of(0x18, 0x41, 3, 0xcc), new Uint8Array(1600).fill(7)];

for (const suffix of ["pcap", "pcapng"] as const) {
  Deno.test(`a recording goes on in the same file: ${suffix}`, () => {
    withFolder((folder) => {
      const path = `${folder}/line.${suffix}`;
      let at = 1_700_000_000_123_456_789n;
      for (const frame of FRAMES) {
        const recording = new Recording(path, LINK_TYPES.frameRelay, { now: () => at });
        recording.add([frame]);
        recording.close();
        at += 1_500_000n;
      }
      const packets = [...readCapture(Deno.readFileSync(path))];
      assertEquals(packets.map(({ octets }) => octets), FRAMES);
      assertEquals(packets.map(({ linkType }) => linkType), [107, 107]);
      assertEquals(packets.map((packet) => packet.at - packets[0]!.at), [0n, 1_500_000n]);
      assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    });
  });

  Deno.test(`a recording ends at its limit with a whole frame, however often it is begun: ${suffix}`, () => {
    withFolder((folder) => {
      const path = `${folder}/line.${suffix}`;
      const options = { limit: 4_500 };
      const frame = FRAMES[1]!;
      for (let opening = 0; opening < 100; opening++) {
        const recording = new Recording(path, LINK_TYPES.ethernet, options);
        if (opening === 0) recording.add([frame, frame]);
        const error = assertThrows(() => recording.add([frame, frame]), RangeError);
        recording.close();
        assertMatch(error.message, /^the file has \d+ octets, and may have 4500$/);
      }
      assertLessOrEqual(Deno.statSync(path).size, 4_500);
      const recorded = [...readCapture(Deno.readFileSync(path))].map(({ octets }) => octets);
      assertEquals(recorded, [frame, frame]);
    });
  });

  Deno.test(`a file of something else stays what it is: ${suffix}`, () => {
    withFolder((folder) => {
      const path = `${folder}/letter.${suffix}`;
      Deno.writeTextFileSync(path, "Dear reader");
      assertThrows(
        () => new Recording(path, LINK_TYPES.ethernet),
        TypeError,
        `letter.${suffix} is there, and is no pcap`,
      );
      assertEquals(Deno.readTextFileSync(path), "Dear reader");
    });
  });
}

Deno.test("a pcap file of other frames is not gone on with", () => {
  withFolder((folder) => {
    const path = `${folder}/line.pcap`;
    new Recording(path, LINK_TYPES.ethernet).close();
    assertThrows(
      () => new Recording(path, LINK_TYPES.ppp),
      TypeError,
      "no pcap file of link type 9 (PPP)",
    );
  });
});

Deno.test("a file that is to be played is judged as a whole", () => {
  withFolder((folder) => {
    const path = `${folder}/x`;
    const frames = [{ octets: FRAMES[0]!, atMs: 7 }, { octets: FRAMES[1]!, atMs: 3 }];
    const judge = (octets: Uint8Array) => {
      Deno.writeFileSync(path, octets);
      return () => readPlayback(path, "hdlc");
    };
    assertThrows(
      judge(captureFile("pcap", LINK_TYPES.ip, frames)),
      RangeError,
      "it has frames of link type 101 (IP packets); pseudowire hdlc carries " +
        "104 (Cisco HDLC) or 50 (PPP in HDLC)",
    );
    assertThrows(judge(captureFile("pcap", 4711, frames)), RangeError, "of link type 4711;");
    assertThrows(judge(captureFile("pcapng", 104, [])), RangeError, "it has no whole frame");
    assertThrows(judge(FRAMES[1]!), RangeError, "neither a pcapng nor a pcap file");
    const { frames: played, roundMs } = judge(captureFile("pcapng", 104, frames))();
    assertEquals(played.map(({ atMs }) => atMs), [0, 0], "time does not go back");
    assertEquals(roundMs, 0);
    const cut = captureFile("pcap", 50, frames);
    // The first frame's original length.
    new DataView(cut.buffer).setUint32(24 + 12, 2000, true);
    const { frames: whole, cutFrames, roundMs: lone } = judge(cut)();
    assertEquals([whole.length, cutFrames, lone], [1, 1, 1000]);
  });
});
