/**
 * Where a command writes, and what it may write there: colour and width are asked of the terminal
 * once, and tests put their own in its place.
 */

/** The two streams of a command. */
export interface Terminal {
  /** For what was asked: goes into pipes and files. */
  out(text: string): void;
  /** For what went wrong, and for the log. */
  err(text: string): void;
  /** Whether `out` is a person's screen. */
  readonly interactive: boolean;
  readonly color: boolean;
}

const encoder = new TextEncoder();

function writeAll(stream: { writeSync(octets: Uint8Array): number }, text: string): void {
  let octets = encoder.encode(text);
  try {
    while (octets.length > 0) octets = octets.subarray(stream.writeSync(octets));
  } catch (error) {
    // Whoever read this has gone (`longwire status | head`): there is nobody left to tell.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** The process's own streams. */
export function processTerminal(): Terminal {
  const interactive = Deno.stdout.isTerminal();
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    interactive,
    color: interactive && !Deno.noColor,
  };
}

/** A colour of text, or none where the terminal has none. */
export function paint(terminal: Terminal, code: 1 | 2 | 31 | 32 | 33, text: string): string {
  return terminal.color ? `\x1b[${code}m${text}\x1b[0m` : text;
}
