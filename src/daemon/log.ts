/**
 * The daemon's log on stderr: lines for people, or JSON lines.
 *
 * Everything below the category "longwire" goes there, the endpoint's own records too. Texts that
 * peers have sent are shown without control characters.
 */

import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogRecord,
  resetSync,
  sanitizeControlSequences,
} from "@logtape/logtape";
import type { LogSettings } from "../config/configuration.ts";

/** The daemon's own records. */
export const logger: Logger = getLogger(["longwire", "daemon"]);

const LEVELS = { debug: "DEBUG", info: "INFO ", warning: "WARN ", error: "ERROR" } as const;

/** Writes the log as configured from now on; `write` takes one whole line. */
export function configureLog(settings: LogSettings, write: (line: string) => void): void {
  const format = settings.format === "json"
    ? getJsonLinesFormatter({ categorySeparator: "." })
    : getTextFormatter({
      value: (value) => typeof value === "string" ? value : JSON.stringify(value),
      format: ({ record, message }) =>
        `${new Date(record.timestamp).toISOString()} ${levelWord(record)} ${message}`,
    });
  configureSync({
    reset: true,
    sinks: { stderr: (record) => write(`${sanitizeLine(format(record))}\n`) },
    loggers: [
      { category: "longwire", lowestLevel: settings.level, sinks: ["stderr"] },
      // LogTape's own notices would go to the console otherwise.
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

/** Silence, as before `configureLog`. */
export function silenceLog(): void {
  resetSync();
}

function levelWord({ level }: LogRecord): string {
  return level in LEVELS ? LEVELS[level as keyof typeof LEVELS] : level.toUpperCase();
}

function sanitizeLine(line: string): string {
  return sanitizeControlSequences(line.trimEnd());
}
