/**
 * Every key of the configuration: its form, its default, and one line about it.
 *
 * The valibot schema here gives the checks of single values and, through `json_schema.ts`, what
 * editors know; what concerns several keys at once is in `rules.ts`.
 */

import * as v from "valibot";
import { DEFAULT_CONTROL_SOCKET } from "./configuration.ts";
import { FIT } from "./fit_schema.ts";
import {
  ADDRESS,
  LISTEN,
  MAC,
  METRICS,
  PREFIXED_ADDRESS,
  REMOTE,
  ROUTE,
  ROUTER_ID,
} from "./address_forms.ts";
import {
  BOOLEAN,
  choice,
  cookie,
  duration,
  type Form,
  integer,
  INTERFACE_NAME,
  MTU,
  NAMESPACE,
  numberChoice,
  REMOTE_END_ID,
  size,
  SOCKET_PATH,
  text,
} from "./forms.ts";
import { CONTROL_CONNECTION, VERSION } from "./control_schema.ts";
import { PAYLOAD } from "./payload_schema.ts";
import { LNS, POOL, PPP } from "./ppp_schema.ts";
import { block, leaf, named, oneOrMany } from "./schema_parts.ts";

const FILE = text(4_095);

const attach = block({
  tap: v.exactOptional(leaf(INTERFACE_NAME, "Name of the TAP interface")),
  bridge: v.exactOptional(leaf(INTERFACE_NAME, "Bridge to join; it must exist")),
  mtu: v.optional(leaf(MTU, "MTU in octets, or auto: the path's MTU less every header"), "auto"),
  mac: v.exactOptional(
    leaf(MAC, "MAC address of the interface; default: made of names and addresses here, lasting"),
  ),
  address: v.exactOptional(oneOrMany(PREFIXED_ADDRESS, "Addresses of the interface")),
  tun: v.exactOptional(leaf(INTERFACE_NAME, "Name of the TUN interface, for ppp")),
  routes: v.exactOptional(
    oneOrMany(ROUTE, "Networks that are reached through the TUN: prefixes, or default"),
  ),
  interface: v.exactOptional(
    leaf(INTERFACE_NAME, "An interface that is there already, whose frames are carried"),
  ),
  socket: v.exactOptional(
    leaf(SOCKET_PATH, "Path of a Unix datagram socket for frames of the pseudowire's own kind"),
  ),
  peer: v.exactOptional(
    leaf(SOCKET_PATH, "Path of the other program's socket, where what comes is sent"),
  ),
  pty: v.exactOptional(
    leaf(SOCKET_PATH, "Path of a link to a pseudo-terminal for another program's PPP, as pppd's"),
  ),
  pcap: v.exactOptional(block({
    play: v.exactOptional(
      leaf(FILE, "Capture file whose frames are sent to the peer, relative to the configuration"),
    ),
    record: v.exactOptional(
      leaf(FILE, "File that frames from the peer are added to; pcap if it ends in .pcap"),
    ),
    recordLimit: v.exactOptional(
      leaf(
        size(10_000, 1e15),
        "What that file may grow to, after which nothing is recorded; default: 1GB",
      ),
    ),
    pace: v.optional(
      leaf(choice("original", "fast"), "Frames are sent at the file's intervals, or without"),
      "original",
    ),
    loop: v.optional(leaf(BOOLEAN, "The file is played again and again"), false),
  }, "Capture files, pcapng or pcap, of frames of the pseudowire's own kind")),
  namespace: v.exactOptional(
    leaf(NAMESPACE, "Network namespace of the interface: a name of `ip netns`, or a path"),
  ),
}, "The interface that the session's frames go through");

const PSEUDOWIRE = choice("ethernet", "ethernet-vlan", "frame-relay", "hdlc", "ppp");
const SUBLAYER = choice("none", "default");
const SEQUENCING = choice("none", "non-ip", "all");
const ENCAPSULATION = choice("udp", "ip");
const SESSION_ID = integer(1, 0xffff_ffff);
const PORT = integer(1, 65_535);
const LIMIT = integer(1, 1_000_000);
const RETRY_WAIT = duration(100, 86_400_000);
const MOST_WORKERS = 16;
const COOKIE = cookie([0, 4, 8]);

/** Whoever writes a cookie here is told so without seeing it again. */
const COOKIE_LENGTH: Form<0 | 4 | 8> = {
  ...numberChoice(0, 4, 8),
  read: (text) =>
    /^0x/i.test(text)
      ? { wrong: "this is a cookie; write its length, 0, 4 or 8: the ends choose the octets" }
      : numberChoice(0, 4, 8).read(text),
};

const session = block({
  pseudowire: v.optional(leaf(PSEUDOWIRE, "What is carried"), "ethernet"),
  call: v.optional(
    leaf(choice("incoming", "outgoing"), "outgoing: the peer is asked to place a call (OCRQ)"),
    "incoming",
  ),
  remoteEndId: v.exactOptional(
    leaf(REMOTE_END_ID, "Remote End ID: text, or octets after 0x; default: the session's name"),
  ),
  cookie: v.optional(leaf(COOKIE_LENGTH, "Octets of cookie asked of the peer"), 8),
  sublayer: v.optional(leaf(SUBLAYER, "L2-Specific Sublayer asked of the peer"), "default"),
  sequencing: v.optional(leaf(SEQUENCING, "Packets that the peer is asked to number"), "none"),
  ...FIT,
  diffServ: v.exactOptional(
    oneOrMany(
      integer(0, 63),
      "DSCPs, best first: one is agreed on with the peer (RFC 3308), and stands for dscp",
    ),
  ),
  ...PAYLOAD,
  attach: v.optional(attach, {}),
  ppp: v.exactOptional(PPP),
  retry: v.exactOptional(block({
    first: v.optional(leaf(RETRY_WAIT, "Wait before the first time; each next is twice it"), "1s"),
    longest: v.optional(leaf(RETRY_WAIT, "Longest wait"), "30s"),
    attempts: v.exactOptional(leaf(LIMIT, "How often, in a row; default: without end")),
  }, "When a session that the peer refuses or ends is asked for again")),
}, "A session over this connection");

const connection = block({
  remote: leaf(REMOTE, "The peer: address or name, with an optional port"),
  local: v.exactOptional(leaf(ADDRESS, "Our address towards the peer")),
  encapsulation: v.optional(leaf(ENCAPSULATION, "Over UDP, or IP protocol 115"), "udp"),
  version: v.optional(leaf(VERSION, "3, 2, or auto: 3, falling back to 2"), 3),
  initiate: v.optional(leaf(BOOLEAN, "Connect to the peer; false: wait for it"), true),
  ...CONTROL_CONNECTION,
  join: v.exactOptional(
    leaf(text(255), "Connection over which the peer's sessions go on that are not configured here"),
  ),
  sessions: v.optional(named(session, "The sessions, by name"), {}),
}, "A control connection with one peer");

const staticSession = block({
  remote: leaf(REMOTE, "The peer: address or name"),
  local: v.exactOptional(leaf(ADDRESS, "Our address towards the peer")),
  encapsulation: v.optional(leaf(ENCAPSULATION, "Over UDP, or IP protocol 115"), "udp"),
  localPort: v.exactOptional(leaf(PORT, "Our UDP port; default 1701")),
  remotePort: v.exactOptional(leaf(PORT, "The peer's UDP port; default 1701")),
  localSessionId: leaf(SESSION_ID, "Session ID of packets to us"),
  remoteSessionId: leaf(SESSION_ID, "Session ID of packets to the peer"),
  receiveCookie: v.optional(leaf(COOKIE, "Cookie that is checked, 0x and 8 or 16 digits"), "0x"),
  otherReceiveCookie: v.exactOptional(
    leaf(cookie([4, 8]), "Another cookie that is taken too, while one takes the other's place"),
  ),
  transmitCookie: v.optional(leaf(COOKIE, "Cookie that is written, 0x and 8 or 16 digits"), "0x"),
  sublayer: v.optional(leaf(SUBLAYER, "L2-Specific Sublayer, both directions"), "none"),
  sequencing: v.optional(leaf(SEQUENCING, "Packets from us that are numbered"), "none"),
  receiveSequencing: v.optional(
    leaf(SEQUENCING, "Packets to us whose numbers are looked at"),
    "none",
  ),
  pseudowire: v.optional(leaf(PSEUDOWIRE, "What is carried"), "ethernet"),
  ...FIT,
  ...PAYLOAD,
  attach: v.optional(attach, {}),
  ppp: v.exactOptional(PPP),
}, "A session without a control connection");

const log = block({
  level: v.optional(leaf(choice("debug", "info", "warning", "error"), "How much is told"), "info"),
  format: v.optional(leaf(choice("text", "json"), "Lines for people, or JSON lines"), "text"),
}, "The log, on stderr");

const offload = block({
  tap: v.optional(leaf(BOOLEAN, "TAPs hand over whole streams, checksums still to be made"), true),
  coalescing: v.optional(leaf(BOOLEAN, "Received segments are joined for the TAP"), true),
  segmentation: v.optional(leaf(BOOLEAN, "Packets of equal length are sent as one message"), true),
  aggregation: v.optional(leaf(BOOLEAN, "Packets of equal length are received together"), true),
}, "What is left to the kernel in large pieces, where it can");

const limits = block({
  halfOpen: v.optional(leaf(LIMIT, "Control connections in set-up that strangers hold"), 1000),
  strangersPerSecond: v.optional(leaf(LIMIT, "Messages of strangers looked into, per source"), 100),
  connectionsPerPeer: v.optional(leaf(LIMIT, "Control connections that one peer has begun"), 4096),
  sessionsPerConnection: v.optional(leaf(LIMIT, "Sessions over one control connection"), 16_384),
}, "What peers may take at one time; what is beyond is refused or dropped");

/** The whole file. */
export const CONFIGURATION_SCHEMA = block({
  hostName: v.exactOptional(
    leaf(
      text(255, /^[\x21-\x7e]+$/, "is no host name; write US-ASCII without spaces"),
      "Host Name AVP; default: the system's",
    ),
  ),
  routerId: v.exactOptional(leaf(ROUTER_ID, "Router ID AVP; default: first local IPv4 address")),
  listen: v.exactOptional(
    oneOrMany(LISTEN, "Where control connections are listened for; default: UDP port 1701"),
  ),
  controlSocket: v.optional(leaf(SOCKET_PATH, "The control API's socket"), DEFAULT_CONTROL_SOCKET),
  metrics: v.exactOptional(leaf(METRICS, "Where Prometheus may ask; default: nowhere")),
  log: v.optional(log, {}),
  acceptUnknownPeers: v.optional(
    leaf(BOOLEAN, "Admit peers that are not configured, without authentication"),
    false,
  ),
  limits: v.optional(limits, {}),
  offload: v.optional(offload, {}),
  workers: v.optional(
    leaf(
      integer(1, MOST_WORKERS),
      "Threads that carry data; more than one is for machines of many processors",
    ),
    1,
  ),
  users: v.exactOptional(
    block({ file: leaf(FILE, "The users file, relative to the configuration") }, "Users"),
  ),
  pools: v.optional(named(POOL, "Addresses to give to PPP peers, by name"), {}),
  lns: v.optional(named(LNS, "Access for PPP users, by name"), {}),
  connections: v.optional(named(connection, "The control connections, by name"), {}),
  static: v.optional(
    named(staticSession, "Sessions without a control connection, by name"),
    {},
  ),
}, "A longwire configuration");

/** The file as the schema reads it, before names are put in and secrets are read. */
export type ConfigurationDraft = v.InferOutput<typeof CONFIGURATION_SCHEMA>;
