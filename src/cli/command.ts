/**
 * What a command is: its words for the help, its options, and the code behind it.
 */

import type { ExitCode } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/** One `--option` of a command. */
export interface CommandOption {
  readonly name: string;
  /** One letter that means the same, after one dash. */
  readonly short?: string;
  /** The value's name in the help; without it the option is a switch. */
  readonly value?: string;
  readonly summary: string;
  /** Typed by the program itself, not by people: the help leaves it out. */
  readonly internal?: boolean;
}

/** One command, as typed. */
export interface Invocation {
  readonly positionals: readonly string[];
  /** The value of an option, where it was given. */
  readonly value: (name: string) => string | undefined;
  /** Whether a switch was given. */
  readonly has: (name: string) => boolean;
  readonly terminal: Terminal;
}

/** The code behind a command. */
export type CommandAction = (invocation: Invocation) => Promise<ExitCode>;

/** One line of the command table. */
export interface Command {
  readonly name: string;
  /** Positional arguments as the help shows them; `[X]` may be left out. */
  readonly positionals: readonly string[];
  readonly summary: string;
  readonly options: readonly CommandOption[];
  /** The code, loaded only when it is wanted: `status` need not wait for a YAML parser. */
  readonly load: () => Promise<CommandAction>;
}

/** The command line was not understood: exit code 2, with a hint where to read on. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
