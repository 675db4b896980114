/**
 * A call over two hops, by real endpoints on loopback: frames go through as they are, over either
 * version and between the two, and the end of one side is that of the other.
 */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type CallInformation,
  type ConnectionOptions,
  type PseudowireType,
  type Session,
} from "../../mod.ts";
import { OnwardCalls } from "../../src/daemon/onward_calls.ts";
import { carry, frameOf, link, type Linked, next, openLocal } from "../endpoint/loopback.ts";

const ATTACH = { kind: "streams" } as const;
const ANYBODY = [{ name: "anybody", anybody: true }];

/** What only L2TPv2 has words for: some in the first message of a call, some in the last. */
const CALL: CallInformation = {
  calledNumber: "5551",
  proxyLcp: { lastReceived: Uint8Array.of(1, 4, 5, 0xdc) },
};

/** A PPP frame that no end acts upon: a part of LCP that nobody has asked for. */
const pppFrameOf = (seed: number) => Uint8Array.of(0xff, 0x03, 0xc0, 0x21, 9, seed, 0, 4);

/** From a caller to a hop, and from there to the one called. */
interface Chain {
  readonly first: Linked;
  readonly second: Linked;
}

async function chain(
  before: 2 | 3,
  after: 2 | 3,
  use: (chain: Chain) => Promise<void>,
): Promise<void> {
  await using caller = await openLocal("caller");
  const accepts = (version: 2 | 3) => ANYBODY.map((peer) => ({ ...peer, version }));
  await using hop = await openLocal("hop", accepts(before));
  await using called = await openLocal("called", accepts(after));
  const options = (version: 2 | 3): ConnectionOptions => ({ version });
  const first = await link(caller, hop, options(before));
  const second = await link(hop, called, options(after));
  await use({ first, second });
}

/** Has the hop pass on the next call of the caller, and answers both ends. */
async function callThrough(
  { first, second }: Chain,
  pseudowire: PseudowireType,
  call: "incoming" | "outgoing",
): Promise<{ near: Session; far: Session }> {
  const onward = new OnwardCalls("access", () => second.near);
  const passing = next(first.far.sessionRequests()).then((request) =>
    void onward.take(request, "core")
  );
  const answering = next(second.far.sessionRequests()).then((request) =>
    request.accept({ attach: ATTACH })
  );
  const near = await first.near.openSession({
    name: "lan",
    pseudowire,
    call,
    attach: ATTACH,
    information: CALL,
  });
  await passing;
  return { near, far: await answering };
}

for (
  const [before, after, pseudowire] of [
    [2, 2, "ppp"],
    [3, 3, "ppp"],
    [3, 3, "ethernet"],
    [3, 2, "ppp"],
    [2, 3, "ppp"],
  ] as const
) {
  Deno.test(`${pseudowire} goes on from L2TPv${before} to L2TPv${after}, and ends with its reason`, async () => {
    await chain(before, after, async (chain) => {
      const { near, far } = await callThrough(chain, pseudowire, "incoming");
      const frames = [1, 2, 3].map(pseudowire === "ppp" ? pppFrameOf : (seed) => frameOf(seed));
      assertEquals(await carry(near, far, frames), frames);
      assertEquals(await carry(far, near, frames), frames);
      const [joined] = chain.first.far.sessions;
      assertEquals(joined?.status().joined, `${chain.second.near.name}/access-1`);

      void far.close({ resultCode: 2, errorCode: 4, text: "the far end has had enough" });
      const reason = await near.closed;
      assertEquals([reason.cause, reason.resultCode, reason.errorCode], ["remote", 2, 4]);
      assertMatch(reason.text, /the far end has had enough/);
    });
  });
}

Deno.test("what is told of a call that comes in goes on, also what its last message tells", async () => {
  await chain(2, 2, async (chain) => {
    const { far } = await callThrough(chain, "ppp", "incoming");
    const { calledNumber, proxyLcp } = far.information;
    assertEquals([calledNumber, proxyLcp], [CALL.calledNumber, CALL.proxyLcp]);
  });
});

Deno.test("a call that is to be placed goes on, and its caller's end reaches the far side", async () => {
  await chain(2, 2, async (chain) => {
    const { near, far } = await callThrough(chain, "ppp", "outgoing");
    assertEquals(await carry(near, far, [pppFrameOf(1)]), [pppFrameOf(1)]);
    void near.close({ resultCode: 3, text: "the caller has gone home" });
    const reason = await far.closed;
    assertEquals([reason.cause, reason.resultCode], ["remote", 3]);
    assertMatch(reason.text, /the caller has gone home/);
  });
});

for (const call of ["incoming", "outgoing"] as const) {
  Deno.test(`the caller of an ${call} call is told why the next peer refuses it`, async () => {
    await chain(2, 3, async (chain) => {
      const { first, second } = chain;
      const onward = new OnwardCalls("access", () => second.near);
      const passing = next(first.far.sessionRequests())
        .then((request) => onward.take(request, "core"));
      const refusing = next(second.far.sessionRequests())
        .then((request) => request.refuse({ resultCode: 5, text: "no room at the far end" }));
      const told = async () => {
        const session = await first.near.openSession({ pseudowire: "ppp", call, attach: ATTACH });
        const { resultCode, text } = await session.closed;
        throw new Error(`result ${resultCode}: ${text}`);
      };
      await assertRejects(told, Error, "no room at the far end");
      await Promise.all([passing, refusing]);
      assertEquals(first.far.sessions, []);
    });
  });
}

Deno.test("a call has nowhere to go where the next connection is down, or cannot carry it", async () => {
  await chain(3, 2, async ({ first, second }) => {
    for (
      const [find, told] of [
        [() => undefined, "core is not connected"],
        [() => second.near, "is L2TPv2, which carries ppp and not ethernet"],
      ] as const
    ) {
      const passing = next(first.far.sessionRequests())
        .then((request) => new OnwardCalls("access", find).take(request, "core"));
      await assertRejects(() => first.near.openSession({ attach: ATTACH }), Error, told);
      await passing;
    }
  });
});

Deno.test("the end of the connection that a call goes on over is a lost carrier", async () => {
  await chain(2, 2, async (chain) => {
    const { near } = await callThrough(chain, "ppp", "incoming");
    void chain.second.far.close();
    const { cause, resultCode } = await near.closed;
    assertEquals([cause, resultCode], ["remote", 1]);
  });
});
