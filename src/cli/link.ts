/**
 * `longwire link REMOTE`: one Ethernet pseudowire without a configuration file.
 *
 * It writes the configuration that one would write, so that checks, defaults and the daemon are the
 * same as with a file.
 */

import { stringify } from "@std/yaml";
import type { Configuration } from "../config/configuration.ts";
import { readConfiguration } from "../config/load.ts";
import { runService } from "../daemon/service.ts";
import { type CommandAction, type Invocation, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";

/** The connection's and the session's name, and the Remote End ID unless told otherwise. */
const NAME = "link";

/** `longwire link REMOTE`. */
export const link: CommandAction = async (invocation) => {
  const { terminal } = invocation;
  const configuration = linkConfiguration(invocation);
  if (configuration.connections.every(({ secrets }) => secrets.length === 0)) {
    terminal.err(
      "longwire: without --secret-file whoever can send from the peer's address can connect\n",
    );
  }
  await runService({ configuration, write: (line) => terminal.err(line) });
  return EXIT.done;
};

/** The configuration that the options amount to. Mistakes in them are usage errors. */
export function linkConfiguration(
  { positionals, value, has, terminal }: Invocation,
): Configuration {
  const secretFile = value("secret-file");
  const text = stringify({
    connections: {
      [NAME]: withoutUndefined({
        remote: positionals[0],
        local: value("local"),
        encapsulation: value("encapsulation"),
        initiate: !has("listen"),
        secret: secretFile === undefined ? undefined : { file: secretFile },
        sessions: {
          [NAME]: withoutUndefined({
            remoteEndId: value("end-id"),
            attach: withoutUndefined({ tap: value("tap"), bridge: value("bridge") }),
          }),
        },
      }),
    },
  });
  // Beside a file of this name, relative secret files are relative to the working directory.
  const { configuration, mistakes } = readConfiguration("command-line", text);
  for (const { severity, message } of mistakes) {
    if (severity === "warning") terminal.err(`longwire: ${message}\n`);
  }
  if (configuration === undefined) {
    const errors = mistakes.filter(({ severity }) => severity === "error");
    throw new UsageError(errors.map(optionMistake).join("\nlongwire: "));
  }
  const { controlSocket: _, ...rest } = configuration;
  const socket = value("socket");
  return socket === undefined ? rest : { ...rest, controlSocket: socket };
}

/** Which option a key of the configuration was given by. */
const OPTION_OF_KEY: Readonly<Record<string, string>> = {
  remote: "REMOTE",
  local: "--local",
  encapsulation: "--encapsulation",
  file: "--secret-file",
  remoteEndId: "--end-id",
  tap: "--tap",
  bridge: "--bridge",
};

function optionMistake({ key, message }: { key: string; message: string }): string {
  const last = key.split(".").at(-1) ?? "";
  return `link: ${OPTION_OF_KEY[last] ?? last}: ${message}`;
}

function withoutUndefined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
