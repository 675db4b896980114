/**
 * A tunnel and a call being set up between two xl2tpd, as recorded (with a challenge each way), and
 * what the dissector says of each message.
 */

import { octetsOf } from "./octets.ts";

/** The messages in their order, with their lines. */
export const XL2TPD_EXCHANGE: readonly (readonly [octets: Uint8Array, line: string])[] = [
  [
    octetsOf(`
      c802 0081 0000 0000 0000 0000
      8008 0000 0000 0001   8008 0000 0002 0100   800a 0000 0003 00000003
      800a 0000 0004 00000000   0008 0000 0006 0690
      8010 0000 0007 786c327470642d6c6163   0013 0000 0008 78656c6572616e63652e636f6d
      8008 0000 0009 9e23   8008 0000 000a 0004
      8016 0000 000b 071040b2f12260858ee84016a19fb306`),
    "v2 SCCRQ tunnel=0 session=0 ns=0 nr=0 protocolVersion={version=1 revision=0} " +
      'framingCapabilities=synchronous+asynchronous bearerCapabilities=0 firmwareRevision=1680 hostName="xl2tpd-lac" ' +
      'vendorName="xelerance.com" assignedTunnelId=40483 receiveWindowSize=4 challenge=(16 octets)',
  ],
  [
    octetsOf(`
      c802 0097 9e23 0000 0000 0001
      8008 0000 0000 0002   8008 0000 0002 0100   800a 0000 0003 00000003
      800a 0000 0004 00000000   0008 0000 0006 0690
      8010 0000 0007 786c327470642d6c6e73   0013 0000 0008 78656c6572616e63652e636f6d
      8008 0000 0009 6d7d   8008 0000 000a 0004
      8016 0000 000d 63b7ea62c81adb2f4b138da844f68c5e
      8016 0000 000b 304563ff75fe939425f486e27d405dad`),
    "v2 SCCRP tunnel=40483 session=0 ns=0 nr=1 protocolVersion={version=1 revision=0} " +
      'framingCapabilities=synchronous+asynchronous bearerCapabilities=0 firmwareRevision=1680 hostName="xl2tpd-lns" ' +
      'vendorName="xelerance.com" assignedTunnelId=28029 receiveWindowSize=4 ' +
      "challengeResponse=(16 octets) challenge=(16 octets)",
  ],
  [
    octetsOf(`
      c802 002a 6d7d 0000 0001 0001
      8008 0000 0000 0003   8016 0000 000d 37df3aecf568133b9211ba5bb687c2e3`),
    "v2 SCCCN tunnel=28029 session=0 ns=1 nr=1 challengeResponse=(16 octets)",
  ],
  [octetsOf(`c802 000c 9e23 0000 0001 0002`), "v2 ZLB tunnel=40483 session=0 ns=1 nr=2"],
  [
    octetsOf(`
      c802 0030 6d7d 0000 0002 0001
      8008 0000 0000 000a   8008 0000 000e bd16   800a 0000 000f 00000001
      800a 0000 0012 00000000`),
    "v2 ICRQ tunnel=28029 session=0 ns=2 nr=1 assignedSessionId=48406 serialNumber=1 bearerType=0",
  ],
  [
    octetsOf(`c802 001c 9e23 bd16 0001 0003   8008 0000 0000 000b   8008 0000 000e e7dd`),
    "v2 ICRP tunnel=40483 session=48406 ns=1 nr=3 assignedSessionId=59357",
  ],
  [
    octetsOf(`
      c802 0032 6d7d e7dd 0003 0002
      8008 0000 0000 000c   800a 0000 0018 00000000   800a 0000 0013 00000001
      000a 0000 0026 00000000`),
    "v2 ICCN tunnel=28029 session=59357 ns=3 nr=2 txConnectSpeed=0 framingType=synchronous rxConnectSpeed=0",
  ],
];
