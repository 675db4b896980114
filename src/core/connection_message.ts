/**
 * What a peer's message about the connection itself is to the state table: the input, and what is
 * said and told if the connection ends of it.
 *
 * Read RFC 3931 §3.3 and §7.2, and A-08 first; the tables are in connection_transitions.ts.
 */

import { STOP_CCN_RESULTS } from "../wire/result_codes.ts";
import type { ConnectionPhase } from "./connection_phase.ts";
import type { ConnectionInput } from "./connection_transitions.ts";
import type { Conversation, Received } from "./conversation.ts";
import { connectionFault, type Ending, type ProtocolFault, stopEnding } from "./fault.ts";
import type { Handshake } from "./handshake.ts";

/** An input of the state table. */
export interface ConnectionStep {
  readonly input: ConnectionInput;
  /** How the connection ends, where the table says that it does. */
  readonly ending: Ending;
}

/** Where nothing can end, or nothing is to be said about it. */
export const NOTHING_TO_SAY = stopEnding("local", { result: STOP_CCN_RESULTS.generalRequest.code });

/** Reads a message, and takes from an SCCRP what it says of the peer; `undefined`: no input. */
export function readConnectionMessage(
  received: Received,
  phase: ConnectionPhase,
  conversation: Conversation,
  handshake: Handshake,
): ConnectionStep | undefined {
  const { message } = received;
  const { type } = message;
  switch (type) {
    case "SCCRQ":
      return { input: "sccrq", ending: wrongState(type, phase) };
    case "SCCRP": {
      if (phase !== "wait-ctl-reply") return { input: "sccrp", ending: wrongState(type, phase) };
      const fault = handshake.takeSccrp(conversation, received);
      if (fault !== undefined) return unacceptable("sccrp-unacceptable", fault);
      return { input: "sccrp", ending: NOTHING_TO_SAY };
    }
    case "SCCCN": {
      const fault = phase === "wait-ctl-conn" ? conversation.dialect.readScccn(message) : undefined;
      if (fault !== undefined) return unacceptable("scccn-unacceptable", fault);
      return { input: "scccn", ending: wrongState(type, phase) };
    }
    case "StopCCN":
      return {
        input: "stopccn",
        ending: stopEnding("remote", message.avps.resultCode ?? { result: 0 }),
      };
    default: // HELLO, and types that need not be known: acknowledged, and that is all.
      return undefined;
  }
}

/** A message that has no place in the state the connection is in. */
export function wrongState(message: string, phase: ConnectionPhase): Ending {
  const text = `${message} in state ${phase}`;
  return stopEnding("protocol", connectionFault("stateMachineError", "none", text).code);
}

function unacceptable(input: ConnectionInput, { code }: ProtocolFault): ConnectionStep {
  return { input, ending: stopEnding("protocol", code) };
}
