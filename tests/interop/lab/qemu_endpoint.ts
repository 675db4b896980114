/**
 * QEMU's own L2TPv3 endpoint as a peer: `-netdev l2tpv3`, a userspace endpoint in C with static
 * sessions. No guest runs; a hub joins each session to a TAP.
 *
 * QEMU's `counter` is 4 octets where RFC 3931 §4.6 has the Default L2-Specific Sublayer, S bit
 * clear, so it fits `sublayer: default` without sequencing.
 */

import { eventually } from "../../harness/eventually.ts";
import type { Namespaces } from "../../../src/cli/namespaces.ts";
import { LoggedProcess } from "../../netns/logged_process.ts";

/** One static session of QEMU's, seen from QEMU's side. */
export interface QemuSession {
  readonly tap: string;
  readonly tapAddress: string;
  readonly tapMtu: number;
  readonly local: string;
  readonly remote: string;
  /** UDP ports; over IP protocol 115 where absent. */
  readonly ports?: { readonly local: number; readonly remote: number };
  readonly receiveSessionId: number;
  readonly transmitSessionId: number;
  /** Cookies as hex digits: both empty, both 8 digits or both 16. */
  readonly receiveCookie: string;
  readonly transmitCookie: string;
  readonly sublayer: "none" | "default";
}

/** Starts one QEMU that holds every session. */
export async function startQemuEndpoint(
  namespaces: Namespaces,
  namespace: string,
  sessions: readonly QemuSession[],
): Promise<LoggedProcess> {
  await namespaces.ipBatch(
    namespace,
    sessions.flatMap(({ tap, tapAddress, tapMtu }) => [
      `tuntap add ${tap} mode tap`,
      `link set ${tap} mtu ${tapMtu} up`,
      `address add ${tapAddress} dev ${tap}`,
    ]),
  );
  const qemu = new LoggedProcess(namespaces, namespace, [
    "qemu-system-x86_64",
    ...["-machine", "none", "-nodefaults", "-nographic", "-monitor", "none", "-serial", "none"],
    ...sessions.flatMap(sessionArguments),
  ]);
  const taps = sessions.map(({ tap }) => tap);
  try {
    const isReady = () => haveCarrier(namespaces, namespace, taps);
    await eventually(isReady, () => `QEMU has not taken its TAP interfaces: ${qemu.log}`);
  } catch (error) {
    await qemu.end();
    throw error;
  }
  return qemu;
}

function sessionArguments(session: QemuSession, index: number): string[] {
  const options = [
    `l2tpv3,id=session${index},src=${session.local},dst=${session.remote}`,
    `rxsession=${session.receiveSessionId},txsession=${session.transmitSessionId}`,
    ...(session.local.includes(":") ? ["ipv6=on"] : []),
    ...(session.ports === undefined
      ? []
      : [`udp=on,srcport=${session.ports.local},dstport=${session.ports.remote}`]),
    ...(session.receiveCookie === ""
      ? []
      : [`rxcookie=0x${session.receiveCookie},txcookie=0x${session.transmitCookie}`]),
    ...(session.receiveCookie.length === 16 ? ["cookie64=on"] : []),
    ...(session.sublayer === "default" ? ["counter=on"] : []),
  ];
  return [
    ...["-netdev", `tap,id=tap${index},ifname=${session.tap},script=no,downscript=no`],
    ...["-netdev", options.join(",")],
    ...["-netdev", `hubport,id=hub${index}a,hubid=${index},netdev=tap${index}`],
    ...["-netdev", `hubport,id=hub${index}b,hubid=${index},netdev=session${index}`],
  ];
}

/** Whether QEMU holds every TAP: an open TAP has a carrier. */
async function haveCarrier(
  namespaces: Namespaces,
  namespace: string,
  taps: readonly string[],
): Promise<boolean> {
  const shown = await namespaces.ip(namespace, "-oneline", "link", "show");
  const held = shown.split("\n").filter((line) => line.includes("LOWER_UP"));
  return taps.every((tap) => held.some((line) => line.includes(` ${tap}: `)));
}
