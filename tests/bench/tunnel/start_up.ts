/**
 * How long the daemon takes from its start until it says that it is ready, and what memory it has.
 */

import { daemonWords } from "./longwire.ts";
import { settle, undisturbed } from "./measure.ts";
import { Arena } from "./run.ts";

const READY = "ready";

/** Milliseconds from the start of the daemon to its `ready`. */
export function timeToReady(): Promise<number> {
  return undisturbed(timeOnce);
}

async function timeOnce(): Promise<number> {
  await using arena = new Arena();
  const end = arena.end(0);
  const words = daemonWords(end, {});
  await settle();
  const before = performance.now();
  const process = new Deno.Command("ip", {
    args: ["netns", "exec", end.namespace, ...words],
    stdin: "null",
    stderr: "piped",
  }).spawn();
  const text = process.stderr.pipeThrough(new TextDecoderStream());
  let said = "";
  for await (const piece of text) {
    said += piece;
    if (said.includes(READY)) break;
  }
  const took = performance.now() - before;
  if (!said.includes(READY)) throw new Error(`the daemon did not start: ${said}`);
  process.kill("SIGTERM");
  await process.status;
  return took;
}
