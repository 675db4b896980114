/**
 * `deno task bundle [FILE]`: longwire as one executable file, by default dist/longwire.
 *
 * It is the Deno that runs this task (or the one that DENO_BIN names, for another processor) with
 * longwire in it. It needs what Deno needs, which is the C library of a usual Linux.
 */

import { dirname, resolve } from "node:path";
import { CARRIED_TEXT } from "../src/dataplane/worker_thread.ts";
import { makeExecutable, PROGRAM_PATH } from "./executable/executable.ts";
import { PERMISSIONS } from "./permissions.ts";
import { OUTPUT_FOLDER, runTool } from "./program.ts";
import { TUNING } from "./tuning.ts";

/** Starts are measured often enough for the best one to be an undisturbed one. */
const MEASURED_STARTS = 5;

/** What Deno is told; the words after these are the user's. */
const DENO_ARGUMENTS: readonly string[] = [
  "run",
  "--quiet",
  ...PERMISSIONS,
  ...TUNING,
  // What lies about on the target is none of the program's business.
  "--no-config",
  "--no-lock",
  "--no-remote",
  "--no-npm",
  "--unstable-net",
  "--ext=js",
  PROGRAM_PATH,
];

/** Deno would else ask its makers for a newer version, whenever a terminal looks on. */
const VARIABLES: Readonly<Record<string, string>> = { DENO_NO_UPDATE_CHECK: "1" };

/** The program in one file of JavaScript, with the text of its workers in it. */
async function bundledProgram(): Promise<Uint8Array> {
  const [program, worker] = await Promise.all(
    ["src/main.ts", "src/dataplane/worker.ts"].map(bundled),
  );
  const carried = `globalThis[Symbol.for("${CARRIED_TEXT}")] = ${JSON.stringify(worker)};\n`;
  return new TextEncoder().encode(carried + program);
}

/** A module and all that it imports, as one text. */
async function bundled(entry: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-bundle-" });
  try {
    const file = `${folder}/bundle.js`;
    const args = ["bundle", "--quiet", "--platform", "deno", "--output", file, entry];
    const { success, stderr } = await runTool(Deno.execPath(), args);
    if (!success) throw new Error(`deno bundle has failed on ${entry}:\n${stderr}`);
    return await Deno.readTextFile(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes the executable, under its name only when it is whole. */
async function writeExecutable(file: string): Promise<number> {
  const text = await bundledProgram();
  const deno = Deno.env.get("DENO_BIN") ?? Deno.execPath();
  const program = { text, args: DENO_ARGUMENTS, variables: VARIABLES };
  let octets: Uint8Array;
  try {
    octets = makeExecutable(await Deno.readFile(deno), program);
  } catch (error) {
    if (error instanceof RangeError) throw new Error(`${deno} ${error.message}`, { cause: error });
    throw error;
  }
  await Deno.mkdir(dirname(file), { recursive: true });
  await Deno.writeFile(`${file}.new`, octets, { mode: 0o755 });
  await Deno.rename(`${file}.new`, file);
  return octets.length;
}

/** The shortest time of `longwire --version`, in milliseconds. */
async function startUpTime(file: string): Promise<number> {
  const times: number[] = [];
  for (let start = 0; start < MEASURED_STARTS; start++) {
    const before = performance.now();
    const { success, stderr } = await runTool(file, ["--version"]);
    if (!success) throw new Error(`${file} does not start here:\n${stderr}`);
    times.push(performance.now() - before);
  }
  return Math.min(...times);
}

if (import.meta.main) {
  const file = resolve(Deno.args[0] ?? `${OUTPUT_FOLDER}/longwire`);
  const size = await writeExecutable(file);
  const words = [`${file}: ${(size / 1e6).toFixed(1)} MB`];
  if (Deno.env.get("DENO_BIN") === undefined) {
    words.push(`starts in ${(await startUpTime(file)).toFixed(0)} ms`);
  }
  console.log(words.join(", "));
}
