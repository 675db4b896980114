/** A file that a command is given to read, or what keeps it from being read, in words. */

import { fileProblem } from "../config/secret.ts";

/**
 * The file's octets.
 *
 * @throws {Error} with the file and what is wrong with it.
 */
export async function readInputFile(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    // The command line knows which option of Deno's was missing.
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new Error(`cannot read ${file}: ${fileProblem(error)}`, { cause: error });
  }
}
