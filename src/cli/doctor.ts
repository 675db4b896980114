/**
 * `longwire doctor [CONFIG]`: the system, the configuration, and, where a daemon runs, what arrives
 * there; each finding with what repairs it.
 */

import { loadConfiguration } from "../config/load.ts";
import type { Finding } from "../daemon/session_findings.ts";
import { type CommandAction, type Invocation, UsageError } from "./command.ts";
import { answerError, DaemonNotReachable, daemonOf } from "./control_client.ts";
import { EXIT } from "./exit_code.ts";
import { printable, printableJson } from "../daemon/printable.ts";
import { configurationFindings, systemFindings } from "./system_findings.ts";

/** `longwire doctor [CONFIG]`. */
export const doctor: CommandAction = async (invocation) => {
  const { positionals: [file], terminal } = invocation;
  const running = await askDaemon(invocation);
  const findings = [...systemFindings(), ...running ?? []];
  if (file !== undefined) {
    const { configuration, mistakes } = loadConfiguration(file);
    findings.push(...mistakes.map(({ place, key, message, severity }): Finding => ({
      code: `configuration-${severity}`,
      subject: key,
      text: message,
      repair: `longwire check ${file}; line ${place.line}`,
    })));
    if (configuration !== undefined) {
      findings.push(...await configurationFindings(configuration, running !== undefined));
    }
  }
  if (invocation.has("json")) terminal.out(`${printableJson({ findings }, 2)}\n`);
  else terminal.out(formatFindings(findings, running !== undefined));
  return findings.length === 0 ? EXIT.done : EXIT.degraded;
};

/** What the daemon finds; `undefined` where none runs. */
async function askDaemon(invocation: Invocation): Promise<readonly Finding[] | undefined> {
  const given = invocation.value("seconds") ?? "2";
  const seconds = Number(given);
  if (!(seconds >= 0 && seconds <= 60)) {
    throw new UsageError(`--seconds: "${given}" is no time; write 0 to 60`);
  }
  try {
    const answer = await daemonOf(invocation).ask("GET", `/diagnosis?ms=${seconds * 1_000}`);
    if (answer.status !== 200) throw new Error(answerError(answer));
    return (answer.body as { readonly findings: readonly Finding[] }).findings;
  } catch (error) {
    if (!(error instanceof DaemonNotReachable) || invocation.value("socket") !== undefined) {
      throw error;
    }
    return undefined;
  }
}

/** Findings for people: what, where, and below it how to repair it. */
export function formatFindings(findings: readonly Finding[], isRunning: boolean): string {
  const looked = isRunning ? "" : "no daemon is running: what arrives was not looked at\n";
  if (findings.length === 0) return `${looked}nothing is wrong, as far as can be seen\n`;
  return looked +
    findings.map(({ code, subject, text, repair }) =>
      `${code}: ${printable(subject)}: ${printable(text)}\n  repair: ${printable(repair)}\n`
    ).join("");
}
