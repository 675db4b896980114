/**
 * `longwire capture NAME -w FILE`: what the daemon sees pass, in a file for Wireshark and `decode`.
 *
 * The daemon makes the capture: it has the capability and knows the interfaces' namespaces. Packets
 * are whole, and so have the cookies that they have on the wire; comments have none.
 */

import { fileProblem } from "../config/secret.ts";
import { type CommandAction, UsageError } from "./command.ts";
import { daemonOf } from "./control_client.ts";
import { EXIT } from "./exit_code.ts";
import { untilInterrupted } from "./interrupt.ts";

/** `longwire capture NAME -w FILE`. */
export const capture: CommandAction = (invocation) =>
  untilInterrupted(async (signal) => {
    const { positionals: [name = ""], terminal } = invocation;
    const path = invocation.value("write");
    if (path === undefined) throw new UsageError("capture needs -w FILE; - is the standard output");
    const query = `name=${encodeURIComponent(name)}${invocation.has("inner") ? "&inner" : ""}`;
    const octets = daemonOf(invocation).read(`/capture?${query}`, signal);
    // The daemon answers first: a name of nothing leaves no empty file behind.
    const { value: first, done } = await octets.next();
    if (done === true) return EXIT.done;
    using file = path === "-" ? undefined : create(path);
    const write = (chunk: Uint8Array) => writeAll(file ?? Deno.stdout, chunk, path);
    write(first);
    let size = first.length;
    if (file !== undefined) terminal.err(`capturing ${name} to ${path}; Ctrl-C ends it\n`);
    for await (const chunk of octets) {
      write(chunk);
      size += chunk.length;
    }
    if (file !== undefined) terminal.err(`${path}: ${size} octets\n`);
    return EXIT.done;
  });

function create(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true, mode: 0o600 });
  } catch (error) {
    throw notWritten(path, error);
  }
}

function writeAll(
  target: { writeSync(octets: Uint8Array): number },
  octets: Uint8Array,
  path: string,
): void {
  try {
    let rest = octets;
    while (rest.length > 0) rest = rest.subarray(target.writeSync(rest));
  } catch (error) {
    throw notWritten(path, error);
  }
}

function notWritten(path: string, error: unknown): unknown {
  // The command line knows which option of Deno's was missing, and a reader of a pipe may go away.
  if (error instanceof Deno.errors.NotCapable || path === "-") return error;
  const why = error instanceof Deno.errors.NotFound
    ? "there is no such folder"
    : fileProblem(error);
  return new Error(`cannot write ${path}: ${why}`, { cause: error });
}
