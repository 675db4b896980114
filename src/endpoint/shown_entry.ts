/**
 * Entries of the file system by which other programs find an attachment: a socket, or the link to a
 * terminal. They lie where others may remove them, or put their own in their place.
 */

import { logger } from "./logger.ts";

/**
 * Removes an entry if it is ours. Whatever is in the way of that is told and no more, for the
 * attachment ends all the same.
 */
export function removeEntry(path: string, isOurs: () => boolean): void {
  try {
    if (isOurs()) Deno.removeSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    logger.warn("{path} is left: {error}", { path, error: String(error) });
  }
}
