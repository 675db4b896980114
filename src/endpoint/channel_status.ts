/**
 * How a control connection's messages fare, as `status` tells it.
 *
 * Read RFC 3931 §4.2 first.
 */

import type { ConnectionSnapshot } from "../core/control_connection.ts";
import { ROUND_TRIP_BOUNDS_MS, type TallySnapshot } from "../core/message_tally.ts";
import { monotonicMs } from "../io/clock.ts";
import { durationsOf } from "./durations.ts";
import type { ChannelStatus, HelloRoundTrips } from "./status.ts";

/** Plain values of the core's view. */
export function channelStatus(
  { channel, tally, lastReceivedAt, lastTransmittedAt }: ConnectionSnapshot,
): ChannelStatus {
  const { nextNs, nr, inFlight, queued, peerWindow, congestionWindow } = channel;
  return {
    nextNs,
    nr,
    unacknowledged: inFlight,
    queued,
    peerWindow,
    congestionWindow,
    messages: { sent: tally.sent, received: tally.received },
    helloRoundTrips: roundTripsOf(tally),
    lastReceived: instantOf(lastReceivedAt),
    lastTransmitted: instantOf(lastTransmittedAt),
  };
}

function roundTripsOf({ helloRoundTrips }: TallySnapshot): HelloRoundTrips {
  const { classes, sumMs, lastMs } = helloRoundTrips;
  return { ...durationsOf(ROUND_TRIP_BOUNDS_MS, classes, sumMs), lastMs: lastMs ?? null };
}

/** An instant of the core's clock, which counts from when the system was started. */
function instantOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(Date.now() - (monotonicMs() - at)).toISOString();
}
