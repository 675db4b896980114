/**
 * What the parts of the control plane get from the `Lcce` that they belong to: the effect queue,
 * identifiers, randomness, and the registers by which datagrams and handles find their way.
 */

import type { ProtocolVersion } from "../model/identifiers.ts";
import type { Path } from "../model/path.ts";
import type { ControlConnection } from "./control_connection.ts";
import type { Effect } from "./effect.ts";
import type { IdentifierPool } from "./identifier_pool.ts";
import type { LcceConfig, Limits } from "./lcce_config.ts";
import type { Random } from "../crypto/random.ts";
import type { Session } from "./session.ts";

/** Services of one `Lcce`. */
export interface Services {
  readonly config: LcceConfig;
  readonly limits: Limits;
  readonly random: Random;
  /** Puts an effect at the end of the queue. */
  emit(effect: Effect): void;

  /** Takes a Control Connection ID (or Tunnel ID) by which datagrams find this connection. */
  assignConnectionId(version: ProtocolVersion, connection: ControlConnection): number;
  releaseConnectionId(version: ProtocolVersion, id: number): void;

  /** A peer's connection has ended by our StopCCN: its SCCRQ may yet come again. */
  rememberRequest(path: Path, octets: Uint8Array, now: number): void;

  /** A name for a connection or a session that no other has. */
  newHandle(): number;
  /** Local Session IDs that are unique in this process. */
  readonly sessionIds: IdentifierPool;
  /** Serial Number AVP: rises over time, for logs only (V3-SES-16). */
  nextSerialNumber(): number;
  registerSession(session: Session): void;
  unregisterSession(session: Session): void;
}
