/** The help, made from the command table. */

import { type Command, type CommandAction, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";

/** All commands, one line each. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map((command): [string, string] => [usage(command), command.summary]);
  return [
    "longwire: Ethernet between sites over L2TPv3\n",
    ...listing(rows),
    "\nlongwire without a command shows the status. longwire --version tells the version.",
    "Exit codes: 0 done, 1 failed, 2 usage, 3 daemon not reachable, 4 configuration invalid, " +
    "5 no such object, 6 degraded.",
    "",
  ].join("\n");
}

/** One command with its options. */
export function commandHelp(command: Command): string {
  const shown = command.options.filter((option) => option.internal !== true);
  const rows = shown.map(({ name, short, value, summary }): [string, string] => [
    `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`,
    summary,
  ]);
  const options = shown.length > 0 ? " [OPTIONS]" : "";
  return [
    `${command.summary}.\n`,
    `usage: longwire ${usage(command)}${options}`,
    ...(rows.length > 0 ? ["", ...listing(rows)] : []),
    "",
  ].join("\n");
}

/** `longwire help [COMMAND]`, of this table of commands. */
export function helpOf(commands: readonly Command[]): CommandAction {
  return ({ positionals: [name], terminal }) => {
    if (name === undefined) {
      terminal.out(overview(commands));
      return Promise.resolve(EXIT.done);
    }
    const command = commands.find((known) => known.name === name);
    if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
    terminal.out(commandHelp(command));
    return Promise.resolve(EXIT.done);
  };
}

function usage({ name, positionals }: Command): string {
  return [name, ...positionals].join(" ");
}

function listing(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`);
}
