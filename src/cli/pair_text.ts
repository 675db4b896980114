/**
 * A planned pair in the words of each system: longwire's YAML, Linux's `ip l2tp`, Cisco IOS,
 * RouterOS. Each function writes the end that is `here` in the plan it is given.
 *
 * Interop: `ip l2tp` calls `cookie` what it sends and `peer_cookie` what it expects; RouterOS says
 * `send-cookie` and `peer-cookie`; IOS `cookie remote` and `cookie local`, low half first.
 */

import { stringify } from "@std/yaml";
import type { PairPlan } from "./pair_plan.ts";

/** longwire's configuration. */
export function longwireText(plan: PairPlan): string {
  const { here, there, encapsulation, port, isStatic, circuit, tap, sublayer, cookie } = plan;
  const remote = encapsulation === "udp" && port !== 1701 && !isStatic
    ? withPort(there.address, port)
    : there.address;
  const ends = { remote, local: here.address, encapsulation };
  const bracketed = here.address.includes(":") ? `[${here.address}]` : here.address;
  const listen = encapsulation === "udp" ? `udp://${bracketed}:${port}` : `ip://${bracketed}`;
  if (isStatic) {
    const ports = encapsulation === "udp" ? { localPort: port, remotePort: port } : {};
    const cookies = cookie === 0 ? {} : {
      receiveCookie: `0x${here.static.cookie}`,
      transmitCookie: `0x${there.static.cookie}`,
    };
    const ids = {
      localSessionId: here.static.sessionId,
      remoteSessionId: there.static.sessionId,
    };
    const session = { ...ends, ...ports, ...ids, ...cookies, sublayer, attach: { tap } };
    // Both share the port; whoever else asks there for a connection gets no answer.
    return stringify({ listen: [listen], static: { [circuit]: session } });
  }
  const secret = plan.secretFile === undefined ? {} : { secret: { file: plan.secretFile } };
  const session = { remoteEndId: circuit, cookie, sublayer, attach: { tap } };
  const connection = { ...ends, ...secret, sessions: { [circuit]: session } };
  return stringify({ listen: [listen], connections: { [circuit]: connection } });
}

function withPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Commands for Linux; they make a static session, for the kernel has no control connection. */
export function ipL2tpText(plan: PairPlan): string {
  if (!plan.isStatic) return "# The kernel alone has no control connection: pair --static\n";
  const { here, there, encapsulation, port, cookie, sublayer, tap } = plan;
  const ports = encapsulation === "udp" ? ` udp_sport ${port} udp_dport ${port}` : "";
  const cookies = cookie === 0
    ? ""
    : ` cookie ${there.static.cookie} peer_cookie ${here.static.cookie}`;
  return [
    "modprobe -a l2tp_eth l2tp_ip l2tp_ip6",
    `ip l2tp add tunnel tunnel_id ${here.static.tunnelId} ` +
    `peer_tunnel_id ${there.static.tunnelId} local ${here.address} remote ${there.address} ` +
    `encap ${encapsulation}${ports}`,
    `ip l2tp add session name ${tap} tunnel_id ${here.static.tunnelId} ` +
    `session_id ${here.static.sessionId} peer_session_id ${there.static.sessionId}` +
    `${cookies} l2spec_type ${sublayer}`,
    `ip link set ${tap} up`,
    "",
  ].join("\n");
}

/** Configuration for Cisco IOS; the interfaces are for its operator to choose. */
export function ciscoText(plan: PairPlan): string {
  if (plan.encapsulation !== "ip") {
    return "! IOS carries L2TPv3 over IP only: pair --encapsulation ip\n";
  }
  if (plan.here.address.includes(":")) return "! IOS connects IPv4 addresses only\n";
  const peer = plan.there.address;
  if (plan.isStatic && plan.sublayer !== "none") {
    return "! A manual session of IOS has no sublayer: pair --static --sublayer none\n";
  }
  const head = [
    "! INTERFACE-WITH-THE-LOCAL-ADDRESS has the address " + plan.here.address,
    ...(plan.isStatic ? [] : controlClass(plan)),
    `pseudowire-class ${plan.circuit}-pw`,
    " encapsulation l2tpv3",
    plan.isStatic ? " protocol none" : ` protocol l2tpv3 ${plan.circuit}-class`,
    " ip local interface INTERFACE-WITH-THE-LOCAL-ADDRESS",
    "!",
    "interface ATTACHMENT-CIRCUIT",
    " no ip address",
  ];
  const identifier = vcIdentifier(plan.circuit);
  if (!plan.isStatic) {
    return lines([...head, ` xconnect ${peer} ${identifier} pw-class ${plan.circuit}-pw`]);
  }
  const { here, there } = plan;
  return lines([
    ...head,
    ` xconnect ${peer} ${identifier} encapsulation l2tpv3 manual pw-class ${plan.circuit}-pw`,
    `  l2tp id ${here.static.sessionId} ${there.static.sessionId}`,
    ...(plan.cookie === 0 ? [] : [
      `  l2tp cookie local ${cookieWords(here.static.cookie)}`,
      `  l2tp cookie remote ${cookieWords(there.static.cookie)}`,
    ]),
  ]);
}

function controlClass({ circuit, cookie, secretFile }: PairPlan): string[] {
  const secret = secretFile === undefined
    ? []
    : [" digest secret SECRET-OF-THE-FILE hash SHA1", ` ! SECRET-OF-THE-FILE: ${secretFile}`];
  const size = cookie === 0 ? [] : [` cookie size ${cookie}`];
  return [`l2tp-class ${circuit}-class`, ...secret, ...size, "!"];
}

/** IOS knows circuits by number, and sends the number's digits as Remote End ID. */
function vcIdentifier(circuit: string): string {
  return /^\d+$/.test(circuit) ? circuit : "VC-ID";
}

/** The size, then the low four octets, then the high ones. */
function cookieWords(cookie: string): string {
  const octets = cookie.length / 2;
  const words = octets === 4 ? [cookie] : [cookie.slice(8), cookie.slice(0, 8)];
  return [octets, ...words.map((word) => `0x${word}`)].join(" ");
}

/** A command for RouterOS 7. */
export function routerOsText(plan: PairPlan): string {
  const { here, there, encapsulation, cookie, sublayer, tap, circuit } = plan;
  if (encapsulation === "udp" && plan.port !== 1701) {
    return "# RouterOS uses UDP port 1701: pair --port 1701\n";
  }
  const common = [
    `name=${tap}`,
    `l2tp-proto-version=l2tpv3-${encapsulation}`,
    `connect-to=${there.address}`,
    `use-l2-specific-sublayer=${sublayer === "default" ? "yes" : "no"}`,
  ];
  const cookies = cookie === 0
    ? []
    : [`send-cookie=${there.static.cookie}`, `peer-cookie=${here.static.cookie}`];
  const particular = plan.isStatic
    ? [
      "unmanaged-mode=yes",
      `local-address=${here.address}`,
      `local-tunnel-id=${here.static.tunnelId}`,
      `remote-tunnel-id=${there.static.tunnelId}`,
      `local-session-id=${here.static.sessionId}`,
      `remote-session-id=${there.static.sessionId}`,
      ...cookies,
    ]
    : [
      `circuit-id=${circuit}`,
      `cookie-length=${cookie === 0 ? "0" : `${cookie}-bytes`}`,
      "digest-hash=sha1",
    ];
  return lines([
    "/interface l2tp-ether",
    `add ${[...common, ...particular].join(" ")} disabled=no`,
  ]);
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
