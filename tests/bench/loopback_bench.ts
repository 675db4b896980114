/**
 * Two endpoints in one process, over UDP on loopback: how fast sessions of streams are set up, by
 * the window of either end, and what memory one takes at one end, data path included.
 *
 * `deno task bench`, which ends this with the best rate; the sum of both ends' control planes is on
 * one thread. Memory is told where `--v8-flags=--expose-gc` lets it be measured.
 */

import { type Endpoint, openEndpoint, type Session } from "../../mod.ts";

const SESSIONS = 1_000;
const WINDOWS = [4, 16, 64, 256];
const SECRET = "known to both ends";
const STREAMS = { kind: "streams" } as const;

/** Accepts one connection, and so many sessions; resolves when they are up. */
async function acceptAll(endpoint: Endpoint): Promise<Session[]> {
  const accepted: Promise<Session>[] = [];
  for await (const request of endpoint.connectionRequests()) {
    const connection = await request.accept();
    for await (const wanted of connection.sessionRequests()) {
      accepted.push(wanted.accept({ attach: STREAMS }));
      if (accepted.length === SESSIONS) return await Promise.all(accepted);
    }
  }
  throw new Error("the endpoint was closed too early");
}

/** Opens the sessions all at once, both ends, and closes the endpoints when `use` has had them. */
async function withSessions(
  receiveWindow: number,
  use: (open: () => Promise<Session[]>) => Promise<void>,
): Promise<void> {
  const listen = ["udp://127.0.0.1:0"];
  const peers = [{ name: "near", secret: SECRET, receiveWindow }];
  await using far = await openEndpoint({ hostName: "far", listen, peers });
  await using near = await openEndpoint({ hostName: "near", listen });
  const accepting = acceptAll(far);
  const connection = await near.connect(`127.0.0.1:${far.listening[0]!.port}`, {
    secret: SECRET,
    receiveWindow,
  });
  const opened = () =>
    Array.from(
      { length: SESSIONS },
      (_, number) => connection.openSession({ remoteEndId: `circuit-${number}`, attach: STREAMS }),
    );
  await use(async () => {
    const sessions = await Promise.all(opened());
    return [...sessions, ...await accepting];
  });
}

/** The fastest set-up of all, in milliseconds, and the window that it was with. */
const best = { ms: Infinity, window: 0 };

for (const window of WINDOWS) {
  Deno.bench(
    `${SESSIONS} sessions over loopback, window ${window}`,
    { n: 3, warmup: 1, group: "loopback" },
    // Deno awaits only what is declared async.
    async (bench) => {
      await withSessions(window, async (open) => {
        bench.start();
        const begun = performance.now();
        await open();
        const ms = performance.now() - begun;
        bench.end();
        if (ms < best.ms) Object.assign(best, { ms, window });
      });
    },
  );
}

addEventListener("unload", () => {
  const rate = Math.round(SESSIONS * 1_000 / best.ms);
  console.log(`set-up: ${rate} sessions a second at best, with a window of ${best.window}`);
});

const { gc } = globalThis as { gc?: () => void };
if (gc !== undefined) {
  await withSessions(64, async (open) => {
    const held = () => {
      gc();
      const { heapUsed, external } = Deno.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    const sessions = await open();
    const octets = Math.round((held() - before) / sessions.length);
    console.log(`memory: ${octets} octets a session of streams, at one end`);
  });
}
