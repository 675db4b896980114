/**
 * A program: carries datagrams between two ends, spoils their order, doubles some and loses none.
 *
 *     deno run -A spoiling_relay.ts SEED { NEAR FAR NEAR-END FAR-END } …
 *
 * What comes at NEAR goes on to FAR-END from FAR, and the other way round, in each group of four. All
 * of them are `udp://ADDRESS:PORT` or, for IP protocol 115, `ip://ADDRESS`. It says `ready` on stderr
 * when everything is open.
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
/** Taken from one socket before what is held is looked after. */
const DATAGRAMS_AT_ONCE = 16;

/** Held while the relay is busy: more than any test has under way. */
const RECEIVE_BUFFER = 8_000_000;
const L2TP = 115;

interface Held {
  readonly at: number;
  readonly by: number;
  readonly octets: Uint8Array;
}

interface Place {
  readonly kind: "udp" | { readonly protocol: number };
  readonly address: string;
  readonly port: number;
}

function placeOf(text: string): Place {
  const { protocol, hostname, port } = new URL(text);
  const isUdp = protocol === "udp:";
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return { kind: isUdp ? "udp" : { protocol: L2TP }, address, port: Number(port) };
}

const [seed, ...places] = Deno.args;
const prng = new Prng(Number(seed));
const all = places.map(placeOf);
/** Where each socket is, and to whom it sends: two of them to a group, its near and its far one. */
const own = all.filter((_, index) => index % 4 < 2);
const others = all.filter((_, index) => index % 4 >= 2);
const sockets = own.map((place) => openDatagramSocket({ ...place, receiveBuffer: RECEIVE_BUFFER }));
let held: Held[] = [];

function send(by: number, octets: Uint8Array): void {
  const socket = sockets[by]!;
  const errno = socket.send(octets, socket.local, others[by]!);
  if (errno !== 0) console.error(`a datagram was not sent: ${errno}`);
}

function hold(by: number, octets: Uint8Array, now: number): void {
  held.push({ at: now + 1 + prng.below(HOLD_MS), by, octets: octets.slice() });
}

/** The other socket of a group. */
function partnerOf(index: number): number {
  return index % 2 === 0 ? index + 1 : index - 1;
}

function forwardFrom(from: number, now: number): void {
  const by = partnerOf(from);
  for (let turn = 0; turn < DATAGRAMS_AT_ONCE; turn++) {
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
