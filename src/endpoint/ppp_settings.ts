/**
 * What a PPP link is asked to be, out of its options, what its peer has been granted, and what is
 * known of the session.
 *
 * Read ppp/ppp_settings.ts first.
 */

import type { CallInformation } from "../model/call_information.ts";
import type { Accepted } from "../ppp/evidence.ts";
import type { Ipv4Settings, Ipv6Settings, PppSettings } from "../ppp/ppp_settings.ts";
import type { PppGrant } from "./ppp_access.ts";
import type { ResolvedPpp } from "./resolve_ppp.ts";
import type { TunInterface } from "./tun_interface.ts";

/** What is known of the session. */
export interface LinkContext {
  /** `undefined` where the link bridges. */
  readonly tun: TunInterface | undefined;
  readonly information: CallInformation;
  readonly mtu: number;
}

/** The settings of a link that is about to begin. */
export function linkSettings(
  options: ResolvedPpp,
  grant: PppGrant,
  { tun, information, mtu }: LinkContext,
): PppSettings {
  const { authenticate, identity, echoMs, mru = mtu } = options;
  const { proxyLcp, proxyAuthentication, lcpWantOptions } = information;
  const network = tun === undefined ? { bridge: {} } : networkSettings(options, grant, tun);
  return {
    mru: Math.min(mru, mtu),
    ...(authenticate.length === 0 ? {} : { authenticate }),
    ...(identity === undefined
      ? {}
      : { credentials: { name: identity.name, secret: identity.password } }),
    ...network,
    echoIntervalMs: echoMs,
    ...(proxyLcp === undefined ? {} : {
      proxy: {
        lcp: proxyLcp,
        ...(proxyAuthentication === undefined ? {} : { authentication: proxyAuthentication }),
      },
    }),
    ...(lcpWantOptions === undefined ? {} : { wantedOptions: lcpWantOptions }),
  };
}

/** The answer that lets a peer in. */
export function acceptingVerdict(
  options: ResolvedPpp,
  grant: PppGrant,
  { tun, authenticatorResponse }: {
    readonly tun: TunInterface | undefined;
    readonly authenticatorResponse: string | undefined;
  },
): Accepted {
  return {
    accepted: true,
    ...(authenticatorResponse === undefined ? {} : { authenticatorResponse }),
    ...(tun === undefined ? {} : networkSettings(options, grant, tun)),
  };
}

function networkSettings(
  options: ResolvedPpp,
  grant: PppGrant,
  tun: TunInterface,
): { ipv4?: Ipv4Settings; ipv6?: Ipv6Settings } {
  return {
    ...(options.ipv4 ? { ipv4: ipv4Settings(options, grant) } : {}),
    ...(options.ipv6 ? { ipv6: { localInterfaceId: tun.interfaceId } } : {}),
  };
}

/** Who names servers needs none to be named. */
function ipv4Settings(options: ResolvedPpp, grant: PppGrant): Ipv4Settings {
  const { localAddress: local = options.address, address: remote = options.peerAddress } = grant;
  const { dns = options.dns } = grant;
  return {
    ...(local === undefined ? {} : { local }),
    ...(remote === undefined ? {} : { remote }),
    ...(dns.length > 0 ? { dns } : { requestDns: options.access === undefined }),
  };
}
