/**
 * What the keys of `payload_schema.ts` must agree on with the rest of their session.
 */

import type { PseudowireType } from "../model/pseudowire_type.ts";
import { LARGEST_DLCI } from "../model/session_descriptor.ts";
import { error, type Fault } from "./fault.ts";
import type { SessionDraft, StaticDraft } from "./rules.ts";
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
  return [...misplaced, ...circuitFaults(path, session), ...orderFaults(path, session)];
}

/** What a frame for an interface is made with, or taken for, must be said. */
function circuitFaults(path: KeyPath, { pseudowire, frameRelay, hdlc }: Draft): Fault[] {
  if (pseudowire === "frame-relay" && frameRelay === undefined) {
    return [error(path, "frame-relay needs frameRelay: { dlci: … }: the circuit's number here")];
  }
  if (pseudowire === "hdlc" && hdlc !== "cisco") {
    return [error(path, "write hdlc: cisco; PPP for an interface comes in pseudowire ppp")];
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
