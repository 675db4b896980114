/**
 * What a session is made of, and how it is spoken to: what it is told of itself, how it acts on its
 * peer, what the peer is told when it ends. Read session.ts for what it does with all this.
 */

import type { CallCauses, CallInformation, LinkInformation } from "../model/call_information.ts";
import type { CircuitErrors } from "../model/circuit_errors.ts";
import type { CloseReason } from "../model/close_reason.ts";
import type { PerHopBehaviour } from "../model/per_hop_behaviour.ts";
import type { PseudowireType } from "../model/pseudowire_type.ts";
import type {
  DataSequencing,
  L2SpecificSublayer,
  SessionDescriptor,
} from "../model/session_descriptor.ts";
import type { AttachmentCircuit } from "./attachment_circuit.ts";
import type { DataPath, Gates } from "./data_path.ts";
import type { LinkAnswers } from "./link_answers.ts";
import type { Observation } from "./observation.ts";
import type { PathWatch } from "./path_watch.ts";
import type { PppSession } from "./ppp_session.ts";
import type { Session } from "./session.ts";
import type { ResolvedFit } from "./session_fit.ts";

/** What the peer is told when this side ends something. */
export interface CloseOptions extends CallCauses {
  /**
   * Result Code. Of a CDN by default what says that the circuit is deleted: 17 for Frame Relay, 20
   * for HDLC (FR-09, HDLC-05), else 3, "administrative"; of a StopCCN 6, "being shut down".
   */
  readonly resultCode?: number;
  /** General Error Code, with result 2. */
  readonly errorCode?: number;
  /** One sentence for the peer's log. */
  readonly text?: string;
}

/** What a session is told of itself; handed out once, when it is made. */
export interface SessionInputs {
  /** Resolves with whether the attachment circuit works, when it is this session's. */
  claimCircuit(): Promise<boolean>;
  /** Resolves when the peer has agreed, rejects with `SessionError` when it ends before. */
  readonly opened: Promise<void>;
  handleInstall(descriptor: SessionDescriptor, gates: Gates): Promise<void>;
  handleGates(gates: Gates): Promise<void>;
  /** Nothing is carried any more; the end, and its reason, follow. */
  handleRemove(): Promise<void>;
  handleUp(
    descriptor: SessionDescriptor,
    information: CallInformation,
    perHopBehaviour: PerHopBehaviour | undefined,
  ): void;
  /** The two ends of the PPP link in it have agreed how long packets may be. */
  handleAgreedMtu(mtu: number): void;
  handleCircuitStatus(remote: number): void;
  handleCircuitErrors(errors: CircuitErrors): void;
  /** What LCP has led to between the LNS and whoever is on our line. */
  handleLinkInformation(information: LinkInformation): void;
  handleDown(reason: CloseReason): Promise<void>;
}

/** How a session acts on its peer; a static session has nobody to tell. */
export interface SessionControl {
  setCircuitStatus(bits: number): void;
  /** What LCP has led to; an LNS tells its LAC. */
  tellLinkInformation(information: LinkInformation): void;
  reportCircuitErrors(totals: CircuitErrors): void;
  /** Begins the end; `handleDown` follows. */
  close(options: CloseOptions): void;
}

/** What a session is made of. */
export interface SessionParts {
  readonly name: string;
  /** The name of its control connection; `undefined` where it has none. */
  readonly connection: string | undefined;
  readonly observation: Observation;
  readonly pseudowire: PseudowireType;
  readonly sublayer: L2SpecificSublayer;
  readonly sequencing: DataSequencing;
  readonly fit: ResolvedFit;
  /** Whether both ends of its control connection have said that ECN passes (ECN-04). */
  readonly passesEcn: () => boolean;
  readonly paths: PathWatch;
  readonly circuit: AttachmentCircuit;
  /** Whether the circuit goes with the session. */
  readonly ownsCircuit: boolean;
  readonly dataPath: DataPath;
  /** What speaks PPP with the peer, where this program does. */
  readonly ppp: PppSession | undefined;
  /** What the link says of itself, where this side speaks for it. */
  readonly link: LinkAnswers | undefined;
  readonly control: SessionControl;
  /** Called when the session is gone. */
  readonly onEnd: (session: Session) => void | Promise<void>;
}
