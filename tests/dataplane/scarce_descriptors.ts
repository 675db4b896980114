/**
 * A program that opens a data plane where descriptors are too few for it, and prints how many are
 * lost each time. It needs a limit of its own: dataplane_test.ts runs it.
 */

import { openDataplane } from "../../src/dataplane/dataplane.ts";
import { SystemError } from "../../src/io/system_error.ts";

const WORKERS = 3;
/** A doorbell and both ends of a pipe for each worker. */
const NEEDED = 3 * WORKERS;

const EMFILE = 24;

/** Opens what there is room for. */
function openAll(): Deno.FsFile[] {
  const opened: Deno.FsFile[] = [];
  for (;;) {
    try {
      opened.push(Deno.openSync("/dev/null"));
    } catch (error) {
      if (String(error).includes(`os error ${EMFILE}`)) return opened;
      throw error;
    }
  }
}

function refusal(): string {
  try {
    openDataplane({ workers: WORKERS });
    return "none";
  } catch (error) {
    return error instanceof SystemError ? error.code : String(error);
  }
}

const hoard = openAll();
for (let left = 0; left < NEEDED; left++) {
  for (const file of hoard.splice(0, left)) file.close();
  const reason = refusal();
  const freed = openAll();
  hoard.push(...freed);
  console.log(`${left}: ${reason}, lost ${left - freed.length}`);
}
Deno.exit(0);
