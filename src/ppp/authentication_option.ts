/**
 * LCP's Authentication-Protocol option: a protocol's number and, with CHAP, the algorithm.
 *
 * Read RFC 1661 §6.2, RFC 1994 §3 and RFC 2759 §3 first.
 */

import { ByteReader } from "../wire/byte_reader.ts";
import type { ConfigurationOption } from "./control_packet.ts";
import type { AuthenticationProtocol } from "./evidence.ts";
import { CHAP, PAP } from "./protocol_numbers.ts";

/** The type of the option. */
export const AUTHENTICATION_PROTOCOL = 3;

const ALGORITHM_MD5 = 5;
const ALGORITHM_MS_CHAP_V2 = 0x81;

/** The option that asks for a protocol. */
export function authenticationOption(protocol: AuthenticationProtocol): ConfigurationOption {
  return { type: AUTHENTICATION_PROTOCOL, value: Uint8Array.from(valueOf(protocol)) };
}

function valueOf(protocol: AuthenticationProtocol): readonly number[] {
  switch (protocol) {
    case "pap":
      return [PAP >> 8, PAP & 0xff];
    case "chap":
      return [CHAP >> 8, CHAP & 0xff, ALGORITHM_MD5];
    case "ms-chap-v2":
      return [CHAP >> 8, CHAP & 0xff, ALGORITHM_MS_CHAP_V2];
    default:
      return protocol satisfies never;
  }
}

/** The protocol that an option asks for; `undefined` where it is none that we know. */
export function readAuthentication(
  { value }: ConfigurationOption,
): AuthenticationProtocol | undefined {
  const reader = new ByteReader(value);
  const protocol = reader.u16();
  if (protocol === PAP && value.length === 2) return "pap";
  if (protocol !== CHAP || value.length !== 3) return undefined;
  const algorithm = reader.u8();
  if (algorithm === ALGORITHM_MD5) return "chap";
  return algorithm === ALGORITHM_MS_CHAP_V2 ? "ms-chap-v2" : undefined;
}
