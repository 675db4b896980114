/**
 * The other tunnels: Debian's packages, without encryption, as fast as they go, and the kernel's
 * own. How each is started has been found out with its manual and trace.
 */

import { command, ip } from "../../dataplane/two_sites.ts";
import {
  type Contender,
  COOKIES,
  type End,
  IDS,
  makeTap,
  otherSide,
  TUNNEL_INTERFACE,
  UNDERLAY_INTERFACE,
} from "./contender.ts";

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

/** The client is told to go on asking: it is started before the server. */
function vtun(end: End): readonly string[] {
  Deno.mkdirSync("/var/lock/vtund", { recursive: true });
  makeTap(end);
  const file = `${end.directory}/vtund-${end.side}.conf`;
  const session = `passwd p; type ether; proto udp; device ${TUNNEL_INTERFACE}; keepalive no; ` +
    'persist yes; multi killold; up { ip "link set %% up"; };';
  Deno.writeTextFileSync(
    file,
    "options { port 5000; syslog daemon; timeout 5; }\n" +
      `default { compress no; encrypt no; speed 0; }\nx { ${session} }\n`,
  );
  const role = end.side === "a" ? ["x", end.remote] : ["-s", "-L", end.local];
  return ["vtund", "-n", "-f", file, ...role];
}

async function output(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: [...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Each end must know the other's key, so the first to start makes both. */
async function fastd({ side, remote, local, directory }: End): Promise<readonly string[]> {
  const secretFile = (of: string) => `${directory}/fastd-${of}.secret`;
  for (const of of side === "a" ? ["a", "b"] : []) {
    const secret = await output("fastd", "--generate-key", "--machine-readable");
    Deno.writeTextFileSync(secretFile(of), `secret "${secret}";\n`);
  }
  const other = otherSide(side);
  const show = ["--config", secretFile(other), "--show-key", "--machine-readable"];
  const key = await output("fastd", ...show);
  const file = `${directory}/fastd-${side}.conf`;
  Deno.writeTextFileSync(
    file,
    `include "${secretFile(side)}"; mode tap; interface "${TUNNEL_INTERFACE}"; method "null"; ` +
      `mtu 1430; bind ${local}:10000; offload l2tp no; ` +
      `peer "${other}" { key "${key}"; remote ${remote}:10000; }\n`,
  );
  return ["fastd", "--config", file, "--log-level", "warn"];
}

/** As with fastd: the first to start makes the keys and host files of both. */
async function tinc({ side, local, remote, directory }: End): Promise<readonly string[]> {
  if (side === "a") await makeTincHosts(directory, { a: local, b: remote });
  return ["tincd", "-c", `${directory}/${side}`, "-D", `--pidfile=${directory}/${side}.pid`];
}

async function makeTincHosts(
  directory: string,
  addresses: Record<"a" | "b", string>,
): Promise<void> {
  for (const name of ["a", "b"] as const) {
    const own = `${directory}/${name}`;
    Deno.mkdirSync(`${own}/hosts`, { recursive: true });
    const connect = name === "a" ? "ConnectTo=b\n" : "";
    Deno.writeTextFileSync(
      `${own}/tinc.conf`,
      `Name=${name}\nMode=switch\nDeviceType=tap\nInterface=${TUNNEL_INTERFACE}\n` +
        `AddressFamily=ipv4\nPingInterval=60\nDirectOnly=yes\nMaxTimeout=1\n${connect}`,
    );
    Deno.writeTextFileSync(`${own}/tinc-up`, "#!/bin/sh\nip link set $INTERFACE up\n");
    Deno.chmodSync(`${own}/tinc-up`, 0o755);
    await output("tincd", "-c", own, "-K2048");
  }
  for (const name of ["a", "b"] as const) {
    const key = Deno.readTextFileSync(`${directory}/${name}/hosts/${name}`);
    const host = `Address=${addresses[name]}\nCipher=none\nDigest=none\nCompression=0\n${key}`;
    for (const at of ["a", "b"]) Deno.writeTextFileSync(`${directory}/${at}/hosts/${name}`, host);
  }
}

function vxlan({ namespace, local, remote }: End): readonly string[] {
  const device = `id 42 local ${local} remote ${remote} dstport 4789 dev ${UNDERLAY_INTERFACE}`;
  ip(`-n ${namespace} link add ${TUNNEL_INTERFACE} type vxlan ${device}`);
  return [];
}

/** QEMU's endpoints, which longwire is measured by. */
export const QEMU_UDP: Contender = {
  name: "QEMU l2tpv3, UDP",
  program: "qemu-system-x86_64",
  start: qemu("udp"),
};
export const QEMU_IP: Contender = {
  name: "QEMU l2tpv3, IP 115",
  program: "qemu-system-x86_64",
  start: qemu("ip"),
};

/** The ceiling. */
export const VETH: Contender = {
  name: "no tunnel, plain veth",
  kind: "kernel",
  interface: UNDERLAY_INTERFACE,
  start: () => [],
};

/** All other tunnels. */
export const OTHER_PEERS: readonly Contender[] = [
  { name: "vtun, ether over UDP", program: "vtund", start: vtun },
  { name: "vde_plug, UDP", program: "vde_plug", start: vde },
  { name: "fastd, null", program: "fastd", start: fastd },
  { name: "openvpn, tap, no cipher", program: "openvpn", start: openvpn },
  { name: "tinc, switch, no cipher", program: "tincd", start: tinc },
  { name: "socat, TAP to UDP", program: "socat", start: socat },
  { name: "kernel VXLAN", kind: "kernel", start: vxlan },
];
