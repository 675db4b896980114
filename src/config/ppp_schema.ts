/**
 * The keys about PPP: of a session that carries it, of the pools that its addresses come from, and
 * of the access for users that an LNS is.
 *
 * Read RFC 1661 for the words, and users.ts for who the users are.
 */

import * as v from "valibot";
import { CONTROL_CONNECTION, VERSION } from "./control_schema.ts";
import { FIT } from "./fit_schema.ts";
import { ADDRESS, ADDRESS_RANGE, IPV4_ADDRESS } from "./address_forms.ts";
import {
  BOOLEAN,
  choice,
  duration,
  integer,
  INTERFACE_NAME,
  MTU,
  NAMESPACE,
  text,
} from "./forms.ts";
import { block, leaf, named, oneOrMany } from "./schema_parts.ts";
import { PASSWORD_SOURCE } from "./secret_schema.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Protocols by which a PPP peer proves who it is. */
const AUTHENTICATION = choice("pap", "chap", "ms-chap-v2");

const LINK = {
  mru: v.exactOptional(
    leaf(integer(128, 9_000), "Longest packet that we receive; default: what the path carries"),
  ),
  echo: v.optional(
    leaf(duration(0, HOUR), "Time between LCP echoes, of which five may go unanswered; 0s: none"),
    "30s",
  ),
  ipv4: v.optional(leaf(BOOLEAN, "IPv4 over the link"), true),
  ipv6: v.optional(leaf(BOOLEAN, "IPv6 over the link"), true),
  dns: v.exactOptional(
    oneOrMany(IPV4_ADDRESS, "Name servers that the peer is told of, two at most"),
  ),
  idle: v.exactOptional(leaf(duration(1_000, 30 * DAY), "Ends a session without traffic")),
  sessionTime: v.exactOptional(leaf(duration(1_000, 365 * DAY), "Ends a session after that")),
};

/** PPP in a configured session. */
export const PPP = block({
  user: v.exactOptional(leaf(text(255), "The name that we say when the peer asks")),
  secret: v.exactOptional(PASSWORD_SOURCE),
  authenticate: v.exactOptional(
    oneOrMany(AUTHENTICATION, "How the peer has to prove who it is, best first; default: not"),
  ),
  address: v.exactOptional(leaf(IPV4_ADDRESS, "Our IPv4 address; default: the peer's choice")),
  peerAddress: v.exactOptional(leaf(IPV4_ADDRESS, "The peer's IPv4 address; default: its choice")),
  ...LINK,
}, "PPP, of a session with pseudowire: ppp, or hdlc: ppp");

/** Addresses to give out. */
export const POOL = block({
  ipv4: v.exactOptional(oneOrMany(ADDRESS_RANGE, "IPv4 addresses: FIRST-LAST, or a prefix")),
  ipv6: v.exactOptional(
    oneOrMany(ADDRESS_RANGE, "IPv6 prefixes of 64 bits are given out of these"),
  ),
}, "A pool of addresses");

/** Access for users: every PPP session of whoever may call is taken. */
export const LNS = block({
  remote: v.exactOptional(oneOrMany(ADDRESS, "Addresses that may call; default: any")),
  hostName: v.exactOptional(leaf(text(255), "Host Name that callers must have; default: any")),
  version: v.optional(leaf(VERSION, "2, 3, or auto: either"), "auto"),
  ...CONTROL_CONNECTION,
  ...FIT,
  ppp: v.optional(
    block({
      authenticate: v.optional(
        oneOrMany(AUTHENTICATION, "How users have to prove who they are, best first"),
        ["ms-chap-v2", "chap"],
      ),
      ...LINK,
    }, "PPP with the users"),
    {},
  ),
  pool: v.exactOptional(leaf(text(63), "Where the users' addresses come from")),
  forward: v.exactOptional(
    block({
      to: v.exactOptional(leaf(text(63), "The connection that every other call goes on by")),
      realms: v.optional(
        named(
          leaf(text(63), "The connection that calls of this realm's users go on by"),
          "Connections by what follows the @ in a user's name, who is asked for it",
        ),
        {},
      ),
    }, "Calls go on to other LNSs, instead of ending here: a LAC, or multihop"),
  ),
  sessionsPerUser: v.exactOptional(
    leaf(integer(1, 65_535), "Sessions that one user may have at one time; default: any number"),
  ),
  attach: v.optional(
    block({
      tun: v.exactOptional(leaf(INTERFACE_NAME, "Name of the TUN interface that all users share")),
      address: v.exactOptional(leaf(IPV4_ADDRESS, "Our IPv4 address towards the users")),
      mtu: v.optional(leaf(MTU, "MTU in octets, or auto: 1400"), "auto"),
      namespace: v.exactOptional(
        leaf(NAMESPACE, "Network namespace of the interface: a name of `ip netns`, or a path"),
      ),
    }, "The TUN interface that the users' packets go through"),
    {},
  ),
}, "Access for PPP users");
