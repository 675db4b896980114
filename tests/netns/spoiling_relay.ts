/**
 * A program: carries UDP datagrams between two ends and spoils their order, doubles some and loses
 * none.
 *
 *     deno run -A spoiling_relay.ts SEED ADDRESS NEAR-PORT FAR-PORT NEAR-END FAR-END
 *
 * What comes at NEAR-PORT goes on to FAR-END from FAR-PORT, and the other way round; an end is
 * ADDRESS:PORT. It says `ready` on stderr when both ports are open.
 */

import { monotonicMs } from "../../src/io/clock.ts";
import { openDatagramSocket } from "../../src/io/datagram_socket.ts";
import { openPoller } from "../../src/io/poller.ts";
import { Prng } from "../harness/prng.ts";

/** How many datagrams are overtaken by those that follow, and how many come twice. */
const REORDERED = 0.05;
const DOUBLED = 0.03;
/** How long a datagram is held for others to overtake it, at most, in milliseconds. */
const HOLD_MS = 4;

/** Held while the relay is busy: more than any test has under way. */
const RECEIVE_BUFFER = 8_000_000;

interface Held {
  readonly at: number;
  readonly by: number;
  readonly octets: Uint8Array;
}

function endOf(text: string): { address: string; port: number } {
  const [address = "", port] = text.split(":");
  return { address, port: Number(port) };
}

const [seed, address = "", nearPort, farPort, near = "", far = ""] = Deno.args;
const prng = new Prng(Number(seed));
const others = [endOf(near), endOf(far)];
const sockets = [nearPort, farPort].map((port) =>
  openDatagramSocket({ kind: "udp", address, port: Number(port), receiveBuffer: RECEIVE_BUFFER })
);
let held: Held[] = [];

function send(by: number, octets: Uint8Array): void {
  const socket = sockets[by]!;
  const errno = socket.send(octets, socket.local, others[by]!);
  if (errno !== 0) console.error(`a datagram was not sent: ${errno}`);
}

function hold(by: number, octets: Uint8Array, now: number): void {
  held.push({ at: now + 1 + prng.below(HOLD_MS), by, octets: octets.slice() });
}

function forwardFrom(from: number, now: number): void {
  const by = 1 - from;
  for (;;) {
    const octets = sockets[from]!.receive()?.octets;
    if (octets === undefined) return;
    if (prng.chance(REORDERED)) hold(by, octets, now);
    else send(by, octets);
    if (prng.chance(DOUBLED)) hold(by, octets, now);
  }
}

const poller = openPoller();
for (const [index, { descriptor }] of sockets.entries()) poller.add(descriptor.number, index);
console.error("ready");
for (;;) {
  const ready = poller.wait(held.length > 0 ? 1 : -1);
  const now = monotonicMs();
  for (let index = 0; index < ready; index++) forwardFrom(poller.token(index), now);
  const due = held.filter(({ at }) => at <= now);
  held = held.filter(({ at }) => at > now);
  for (const { by, octets } of due) send(by, octets);
}
