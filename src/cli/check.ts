/** `longwire check`: the mistakes of a configuration, of a pair of them, and what would change. */

import { configurationJsonSchema } from "../config/json_schema.ts";
import { loadConfiguration, type LoadedConfiguration } from "../config/load.ts";
import { compareMistakes, countMistakes, formatMistake, type Mistake } from "../config/mistake.ts";
import { findPairMistakes } from "../config/pair.ts";
import type { ReloadOutcome } from "../daemon/daemon.ts";
import { type CommandAction, type Invocation, UsageError } from "./command.ts";
import { answerError, daemonOf } from "./control_client.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { tellOutcome } from "./orders.ts";
import type { Terminal } from "./terminal.ts";

/** `longwire check [CONFIG]`. */
export const check: CommandAction = async (invocation) => {
  const { positionals: [file], terminal } = invocation;
  if (invocation.has("schema")) {
    terminal.out(`${JSON.stringify(configurationJsonSchema(), undefined, 2)}\n`);
    return EXIT.done;
  }
  if (file === undefined) throw new UsageError("check needs CONFIG; usage: longwire check CONFIG");
  const loaded = loadConfiguration(file);
  const other = invocation.value("pair");
  if (other !== undefined) return checkPair(file, loaded, other, terminal);
  const code = tell(file, loaded.mistakes, terminal);
  if (code !== EXIT.done || !invocation.has("diff")) return code;
  return await showDifferences(file, invocation);
};

/** Tells mistakes, or that there are none. */
function tell(what: string, mistakes: readonly Mistake[], terminal: Terminal): ExitCode {
  for (const mistake of mistakes) terminal.err(`${formatMistake(mistake)}\n`);
  const failed = mistakes.some((mistake) => mistake.severity === "error");
  if (failed) terminal.err(`${what}: ${countMistakes(mistakes)}\n`);
  else terminal.out(`${what}: ${mistakes.length === 0 ? "ok" : countMistakes(mistakes)}\n`);
  return failed ? EXIT.configurationInvalid : EXIT.done;
}

function checkPair(
  file: string,
  here: LoadedConfiguration,
  otherFile: string,
  terminal: Terminal,
): ExitCode {
  const there = loadConfiguration(otherFile);
  const mistakes = [...here.mistakes, ...there.mistakes];
  if (here.configuration !== undefined && there.configuration !== undefined) {
    const found = findPairMistakes(
      { configuration: here.configuration, source: here.source },
      { configuration: there.configuration, source: there.source },
    );
    mistakes.push(...[...found].sort(compareMistakes));
  }
  return tell(`${file} and ${otherFile}`, mistakes, terminal);
}

async function showDifferences(file: string, invocation: Invocation): Promise<ExitCode> {
  const daemon = daemonOf(invocation);
  const status = await daemon.ask("GET", "/status");
  if (status.status !== 200) throw new Error(answerError(status));
  const running = (status.body as { configuration: string | null }).configuration;
  if (running === null || !sameFile(running, file)) {
    throw new Error(`the daemon runs ${running ?? "without a configuration file"}, not ${file}`);
  }
  const answer = await daemon.ask("POST", "/reload?compare");
  if (answer.status !== 200) throw new Error(answerError(answer));
  return tellOutcome(
    answer.body as ReloadOutcome,
    "a reload would change nothing",
    invocation.terminal,
  );
}

function sameFile(a: string, b: string): boolean {
  try {
    return Deno.realPathSync(a) === Deno.realPathSync(b);
  } catch {
    return a === b;
  }
}
