/** What benches take apart and put together: 64 KiB of one TCP stream. */

import { ACK, type Flow, noise } from "../dataplane/offload/frames.ts";

export const SEGMENT_OCTETS = 1_378;
export const SEGMENTS = 47;

export const FLOW: Flow = {
  tags: [],
  ipv6: false,
  tcp: true,
  service: 0,
  hops: 64,
  dontFragment: true,
  identification: 1,
  sequence: 1,
  flags: ACK,
  options: new Uint8Array(12),
  payload: noise(SEGMENTS * SEGMENT_OCTETS, 1),
  segmentSize: SEGMENT_OCTETS,
};
