/**
 * What the keys of `payload_schema.ts` must agree on with the rest of their session.
 */

import type { PseudowireType } from "../model/pseudowire_type.ts";
import { LARGEST_DLCI } from "../model/session_descriptor.ts";
import { pcapFaults } from "./capture_files.ts";
import { error, type Fault } from "./fault.ts";
import type { SessionDraft, StaticDraft } from "./draft.ts";
import type { KeyPath } from "./yaml_source.ts";

type Draft = SessionDraft | StaticDraft;

/** Keys that mean something to one kind of pseudowire only. */
const KEYS_OF_ONE: readonly (readonly ["frameRelay" | "hdlc" | "vlan", PseudowireType])[] = [
  ["frameRelay", "frame-relay"],
  ["hdlc", "hdlc"],
  ["vlan", "ethernet-vlan"],
];

/** Every broken rule of a session about its payloads. */
export function payloadFaults(path: KeyPath, session: Draft): Fault[] {
  const { pseudowire } = session;
  const misplaced = KEYS_OF_ONE.filter(([key, only]) =>
    session[key] !== undefined && pseudowire !== only
  ).map(([key, only]) =>
    error([...path, key], `is for pseudowire ${only}, and this one is ${pseudowire}`)
  );
  const { socket, pcap } = session.attach;
  const placed = socket === undefined && pcap === undefined ? circuitFaults(path, session) : [];
  return [
    ...misplaced,
    ...placed,
    ...portFaults(path, session),
    ...orderFaults(path, session),
  ];
}

/** What a frame for an interface is made with, or taken for, must be said. */
function circuitFaults(path: KeyPath, { pseudowire, frameRelay, hdlc }: Draft): Fault[] {
  if (pseudowire === "frame-relay" && frameRelay === undefined) {
    return [error(path, "frame-relay needs frameRelay: { dlci: … }: the circuit's number here")];
  }
  if (pseudowire === "hdlc" && hdlc === undefined) {
    return [error(path, "hdlc for an interface needs hdlc: cisco or hdlc: ppp: what is in it")];
  }
  if (pseudowire !== "frame-relay" || frameRelay === undefined) return [];
  const { dlci, addressLength } = frameRelay;
  return dlci <= LARGEST_DLCI[addressLength] ? [] : [
    error(
      [...path, "frameRelay", "dlci"],
      `${dlci} does not fit an address of 2 octets (0 to 1023); write addressLength: 4`,
    ),
  ];
}

/** A session has one attachment, and what is there already is not made anew. */
function portFaults(path: KeyPath, { pseudowire, attach }: Draft): Fault[] {
  const at = (key: string) => [...path, "attach", key];
  const kinds = (["tap", "tun", "interface", "socket", "pty", "pcap"] as const)
    .filter((kind) => attach[kind] !== undefined);
  const [, second] = kinds;
  if (second !== undefined) return [error(at(second), `a session has one: ${kinds.join(" or ")}`)];
  if ((attach.socket === undefined) !== (attach.peer === undefined)) {
    return [
      error([...path, "attach"], "socket and peer are the two ends of one thing; write both"),
    ];
  }
  if (attach.pty !== undefined && pseudowire !== "ppp") {
    return [error(at("pty"), `PPP comes from a pty, not ${pseudowire}`)];
  }
  const ofOthers = (["interface", "socket", "pty", "pcap"] as const)
    .some((kind) => attach[kind] !== undefined);
  const misplaced = (["bridge", "mac", "address"] as const)
    .filter((key) => ofOthers && attach[key] !== undefined)
    .map((key) => error(at(key), "is for a tap, which is made for the session; leave it out"));
  return [...misplaced, ...pcapFaults(at("pcap"), attach)];
}

/** Only what is numbered can be put in order. */
function orderFaults(path: KeyPath, session: Draft): Fault[] {
  const isStatic = "receiveSequencing" in session;
  const key = isStatic ? "receiveSequencing" : "sequencing";
  const expected = isStatic ? session.receiveSequencing : session.sequencing;
  if (expected !== "none") return [];
  return (["reorder", "sequenceLimits"] as const)
    .filter((option) => session[option] !== undefined)
    .map((option) => error([...path, option], `needs ${key}: all or non-ip`));
}
