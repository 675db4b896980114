/**
 * `deno task compile [TARGET…]`: longwire as `deno compile` makes it, one executable per target:
 * dist/longwire-x86_64, dist/longwire-aarch64. Without a target it is that of this machine.
 *
 * `deno compile` takes a runtime from dl.deno.land, or the one that DENORT_BIN names.
 */

import { PERMISSIONS } from "./permissions.ts";
import { type Outcome, OUTPUT_FOLDER, runTool } from "./program.ts";
import { TUNING } from "./tuning.ts";

/** Processors, as `Deno.build.arch` has them, and what `deno compile` calls their Linux. */
const TARGETS: Readonly<Record<string, string>> = {
  x86_64: "x86_64-unknown-linux-gnu",
  aarch64: "aarch64-unknown-linux-gnu",
};

/** What no module imports: it is started by its URL. */
const WORKER = "src/dataplane/worker.ts";

/** Where `deno compile` looks for its runtimes. */
const RUNTIMES = "dl.deno.land";

async function compile(arch: string, target: string): Promise<boolean> {
  const file = `${OUTPUT_FOLDER}/longwire-${arch}`;
  const options = ["--quiet", ...PERMISSIONS, ...TUNING, "--target", target, "--output", file];
  const program = ["--include", WORKER, "src/main.ts"];
  const outcome = await runTool(Deno.execPath(), ["compile", ...options, ...program]);
  if (outcome.success) {
    const { size } = await Deno.stat(file);
    console.log(`${file}: ${(size / 1e6).toFixed(1)} MB`);
  } else console.error(failure(target, outcome));
  return outcome.success;
}

function failure(target: string, { stderr }: Outcome): string {
  const [reason = ""] = stderr.split("\n\nStack backtrace:");
  if (!reason.includes(RUNTIMES)) return `deno compile has failed:\n${reason}`;
  const url = `https://${RUNTIMES}/release/v${Deno.version.deno}/denort-${target}.zip`;
  return `The runtime of compiled programs could not be downloaded:
  ${url}
Do one of these:
  * run this task where that address can be reached;
  * fetch the file elsewhere, unpack it here, and: DENORT_BIN=PATH/denort deno task compile
  * deno task bundle, which makes one executable too, of the Deno that is here.

${reason}`;
}

async function compileAll(wanted: readonly string[]): Promise<boolean> {
  const names = wanted.length > 0 ? wanted : [Deno.build.arch];
  const unknown = names.filter((name) => !(name in TARGETS));
  if (unknown.length > 0) {
    console.error(`no target: ${unknown.join(", ")}; there are ${Object.keys(TARGETS).join(", ")}`);
    return false;
  }
  await Deno.mkdir(OUTPUT_FOLDER, { recursive: true });
  let success = true;
  // One after the other: each may download, and all want the processor.
  for (const name of names) success = await compile(name, TARGETS[name] ?? "") && success;
  return success;
}

if (import.meta.main && !await compileAll(Deno.args)) Deno.exit(1);
