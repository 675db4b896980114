/**
 * From the words that were typed to a command's exit code.
 *
 * Parsing is strict: what is not known is an error, with the nearest known word.
 */

import { parseArgs } from "@std/cli";
import { nearestWord } from "../config/forms.ts";
import { VERSION } from "../daemon/version.ts";
import { type Command, type CommandOption, type Invocation, UsageError } from "./command.ts";
import { COMMANDS, findCommand } from "./command_table.ts";
import { DaemonNotReachable, NoSuchObject } from "./control_client.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { commandHelp, overview } from "./help.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Runs one command line; errors are told on stderr, never thrown. */
export async function runCommandLine(
  words: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<ExitCode> {
  const [first = "status", ...rest] = words;
  try {
    if (first === "--version" || first === "-V") {
      terminal.out(`longwire ${VERSION}\n`);
      return EXIT.done;
    }
    if (first === "--help" || first === "-h") {
      terminal.out(overview(COMMANDS));
      return EXIT.done;
    }
    // Options without a command belong to `status`, the command of no command.
    const [name, args] = first.startsWith("-") ? ["status", words] : [first, rest];
    const command = requireCommand(name);
    if (args.includes("--help") || args.includes("-h")) {
      terminal.out(commandHelp(command));
      return EXIT.done;
    }
    const invocation = parseInvocation(command, args, terminal);
    const action = await command.load();
    return await action(invocation);
  } catch (error) {
    return report(error, terminal);
  }
}

function report(error: unknown, terminal: Terminal): ExitCode {
  terminal.err(`longwire: ${textOf(error)}\n`);
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NoSuchObject) return EXIT.noSuchObject;
  return error instanceof DaemonNotReachable ? EXIT.daemonNotReachable : EXIT.failed;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof Deno.errors.NotCapable)) return error.message;
  return `${notGranted(error)}; deno task longwire COMMAND … has everything`;
}

/** Which option of `deno run` was missing: whoever gives few permissions wants to give this one. */
function notGranted({ message }: Error): string {
  const [, kind, what] = /^Requires (\w+) access to "([^"]+)"/.exec(message) ?? [];
  if (kind === undefined) return message;
  return `${message.split(", run again")[0]}: start it by deno run with --allow-${kind}=${what}, ` +
    "besides -P=ctl if that was there";
}

function requireCommand(name: string): Command {
  const command = findCommand(name);
  if (command !== undefined) return command;
  const nearest = nearestWord(name, COMMANDS.map((known) => known.name));
  const hint = nearest === undefined ? "longwire help lists them" : `did you mean ${nearest}?`;
  throw new UsageError(`there is no command ${JSON.stringify(name)}; ${hint}`);
}

/** Reads a command's arguments as the table describes them. */
export function parseInvocation(
  command: Command,
  words: readonly string[],
  terminal: Terminal,
): Invocation {
  const withValue = command.options.filter((option) => option.value !== undefined);
  const switches = command.options.filter((option) => option.value === undefined);
  const parsed = parseArgs([...words], {
    string: ["_", ...withValue.map((option) => option.name)],
    boolean: switches.map((option) => option.name),
    collect: withValue.map((option) => option.name),
    alias: Object.fromEntries(
      command.options.flatMap(({ name, short }) => short === undefined ? [] : [[short, name]]),
    ),
    unknown: (word, key) => {
      if (key === undefined) return true;
      throw new UsageError(unknownOption(command, word));
    },
  });
  const values = new Map<string, string>();
  for (const option of withValue) {
    const given = (parsed[option.name] ?? []) as string[];
    if (given.length > 0) values.set(option.name, onlyValue(option, given));
  }
  const positionals = parsed._.map(String);
  requirePositionals(command, positionals);
  return {
    positionals,
    value: (name) => values.get(name),
    has: (name) => parsed[name] === true,
    terminal,
  };
}

function unknownOption(command: Command, word: string): string {
  const known = command.options.map((option) => `--${option.name}`);
  const nearest = nearestWord(word.replace(/=.*/, ""), known);
  const hint = nearest === undefined
    ? `longwire help ${command.name} lists its options`
    : `did you mean ${nearest}?`;
  return `${command.name} has no option ${word.replace(/=.*/, "")}; ${hint}`;
}

function onlyValue(option: CommandOption, given: readonly string[]): string {
  const [value = "", ...more] = given;
  if (more.length > 0) throw new UsageError(`--${option.name} was given more than once`);
  if (value === "") throw new UsageError(`--${option.name} needs a value: ${option.value}`);
  return value;
}

function requirePositionals(command: Command, given: readonly string[]): void {
  const needed = command.positionals.filter((name) => !name.startsWith("["));
  const usage = `usage: longwire ${[command.name, ...command.positionals].join(" ")}`;
  if (given.length < needed.length) {
    throw new UsageError(`${command.name} needs ${needed.slice(given.length).join(" ")}; ${usage}`);
  }
  if (given.length > command.positionals.length) {
    const [extra] = given.slice(command.positionals.length);
    throw new UsageError(`${command.name} does not know what ${extra} is for; ${usage}`);
  }
}
