/**
 * THE table of commands: names, arguments, options and one line about each. Help, parsing and
 * suggestions are made from it.
 */

import type { Command, CommandOption } from "./command.ts";

const SOCKET: CommandOption = {
  name: "socket",
  value: "PATH",
  summary: "The daemon's control socket (also $LONGWIRE_SOCKET)",
};

function order(name: "up" | "down" | "restart", summary: string): Command {
  return {
    name,
    positionals: ["NAME"],
    summary,
    options: [SOCKET],
    load: async () => (await import("./orders.ts")).connectionOrder(name),
  };
}

/** Every command that there is, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  {
    name: "run",
    positionals: ["CONFIG"],
    summary: "Run the daemon in the foreground",
    options: [],
    load: async () => (await import("./run.ts")).run,
  },
  {
    name: "check",
    positionals: ["[CONFIG]"],
    summary: "Tell every mistake in a configuration, with its place",
    options: [
      {
        name: "pair",
        value: "OTHER",
        summary: "Hold both ends' configurations against each other",
      },
      { name: "diff", summary: "Show what a reload of the running daemon would change" },
      { name: "schema", summary: "Print the JSON Schema of configurations, for editors" },
      SOCKET,
    ],
    load: async () => (await import("./check.ts")).check,
  },
  {
    name: "link",
    positionals: ["REMOTE"],
    summary: "One Ethernet pseudowire to REMOTE, without a configuration file",
    options: [
      { name: "tap", value: "NAME", summary: "Name of the TAP interface" },
      { name: "bridge", value: "BRIDGE", summary: "Bridge that the interface joins" },
      { name: "local", value: "ADDRESS", summary: "Our address towards the peer" },
      { name: "encapsulation", value: "udp|ip", summary: "Over UDP (default), or IP protocol 115" },
      { name: "secret-file", value: "FILE", summary: "File that holds the shared secret" },
      { name: "end-id", value: "ID", summary: "Remote End ID, the same on both ends (link)" },
      { name: "listen", summary: "Wait for the peer instead of connecting to it" },
      { name: "socket", value: "PATH", summary: "Also serve the control API there" },
    ],
    load: async () => (await import("./link.ts")).link,
  },
  {
    name: "status",
    positionals: [],
    summary: "Connections and sessions on one screen",
    options: [
      { name: "detail", summary: "Everything known of each" },
      { name: "watch", summary: "Again every second, until Ctrl-C" },
      { name: "json", summary: "As JSON" },
      { name: "names", summary: "The connections' names, one a line" },
      { name: "check", summary: "Exit with 6 unless everything is established" },
      SOCKET,
    ],
    load: async () => (await import("./status.ts")).status,
  },
  {
    name: "events",
    positionals: [],
    summary: "What happens, as it happens, and why",
    options: [
      { name: "json", summary: "As JSON, one event a line" },
      { name: "recent", value: "N", summary: "Begin with the N latest events" },
      SOCKET,
    ],
    load: async () => (await import("./events.ts")).events,
  },
  {
    name: "trace",
    positionals: ["[NAME]"],
    summary: "Control messages in words, as they pass; of one connection, or of all",
    options: [{ name: "json", summary: "As JSON, one message a line" }, SOCKET],
    load: async () => (await import("./trace.ts")).trace,
  },
  {
    name: "capture",
    positionals: ["NAME"],
    summary: "Packets of a connection or static session to a pcapng file, until Ctrl-C",
    options: [
      { name: "write", short: "w", value: "FILE", summary: "The file; - is the standard output" },
      { name: "inner", summary: "Frames on the session's interface, not packets to the peer" },
      SOCKET,
    ],
    load: async () => (await import("./capture.ts")).capture,
  },
  {
    name: "decode",
    positionals: ["FILE"],
    summary: "A pcapng or pcap file in words",
    options: [
      { name: "port", value: "PORT", summary: "A UDP port of L2TP, besides 1701" },
    ],
    load: async () => (await import("./decode.ts")).decode,
  },
  {
    name: "reload",
    positionals: [],
    summary: "Let the daemon read its configuration again",
    options: [
      {
        name: "confirm-within",
        value: "DURATION",
        summary: "Take the change back after this time, such as 60s, unless it is confirmed",
      },
      { name: "confirm", summary: "Confirm the change that waits for it" },
      SOCKET,
    ],
    load: async () => (await import("./orders.ts")).reload,
  },
  order("up", "Set up a connection that was taken down"),
  order("down", "Take a connection down, until it is set up again"),
  order("restart", "Take a connection down and set it up"),
  {
    name: "debug",
    positionals: ["NAME"],
    summary: "Log everything of one connection, its control messages too",
    options: [{ name: "off", summary: "Log again what the configured level says" }, SOCKET],
    load: async () => (await import("./orders.ts")).connectionOrder("debug"),
  },
  {
    name: "doctor",
    positionals: ["[CONFIG]"],
    summary: "What keeps it from working, and the command that repairs it",
    options: [
      { name: "seconds", value: "N", summary: "How long to look at what arrives (2)" },
      { name: "json", summary: "As JSON" },
      SOCKET,
    ],
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "mtu",
    positionals: ["[CONFIG]"],
    summary: "Every header's octets, and the MTU that they leave to the attachment circuit",
    options: [
      { name: "family", value: "ipv4|ipv6", summary: "Of the path (ipv4)" },
      { name: "encapsulation", value: "udp|ip", summary: "Over UDP (default), or IP protocol 115" },
      { name: "cookie", value: "0|4|8", summary: "Octets of the cookie (8)" },
      { name: "sublayer", value: "none|default", summary: "The L2-Specific Sublayer (default)" },
      {
        name: "path-mtu",
        value: "OCTETS",
        summary: "Of the path (1500; of a CONFIG, the route's)",
      },
    ],
    load: async () => (await import("./mtu.ts")).mtu,
  },
  {
    name: "pair",
    positionals: ["REMOTE"],
    summary: "Both ends' configurations from one description",
    options: [
      { name: "local", value: "ADDRESS", summary: "Our address, as the peer sees it" },
      { name: "as", value: "SYSTEM", summary: "Far end: longwire, ip-l2tp, cisco, routeros (all)" },
      { name: "static", summary: "Without a control connection: ids and cookies are made here" },
      { name: "encapsulation", value: "udp|ip", summary: "Over UDP (default), or IP protocol 115" },
      { name: "port", value: "PORT", summary: "UDP port of both ends (1701)" },
      { name: "cookie", value: "0|4|8", summary: "Octets of the cookies (8)" },
      { name: "sublayer", value: "none|default", summary: "L2-Specific Sublayer (static: none)" },
      { name: "end-id", value: "ID", summary: "The circuit's name; Cisco's VC identifier (100)" },
      { name: "tap", value: "NAME", summary: "Name of the interfaces (lw0)" },
      { name: "secret-file", value: "FILE", summary: "File that holds the shared secret" },
      { name: "out", value: "FOLDER", summary: "Write files instead, for their owner only" },
    ],
    load: async () => (await import("./pair.ts")).pair,
  },
  {
    name: "import",
    positionals: ["FILE"],
    summary: "Static sessions of ip l2tp, systemd-networkd or go-l2tp as a configuration",
    options: [
      {
        name: "from",
        value: "FORMAT",
        summary: "ip-l2tp, networkd or go-l2tp, if FILE leaves doubt",
      },
      { name: "out", value: "CONFIG", summary: "Write a file instead, for its owner only" },
    ],
    load: async () => (await import("./import.ts")).importConfiguration,
  },
  {
    name: "demo",
    positionals: [],
    summary: "Two LANs in network namespaces: linked, pinged, measured, torn down",
    options: [
      {
        name: "traffic",
        value: "serve|drive",
        summary: "Only one of the demo's two traffic programs, for namespaces of your own",
      },
    ],
    load: async () => (await import("./demo.ts")).demo,
  },
  {
    name: "user",
    positionals: ["NAME"],
    summary: "A line for the users file, of a password that is read and not kept",
    options: [
      { name: "clear", summary: "Keep the password itself, for chap and ms-chap-v2" },
      { name: "nt-hash", summary: "Keep its NT hash, for pap and ms-chap-v2" },
    ],
    load: async () => (await import("./user.ts")).user,
  },
  {
    name: "completion",
    positionals: ["bash|zsh|fish"],
    summary: "Print a shell's completion script",
    options: [],
    load: async () => (await import("./completion.ts")).completionOf(COMMANDS),
  },
  {
    name: "help",
    positionals: ["[COMMAND]"],
    summary: "This, or the help of one command",
    options: [],
    load: async () => (await import("./help.ts")).helpOf(COMMANDS),
  },
];

/** The command of a name. */
export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name);
}
