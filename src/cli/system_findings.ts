/**
 * What of this system and of a configuration keeps a daemon from starting or its sessions from
 * coming up, looked at without one.
 */

import type { Configuration } from "../config/configuration.ts";
import { splitHostAndPort } from "../config/address_forms.ts";
import type { Finding } from "../daemon/session_findings.ts";
import { hasCapability, TUN_DEVICE, tunRefusal } from "../endpoint/host_system.ts";
import { routeToPeer } from "../endpoint/peer_route.ts";

/** Bits of CapEff (capability.h). */
const CAP_NET_ADMIN = 12;
const CAP_NET_RAW = 13;
const CAP_SYS_ADMIN = 21;

/** Findings about the system alone: the device and the capabilities that everything needs. */
export function systemFindings(): readonly Finding[] {
  const subject = "system";
  const findings: Finding[] = [];
  const tun = tunProblem();
  if (tun !== undefined) findings.push({ code: "tun", subject, ...tun });
  if (!hasCapability(CAP_NET_ADMIN)) {
    findings.push({
      code: "cap-net-admin",
      subject,
      text: "CAP_NET_ADMIN is missing: no interface can be made",
      repair: "sudo longwire …; or AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in the unit",
    });
  }
  if (Deno.build.os !== "linux") {
    const text = `this is ${Deno.build.os}: TAP interfaces are Linux's`;
    findings.push({ code: "not-linux", subject, text, repair: "run it on Linux" });
  }
  return findings;
}

function tunProblem(): Pick<Finding, "text" | "repair"> | undefined {
  const refusal = tunRefusal();
  if (refusal === undefined) return undefined;
  if (refusal.isMissing) {
    const make = "mkdir -p /dev/net && mknod /dev/net/tun c 10 200";
    return { text: refusal.text, repair: `modprobe tun || { ${make}; }` };
  }
  return { text: refusal.text, repair: `modprobe tun; chmod 0666 ${TUN_DEVICE}` };
}

/** Findings about what a configuration needs; `isRunning` where a daemon has the ports already. */
export async function configurationFindings(
  configuration: Configuration,
  isRunning: boolean,
): Promise<readonly Finding[]> {
  return [
    ...capabilityFindings(configuration),
    ...attachmentFindings(configuration),
    ...isRunning ? [] : portFindings(configuration),
    ...await routeFindings(configuration),
  ];
}

function attachmentsOf({ connections, static: statics }: Configuration) {
  return [
    ...connections.flatMap(({ name, sessions }) =>
      sessions.map((session) => ({
        subject: `session ${name}/${session.name}`,
        attach: session.attach,
      }))
    ),
    ...statics.map(({ name, attach }) => ({ subject: `static session ${name}`, attach })),
  ];
}

function capabilityFindings(configuration: Configuration): Finding[] {
  const overIp = configuration.listen.some((where) => where.startsWith("ip:")) ||
    [...configuration.connections, ...configuration.static]
      .some(({ encapsulation }) => encapsulation === "ip");
  const findings: Finding[] = [];
  if (overIp && !hasCapability(CAP_NET_RAW)) {
    findings.push({
      code: "cap-net-raw",
      subject: "system",
      text: "CAP_NET_RAW is missing: IP protocol 115 needs it",
      repair: "sudo longwire …; or AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW in the unit",
    });
  }
  const entered = attachmentsOf(configuration).find(({ attach }) => attach.namespace !== undefined);
  if (entered !== undefined && !hasCapability(CAP_SYS_ADMIN)) {
    findings.push({
      code: "cap-sys-admin",
      subject: entered.subject,
      text: "CAP_SYS_ADMIN is missing: network namespaces cannot be entered",
      repair: "sudo longwire …; or leave attach.namespace out",
    });
  }
  return findings;
}

function attachmentFindings(configuration: Configuration): Finding[] {
  return attachmentsOf(configuration).flatMap(({ subject, attach }): Finding[] => {
    const { namespace, bridge } = attach;
    if (namespace !== undefined && !namespace.includes("/") && !exists(`/run/netns/${namespace}`)) {
      const text = `there is no network namespace ${namespace}`;
      return [{ code: "no-namespace", subject, text, repair: `ip netns add ${namespace}` }];
    }
    if (namespace === undefined && bridge !== undefined && !exists(`/sys/class/net/${bridge}`)) {
      const text = `there is no bridge ${bridge}`;
      const repair = `ip link add ${bridge} type bridge && ip link set ${bridge} up`;
      return [{ code: "no-bridge", subject, text, repair }];
    }
    return [];
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function portFindings({ listen }: Configuration): Finding[] {
  return listen.filter((where) => where.startsWith("udp://")).flatMap((where): Finding[] => {
    const place = splitHostAndPort(where.slice("udp://".length));
    const port = place?.port ?? 1701;
    const hostname = place?.host ?? "0.0.0.0";
    try {
      Deno.listenDatagram({ transport: "udp", hostname, port }).close();
      return [];
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) return [];
      const text = `another program has UDP port ${port}: stop it, or listen elsewhere`;
      return [{ code: "port-in-use", subject: where, text, repair: `ss -ulpn 'sport = :${port}'` }];
    }
  });
}

async function routeFindings({ connections, static: statics }: Configuration): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [kind, peers] of [["connection", connections], ["static session", statics]] as const) {
    for (const { name, remote, local } of peers) {
      const host = splitHostAndPort(remote)?.host ?? remote;
      try {
        await routeToPeer(host, local);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        const isName = error instanceof Error && error.name === "NameResolutionError";
        const repair = isName ? `getent hosts ${host}` : `ip route get ${host}`;
        findings.push({
          code: isName ? "no-address" : "no-route",
          subject: `${kind} ${name}`,
          text,
          repair,
        });
      }
    }
  }
  return findings;
}
