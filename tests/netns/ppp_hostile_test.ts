/**
 * What a stranger on a LAC's line can do to an LNS: nothing but end its own call, with a reason that
 * the LNS's operator is told.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { AsyncDeframer, encodeAsyncFrame } from "../../src/ppp/async_framing.ts";
import { iproute2, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon } from "./daemon.ts";
import { clientConfiguration, clientSession, LNS_ADDRESS, lnsConfiguration } from "./ppp_sites.ts";
import { makeTwoSites } from "./two_sites.ts";

const NEEDS = [root, tunDevice, iproute2];

/** Where in a frame of LCP with address and control its code and identifier are. */
const CODE = 4;
const IDENTIFIER = 5;

const CONFIGURE_REQUEST = 1;
const CONFIGURE_NAK = 3;

type Answer = (frame: Uint8Array<ArrayBuffer>, round: number) => Uint8Array[];

const isLcpRequest = (frame: Uint8Array) =>
  frame.toHex().startsWith("ff03c021") && frame[CODE] === CONFIGURE_REQUEST;

/** Whatever magic number the LNS has, another one would be liked better. */
const nak: Answer = (frame, round) => {
  if (!isLcpRequest(frame)) return [];
  const magic = round.toString(16).padStart(8, "0");
  const head = `ff03c021${CONFIGURE_NAK.toString(16).padStart(2, "0")}`;
  return [
    Uint8Array.fromHex(
      `${head}${frame[IDENTIFIER]!.toString(16).padStart(2, "0")}000a0506${magic}`,
    ),
  ];
};

/** Everything comes back, as from a line that is looped. */
const loop: Answer = (frame) => [frame];

const ATTACKS: readonly (readonly [title: string, answer: Answer, told: RegExp])[] = [
  ["endless Configure-Nak", nak, /PPP ended: the peer refuses whatever is offered/],
  ["a looped line", loop, /PPP ended: the line is looped/],
];

testRequiring(
  NEEDS,
  "a hostile line ends its own call with a clear word, and no other",
  async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "longwire-hostile-" });
    try {
      const users = JSON.stringify({ alice: { password: "of tests" } });
      await Deno.writeTextFile(`${folder}/users`, users, { mode: 0o600 });
      await Deno.writeTextFile(`${folder}/password`, "of tests", { mode: 0o600 });
      await using namespaces = new Namespaces("lw-hostile");
      const { siteA, siteB } = await makeTwoSites(namespaces);
      await using lns = await Daemon.start(namespaces, siteB, lnsConfiguration(`${folder}/users`));
      const line = { pseudowire: "ppp", attach: { pty: `${folder}/line` } };
      const honest = clientSession("alice", `${folder}/password`, "vpn0");
      await using lac = await Daemon.start(
        namespaces,
        siteA,
        clientConfiguration({ line, honest }),
      );
      await lac.established();
      for (const [title, answer, told] of ATTACKS) {
        await t.step(title, async () => {
          // The call is placed anew after each end.
          await eventually(() => isThere(`${folder}/line`), () => lac.log, 10_000);
          await Promise.race([speak(`${folder}/line`, answer), lns.announced(told)]);
          await lns.announced(told);
          const ping = ["ping", "-c", "1", "-W", "2", "-I", "vpn0", LNS_ADDRESS];
          assertEquals((await namespaces.run(siteA, ping)).code, 0);
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Answers whatever comes on a terminal, until it hangs up. */
async function speak(path: string, answer: Answer): Promise<void> {
  using terminal = await Deno.open(path, { read: true, write: true });
  const deframer = new AsyncDeframer();
  const room = new Uint8Array(4096);
  let round = 0;
  for (;;) {
    const length = await terminal.read(room).catch(() => null);
    if (length === null) return;
    for (const frame of deframer.push(room.subarray(0, length))) {
      for (const reply of answer(frame, ++round)) await terminal.write(encodeAsyncFrame(reply));
    }
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isCharDevice === true;
  } catch {
    return false;
  }
}
