/**
 * The daemon's log on stderr: lines for people, or JSON lines.
 *
 * Everything below the category "longwire" goes there, the endpoint's own records too. Texts that
 * peers have sent are shown without control characters, so that a record is one line.
 */

import {
  compareLogLevel,
  configureSync,
  getLogger,
  getTextFormatter,
  type Logger,
  type LogRecord,
} from "@logtape/logtape";
import type { LogSettings } from "../config/configuration.ts";
import { printable, printableJson } from "./printable.ts";

/** The daemon's own records. */
export const logger: Logger = getLogger(["longwire", "daemon"]);

const LEVELS = { debug: "DEBUG", info: "INFO ", warning: "WARN ", error: "ERROR" } as const;

/** Connections of which everything is told, whatever the level. */
const debugged = new Set<string>();

/** Tells everything of a connection, or again only what the level lets through. */
export function debugConnection(name: string, isOn: boolean): void {
  if (isOn) debugged.add(name);
  else debugged.delete(name);
}

/** Writes the log as configured from now on; `write` takes one whole line. */
export function configureLog(settings: LogSettings, write: (line: string) => void): void {
  const format = settings.format === "json" ? formatJson : formatText;
  configureSync({
    reset: true,
    sinks: { stderr: (record) => write(`${format(record)}\n`) },
    filters: {
      wanted: ({ level, properties: { name } }) =>
        compareLogLevel(level, settings.level) >= 0 ||
        typeof name === "string" && debugged.has(name),
    },
    loggers: [
      { category: "longwire", lowestLevel: "debug", sinks: ["stderr"], filters: ["wanted"] },
      // LogTape's own notices would go to the console otherwise.
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["stderr"] },
    ],
  });
}

/** A record's message with its values put in, as a person reads it. */
const render = getTextFormatter({
  value: (value) => typeof value === "string" ? printable(value) : printableJson(value),
  format: ({ message }) => message,
});

function messageOf(record: LogRecord): string {
  return render(record).trimEnd();
}

function formatText(record: LogRecord): string {
  const level = LEVELS[record.level as keyof typeof LEVELS] ?? record.level.toUpperCase();
  return `${timeOf(record)} ${level} ${messageOf(record)}`;
}

function formatJson(record: LogRecord): string {
  const { level, category, properties } = record;
  return printableJson({
    time: timeOf(record),
    level,
    category: category.join("."),
    message: messageOf(record),
    ...properties,
  });
}

function timeOf({ timestamp }: LogRecord): string {
  return new Date(timestamp).toISOString();
}
