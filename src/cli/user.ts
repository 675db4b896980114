/**
 * `longwire user NAME`: a line for the users file, with what is to be kept of the password.
 *
 * The password comes from standard input, without an echo where that is a terminal: on the command
 * line everybody could read it.
 */

import { randomBytes, scryptSync } from "node:crypto";
import { formatPasswordHash } from "../config/users.ts";
import { Secret } from "../config/secret.ts";
import { ntHashOf } from "../endpoint/ppp_attempt.ts";
import { type CommandAction, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import type { Terminal } from "./terminal.ts";

/** What the hash costs to make: 16 MB and a tenth of a second. */
const COST = 16_384;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 1;
const KEY_LENGTH = 32;

/** `longwire user NAME`. */
export const user: CommandAction = async (invocation) => {
  const { positionals: [name = ""], terminal } = invocation;
  const [clear, ntHash] = [invocation.has("clear"), invocation.has("nt-hash")];
  if (clear && ntHash) throw new UsageError("--clear and --nt-hash: one of them is possible");
  const password = await readPassword(name, terminal);
  if (password === "") throw new Error("the password is empty: write it on standard input");
  const kept = clear
    ? `password: ${JSON.stringify(password)}`
    : ntHash
    ? `passwordNtHash: ${ntHashOf(new TextEncoder().encode(password)).toHex()}`
    : `passwordHash: ${hashOf(password)}`;
  terminal.out(`${JSON.stringify(name)}: { ${kept} }\n`);
  return EXIT.done;
};

function hashOf(password: string): string {
  const salt = new Uint8Array(randomBytes(16));
  const options = { N: COST, r: BLOCK_SIZE, p: PARALLELIZATION, maxmem: 256 * COST * BLOCK_SIZE };
  return formatPasswordHash({
    cost: COST,
    blockSize: BLOCK_SIZE,
    parallelization: PARALLELIZATION,
    salt,
    key: new Secret(scryptSync(password, salt, KEY_LENGTH, options)),
  });
}

/** The first line of standard input. */
async function readPassword(name: string, terminal: Terminal): Promise<string> {
  const hidden = Deno.stdin.isTerminal();
  if (hidden) {
    terminal.err(`password of ${name}: `);
    Deno.stdin.setRaw(true, { cbreak: true });
  }
  try {
    let line = "";
    for await (const piece of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      line += piece;
      if (/[\r\n]/.test(line)) break;
    }
    return line.split(/[\r\n]/, 1)[0] ?? "";
  } finally {
    if (hidden) {
      Deno.stdin.setRaw(false);
      terminal.err("\n");
    }
  }
}
