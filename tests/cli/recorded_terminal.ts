/** A terminal that remembers, and a command line run on it. */

import { runCommandLine } from "../../src/cli/command_line.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

/** What a command line has done. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A terminal that keeps what is written. */
export function recordedTerminal(): Terminal & { written: { out: string; err: string } } {
  const written = { out: "", err: "" };
  return {
    written,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    interactive: false,
    color: false,
  };
}

/** Runs one command line. */
export async function typed(...words: string[]): Promise<Outcome> {
  const terminal = recordedTerminal();
  const code = await runCommandLine(words, terminal);
  return { code, ...terminal.written };
}
