/**
 * What two PPP peers have opened and agreed on, as far as it concerns how data is carried.
 *
 * Read RFC 1661 §6.5 and §6.6 (compression of fields), RFC 1332, RFC 5072 and RFC 3518 §4.1.
 */

/** The network protocols that are open, and what may be left out of frames to the peer. */
export interface PppProtocols {
  /** IPCP is opened. */
  readonly ipv4: boolean;
  /** IPV6CP is opened. */
  readonly ipv6: boolean;
  /** BCP is opened (BCP-02). */
  readonly bridged: boolean;
  /** The peer takes frames with a VLAN tag by BCP (BCP-09). Default false. */
  readonly taggedFrames?: boolean | undefined;
  /** Both take spanning tree's and GARP's frames inline by BCP (BCP-10). Default false. */
  readonly managementInline?: boolean | undefined;
  /** The peer takes protocol fields of one octet (PFC). Default false. */
  readonly compressProtocol?: boolean | undefined;
  /** The peer takes frames without address and control (ACFC). Default false. */
  readonly compressAddress?: boolean | undefined;
}

/** Before anything has been agreed on: no data passes. */
export const NO_PPP_PROTOCOLS: PppProtocols = { ipv4: false, ipv6: false, bridged: false };
