/**
 * Control messages written out by hand, field by field, from RFC 3931 §3.2, §5 and RFC 2661 §3, §4.
 */

import { octetsOf } from "./octets.ts";

/** An SCCRQ of L2TPv3 without authentication. */
export const V3_SCCRQ = octetsOf(`
  c803 0064             ; T, L, S; Ver 3; Length 100
  00000000 0000 0000    ; Control Connection ID not known; Ns 0; Nr 0
  8008 0000 0000 0001   ; M; Length 8; IETF; Message Type: SCCRQ
  8013 0000 0007        ; M; Length 19; IETF; Host Name
    6c616e2d612e6578616d706c65 ; "lan-a.example"
  000e 0000 0008        ; Length 14; IETF; Vendor Name, M = 0
    6c6f6e6777697265    ; "longwire"
  800a 0000 003c c0000201 ; Router ID 192.0.2.1
  800a 0000 003d 12345678 ; Assigned Control Connection ID
  800a 0000 003e 0005 0004 ; Pseudowire Capabilities: Ethernet, Ethernet VLAN
  8008 0000 000a 0010   ; Receive Window Size 16
  8009 0000 0049 0a0b0c ; Nonce (three octets: any length is good)
`);

/** An ICRQ with every AVP that RFC 3931 lets it have. */
export const V3_ICRQ = octetsOf(`
  c803 009d             ; T, L, S; Ver 3; Length 157
  9abcdef0 0002 0001    ; the peer's Control Connection ID; Ns 2; Nr 1
  8008 0000 0000 000a   ; Message Type: ICRQ
  800a 0000 003f 00001001 ; Local Session ID
  800a 0000 0040 00000000 ; Remote Session ID: not known
  000a 0000 000f 00000007 ; Serial Number, M = 0
  8008 0000 0044 0005   ; Pseudowire Type: Ethernet
  8009 0000 0042 6c616e ; Remote End ID "lan"
  8008 0000 0047 0003   ; Circuit Status: Active, New
  800e 0000 0041 0011223344556677 ; Assigned Cookie
  800e 0000 0005 0102030405060708 ; Session Tie Breaker
  8008 0000 0045 0001   ; L2-Specific Sublayer: Default
  8008 0000 0046 0002   ; Data Sequencing: all
  000e 0000 004a 000000003b9aca00 ; Tx Connect Speed, 1 Gbit/s, M = 0
  000e 0000 004b 0000000000000000 ; Rx Connect Speed: unknown
  000a 0000 0019 0000002a ; Physical Channel ID, M = 0
`);

/** A StopCCN with result, error and text. */
export const V3_STOP_CCN = octetsOf(`
  c803 0039             ; T, L, S; Ver 3; Length 57
  00000000 0000 0001    ; Control Connection ID not known; Ns 0; Nr 1
  8008 0000 0000 0004   ; Message Type: StopCCN
  801b 0000 0001        ; M; Length 27; Result Code
    0002 0008           ; general error; unknown AVP with M = 1
    617474726962757465203939 20e29c93 2e ; "attribute 99 ✓."
  800a 0000 003d 12345678 ; Assigned Control Connection ID: the peer may know no other
`);

/** An SCCRP of L2TPv2, as xl2tpd sends it, with a challenge and an answer to ours. */
export const V2_SCCRP = octetsOf(`
  c802 0084             ; T, L, S; Ver 2; Length 132
  1234 0000 0000 0001   ; Tunnel ID; Session ID 0; Ns 0; Nr 1
  8008 0000 0000 0002   ; Message Type: SCCRP
  8008 0000 0002 0100   ; Protocol Version 1, Revision 0
  800a 0000 0003 00000003 ; Framing Capabilities: both
  800a 0000 0004 00000000 ; Bearer Capabilities: none
  0008 0000 0006 0690   ; Firmware Revision, M = 0
  8009 0000 0007 6c6163 ; Host Name "lac"
  0015 0000 0008        ; Vendor Name, M = 0
    7865 6c65 7261 6e63 652e 636f 6d 2121 ; "xelerance.com!!"
  8008 0000 0009 5678   ; Assigned Tunnel ID
  8008 0000 000a 0004   ; Receive Window Size 4
  8008 0000 000b beef   ; Challenge
  8016 0000 000d        ; M; Length 22; Challenge Response
    000102030405060708090a0b0c0d0e0f
`);

/** What an SCCRQ for automatic fallback is: L2TPv2, with L2TPv3's AVPs, which have M = 0. */
export const FALLBACK_SCCRQ = octetsOf(`
  c802 0068             ; T, L, S; Ver 2; Length 104
  0000 0000 0000 0000   ; no identifiers yet; Ns 0; Nr 0
  8008 0000 0000 0001   ; Message Type: SCCRQ
  8008 0000 0002 0100   ; Protocol Version 1, Revision 0
  8007 0000 0007 61     ; Host Name "a"
  800a 0000 0003 00000003 ; Framing Capabilities: both
  8008 0000 0009 5678   ; Assigned Tunnel ID
  000e 0000 0005 ffffffffffffffff ; Tie Breaker, M = 0 as in v2
  000a 0000 003c 0a000001 ; Router ID, M = 0
  000a 0000 003d 00005678 ; Assigned Control Connection ID, M = 0
  0009 0000 0049 010203 ; Nonce, M = 0
  0008 0000 003e 0005   ; Pseudowire Capabilities: Ethernet, M = 0
`);
