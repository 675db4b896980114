/**
 * The manual pages, longwire(8) from the command table and longwire.yaml(5) from the configuration's
 * schema, in the macros of man(7).
 */

import type { Command, CommandOption } from "../src/cli/command.ts";
import type { JsonSchema } from "../src/config/forms.ts";
import { VERSION } from "../src/daemon/version.ts";

/** Text that roff shows as it is: backslashes, dashes that are typed, dots at a line's start. */
function plain(text: string): string {
  return text.replace(/\\/g, "\\e").replace(/-/g, "\\-").replace(/^(?=[.'])/gm, "\\&");
}

function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${plain(text)}\\fR`;
}

function heading(name: string, section: number, what: string): string {
  return `.\\" Made from the program's own tables by: deno task generate
.TH ${name.toUpperCase()} ${section} "" "longwire ${VERSION}"
.SH NAME
${plain(name)} \\- ${plain(what)}`;
}

function usage({ name, positionals, options }: Command): string {
  const words = positionals.map((word) => ` ${italic(word)}`);
  const shown = options.some(({ internal }) => internal !== true);
  return `${bold(name)}${words.join("")}${shown ? ` [${italic("OPTIONS")}]` : ""}`;
}

function optionText({ name, short, value, summary }: CommandOption): string {
  const letter = short === undefined ? "" : `${bold(`-${short}`)}, `;
  const takes = value === undefined ? "" : ` ${italic(value)}`;
  return `.TP\n${letter}${bold(`--${name}`)}${takes}\n${plain(summary)}.`;
}

function commandText(command: Command): string {
  const options = command.options.filter(({ internal }) => internal !== true).map(optionText);
  const block = options.length > 0 ? `\n.RS\n${options.join("\n")}\n.RE` : "";
  return `.TP\n${usage(command)}\n${plain(command.summary)}.${block}`;
}

/** longwire(8). */
export function programManual(commands: readonly Command[]): string {
  return `${heading("longwire", 8, "Ethernet between sites over L2TPv3")}
.SH SYNOPSIS
.B longwire
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
.B longwire
links Ethernet segments over IP networks by L2TPv3 pseudowires (RFC 3931, RFC 4719), over UDP or
directly over IP (protocol 115).
It runs as a daemon with a configuration, see
.BR longwire.yaml (5),
or makes a single link from its arguments.
.PP
Without a command it shows the status of the running daemon.
Every command knows
.BR \\-\\-help .
.SH COMMANDS
${commands.map(commandText).join("\n")}
.SH "EXIT STATUS"
.TP
.B 0
Done.
.TP
.B 1
Failed.
.TP
.B 2
The command line was not understood.
.TP
.B 3
The daemon cannot be reached.
.TP
.B 4
The configuration is invalid.
.TP
.B 5
There is no such object.
.TP
.B 6
Degraded: something that is configured does not work.
.SH ENVIRONMENT
.TP
.B LONGWIRE_SOCKET
The control socket of the daemon that commands ask.
.TP
.B CREDENTIALS_DIRECTORY
Where secrets given as credentials are, set by
.BR systemd (1).
.TP
.BR NOTIFY_SOCKET ", " WATCHDOG_USEC
The service manager is told of readiness and, while the data plane answers, of life.
.SH FILES
.TP
.I /etc/longwire/longwire.yaml
The configuration of the service.
.TP
.I /run/longwire/control.sock
The control socket: HTTP and JSON, for its owner and group.
.SH SIGNALS
.TP
.BR SIGTERM ", " SIGINT
Every peer is told, interfaces are removed; ends within 5 seconds.
.TP
.B SIGHUP
The configuration is read again.
.TP
.B SIGUSR1
Has no effect on the packaged program.
Run by
.BR deno (1)
or made by its compile command, it opens Deno's debugger on port 9229 of the loopback interface:
do not send it.
The unit forbids that port.
.SH CAPABILITIES
CAP_NET_ADMIN to make and configure interfaces, CAP_NET_RAW for IP protocol 115; CAP_SYS_ADMIN only
for interfaces in other network namespaces.
None is needed over UDP with a TAP that an administrator has made for the user.
.SH SECURITY
L2TP does not encrypt.
Secrets authenticate control messages, and cookies guard against blind insertion; against
eavesdroppers, run it over WireGuard or IPsec.
.SH "SEE ALSO"
.BR longwire.yaml (5),
.BR ip\\-l2tp (8),
.BR systemd.exec (5)
`;
}

/** What a value may be, in words. */
function valueText(schema: JsonSchema): string {
  const { enum: words, type, anyOf, minimum, maximum } = schema as {
    enum?: readonly unknown[];
    type?: string;
    anyOf?: readonly JsonSchema[];
    minimum?: number;
    maximum?: number;
  };
  if (words !== undefined) return words.join(" | ");
  if (anyOf !== undefined) {
    return [...new Set(anyOf.map(valueText))].join(" | ");
  }
  if (type === "integer" && minimum !== undefined && maximum !== undefined) {
    return `${minimum} to ${maximum}`;
  }
  if (type === "array") return "a list";
  if (type === "boolean") return "true | false";
  return type === "object" ? "keys" : type === "integer" ? "a number" : "text";
}

interface Entry {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** Every key below a block, depth first; what the user names is called NAME. */
function entriesOf(schema: JsonSchema, prefix: string): Entry[] {
  const { properties = {}, required = [], additionalProperties } = schema as {
    properties?: Readonly<Record<string, JsonSchema>>;
    required?: readonly string[];
    additionalProperties?: JsonSchema | boolean;
  };
  const named: [string, JsonSchema][] = typeof additionalProperties === "object"
    ? [["NAME", additionalProperties]]
    : [];
  return [...Object.entries(properties), ...named].flatMap(([key, value]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    const entry = { path, schema: value, isRequired: required.includes(key) };
    return [entry, ...entriesOf(value, path)];
  });
}

function entryText({ path, schema, isRequired }: Entry): string {
  const { description = "", default: preset } = schema as {
    description?: string;
    default?: unknown;
  };
  const value = valueText(schema);
  const more = isRequired
    ? " Required."
    : preset === undefined || typeof preset === "object"
    ? ""
    : ` Default: ${preset}.`;
  const shown = value === "keys" ? "" : ` ${italic(value)}`;
  return `.TP\n${bold(`${path}:`)}${shown}\n${plain(`${description}.${more}`)}`;
}

/** longwire.yaml(5). */
export function configurationManual(schema: JsonSchema): string {
  return `${heading("longwire.yaml", 5, "configuration of longwire")}
.SH DESCRIPTION
The configuration of
.BR longwire (8)
is YAML.
Every key has a default but those that are marked as required.
Unknown keys are mistakes;
.B longwire check
tells all mistakes with their places.
Durations carry their unit: 500ms, 10s, 5m, 1h.
.PP
Secrets are never written into the configuration.
They are named:
.BI "{ file: " PATH " }"
(relative to the configuration),
.BI "{ credential: " NAME " }"
(of
.BR systemd.exec (5))
or
.BI "{ environment: " VARIABLE " }";
a list of two is a rollover.
.SH KEYS
${entriesOf(schema, "").map(entryText).join("\n")}
.SH EXAMPLE
.EX
connections:
  site\\-b:
    remote: 198.51.100.7
    secret: { file: site.secret }
    sessions:
      lan:
        attach: { tap: lw0, bridge: br0 }
.EE
.PP
More are in
.IR /usr/share/doc/longwire/examples .
.SH "SEE ALSO"
.BR longwire (8)
`;
}
