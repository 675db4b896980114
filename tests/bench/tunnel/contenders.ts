/**
 * The tunnels that are compared: how one end of each is started in its namespace. Longwire runs as
 * its users run it; the others are Debian's packages, without encryption, as fast as they go.
 *
 * See /work/shared/lab/anchors/bench.py, which this follows.
 */

import { fileURLToPath } from "node:url";
import { command, ip } from "../../dataplane/two_sites.ts";

/** One end to be started. */
export interface End {
  readonly side: "a" | "b";
  readonly namespace: string;
  readonly local: string;
  readonly remote: string;
  /** For its files. */
  readonly directory: string;
}

/** The interface that every tunnel gives its namespace. */
export const TUNNEL_INTERFACE = "bt0";

/** One tunnel. */
export interface Contender {
  readonly name: string;
  /** Its program, and the package it comes in; absent where nothing is needed. */
  readonly program?: string;
  /** Starts one end, and gives the words of the program to run in the namespace; none: no program. */
  readonly start: (end: End) => readonly string[];
}

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const COOKIES = { a: "1122334455667788", b: "a1b2c3d4e5f60718" } as const;
const IDS = { a: 11, b: 22 } as const;

function otherSide(side: "a" | "b"): "a" | "b" {
  return side === "a" ? "b" : "a";
}

function makeTap({ namespace }: End): void {
  ip(`-n ${namespace} tuntap add ${TUNNEL_INTERFACE} mode tap`);
  ip(`-n ${namespace} link set ${TUNNEL_INTERFACE} up`);
}

/** What of a longwire session differs from a plain one with a cookie of 8. */
interface SessionShape {
  readonly encapsulation: "udp" | "ip";
  readonly sublayer?: "default";
  /** Further keys of the configuration. */
  readonly settings?: Record<string, unknown>;
}

function longwire(shape: SessionShape): Contender["start"] {
  return ({ side, local, remote, directory }) => {
    const other = otherSide(side);
    const configuration = {
      listen: "udp://127.0.0.1:1801",
      controlSocket: `${directory}/${side}.sock`,
      ...shape.settings,
      static: {
        bench: {
          remote,
          local,
          encapsulation: shape.encapsulation,
          localSessionId: IDS[side],
          remoteSessionId: IDS[other],
          receiveCookie: `0x${COOKIES[side]}`,
          transmitCookie: `0x${COOKIES[other]}`,
          sublayer: shape.sublayer ?? "none",
          attach: { tap: TUNNEL_INTERFACE },
        },
      },
    };
    // JSON is YAML.
    const file = `${directory}/${side}.yaml`;
    Deno.writeTextFileSync(file, JSON.stringify(configuration));
    return [Deno.execPath(), "run", "-A", "--no-prompt", MAIN, "run", file];
  };
}

function qemu(encapsulation: "udp" | "ip"): Contender["start"] {
  return (end) => {
    makeTap(end);
    const { side, local, remote } = end;
    const other = otherSide(side);
    const udp = encapsulation === "udp" ? "udp=on,srcport=1701,dstport=1701," : "";
    const words = "qemu-system-x86_64 -M none -nodefaults -nographic -monitor none -serial none " +
      `-netdev tap,id=t0,ifname=${TUNNEL_INTERFACE},script=no,downscript=no ` +
      `-netdev l2tpv3,id=l0,src=${local},dst=${remote},${udp}cookie64=on,` +
      `rxsession=${IDS[side]},txsession=${IDS[other]},` +
      `rxcookie=0x${COOKIES[side]},txcookie=0x${COOKIES[other]} ` +
      "-netdev hubport,id=h0,hubid=0,netdev=t0 -netdev hubport,id=h1,hubid=0,netdev=l0";
    return words.split(" ");
  };
}

function vde(end: End): readonly string[] {
  // It ends at the first ICMP error, so nothing may be sent before both ends are there.
  const setting = "net.ipv6.conf.all.disable_ipv6=1";
  command("ip", `netns exec ${end.namespace} sysctl -qw ${setting}`);
  makeTap(end);
  const path = `udp://${end.local}:9000->${end.remote}:9000`;
  return ["vde_plug", `tap://${TUNNEL_INTERFACE}`, path];
}

function socat({ local, remote }: End): readonly string[] {
  const tap = `TUN,tun-type=tap,tun-name=${TUNNEL_INTERFACE},iff-no-pi,iff-up`;
  return ["socat", "-b", "2000", tap, `UDP-DATAGRAM:${remote}:9001,bind=${local}:9001`];
}

function openvpn({ local, remote }: End): readonly string[] {
  const words = `openvpn --dev ${TUNNEL_INTERFACE} --dev-type tap --proto udp --local ${local} ` +
    `--remote ${remote} --port 1194 --cipher none --auth none --tun-mtu 1430 --txqueuelen 1000 ` +
    "--verb 1";
  return words.split(" ");
}

function vxlan({ namespace, local, remote }: End): readonly string[] {
  const device = `id 42 local ${local} remote ${remote} dstport 4789 dev ul0`;
  ip(`-n ${namespace} link add ${TUNNEL_INTERFACE} type vxlan ${device}`);
  return [];
}

const PLAIN = { tap: false, segmentation: false, aggregation: false };

/** Every tunnel, longwire first. */
export const CONTENDERS: readonly Contender[] = [
  { name: "longwire, UDP", start: longwire({ encapsulation: "udp" }) },
  {
    name: "longwire, UDP, sublayer",
    start: longwire({ encapsulation: "udp", sublayer: "default" }),
  },
  { name: "longwire, IP 115", start: longwire({ encapsulation: "ip" }) },
  {
    name: "longwire, UDP, nothing offloaded",
    start: longwire({ encapsulation: "udp", settings: { offload: PLAIN } }),
  },
  { name: "QEMU l2tpv3, UDP", program: "qemu-system-x86_64", start: qemu("udp") },
  { name: "QEMU l2tpv3, IP 115", program: "qemu-system-x86_64", start: qemu("ip") },
  { name: "vde_plug, UDP", program: "vde_plug", start: vde },
  { name: "openvpn, tap, no cipher", program: "openvpn", start: openvpn },
  { name: "socat, TAP to UDP", program: "socat", start: socat },
  { name: "kernel VXLAN", start: vxlan },
];
