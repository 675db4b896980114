/**
 * Options of what is in a session's packets: how frames of the attachment become payloads, and how
 * their order is judged.
 *
 * Read model/session_descriptor.ts and dataplane/sequencing.ts first.
 */

import { DEFAULT_SEQUENCE_LIMITS } from "../dataplane/sequencing.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type { ReorderLimits, SequenceLimits } from "../model/sequence_limits.ts";
import type { HdlcProtocol, PayloadForm, VlanTags } from "../model/session_descriptor.ts";
import { pseudowireFor } from "../pseudowire/selection.ts";

/** How Frame Relay frames are addressed. */
export interface FrameRelayOptions {
  /** The circuit at our attachment: what frames there have for an address. */
  dlci: number;
  /** Octets of the address; both ends must have the same (RFC 4591 §3.5). Default 2. */
  addressLength?: 2 | 4;
}

/** Bounds of putting packets in order. */
export interface ReorderOptions {
  /** Packets that are held for those before them, 1 to 256. Default 32. */
  frames?: number;
  /** Longest time in milliseconds that a packet is held, 1 to 1000. Default 20. */
  time?: number;
}

/** What a session may say of its payloads. */
export interface PayloadOptions {
  /** Frame Relay only; needed where the attachment is an interface. Default: any address passes. */
  frameRelay?: FrameRelayOptions;
  /** What HDLC frames are where the attachment is an interface (RFC 4349 §4.1). Default `"ppp"`. */
  hdlc?: HdlcProtocol;
  /** Ethernet-VLAN only: tags that differ here and there (RFC 4719 §3.1). Default: frames pass. */
  vlan?: VlanTags;
  /** Numbered packets are put in order. Default: they pass at once, late ones are dropped. */
  reorder?: ReorderOptions;
  /** Which numbers are new, and when a sender is believed to have begun anew (RFC 3931 App. C). */
  sequenceLimits?: Partial<SequenceLimits>;
}

/** How a session judges the order of packets. */
export interface OrderSettings {
  readonly sequenceLimits?: SequenceLimits | undefined;
  readonly reorder?: ReorderLimits | undefined;
}

const DEFAULT_REORDER: ReorderLimits = { frames: 32, timeMs: 20 };
const MOST_FRAMES = 256;
const LONGEST_TIME_MS = 1000;
const LARGEST_VLAN = 4094;

/** @throws {RangeError} for what contradicts the pseudowire, or is out of range. */
export function resolvePayload(
  pseudowire: PseudowireType,
  { frameRelay, hdlc, vlan }: PayloadOptions,
): PayloadForm {
  refuseOther(pseudowire, "frame-relay", "frameRelay", frameRelay);
  refuseOther(pseudowire, "hdlc", "hdlc", hdlc);
  refuseOther(pseudowire, "ethernet-vlan", "vlan", vlan);
  for (const id of [vlan?.port, vlan?.peer]) {
    if (id !== undefined) bounded("vlan", id, 1, LARGEST_VLAN);
  }
  const form: PayloadForm = {
    ...(frameRelay === undefined
      ? {}
      : { frameRelay: { dlci: frameRelay.dlci, length: frameRelay.addressLength ?? 2 } }),
    ...(hdlc === undefined ? {} : { hdlc }),
    ...(vlan === undefined ? {} : { vlan }),
  };
  pseudowireFor({ pseudowire, ...form });
  return form;
}

/** @throws {RangeError} for bounds that are out of range. */
export function resolveOrder({ reorder, sequenceLimits }: PayloadOptions): OrderSettings {
  return {
    ...(sequenceLimits === undefined
      ? {}
      : { sequenceLimits: { ...DEFAULT_SEQUENCE_LIMITS, ...sequenceLimits } }),
    ...(reorder === undefined ? {} : { reorder: resolveReorder(reorder) }),
  };
}

function resolveReorder(options: ReorderOptions): ReorderLimits {
  const { frames = DEFAULT_REORDER.frames, time = DEFAULT_REORDER.timeMs } = options;
  bounded("reorder.frames", frames, 1, MOST_FRAMES);
  bounded("reorder.time", time, 1, LONGEST_TIME_MS);
  return { frames, timeMs: time };
}

function refuseOther(
  pseudowire: PseudowireType,
  only: PseudowireType,
  name: string,
  value: unknown,
): void {
  if (value === undefined || pseudowire === only) return;
  throw new RangeError(`${name} is for pseudowire ${only}, and this one is ${pseudowire}`);
}

function bounded(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name}: ${value}, whole numbers from ${least} to ${most} are possible`);
}
