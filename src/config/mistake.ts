/**
 * A mistake in a configuration file, and how a person is shown it: where, what is wrong, what
 * would be right, the line itself and a caret under the place.
 *
 * Lines are shown with everything secret already struck out; see `yaml_source.ts`.
 */

/** Where a mistake is. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The whole line as it may be shown: secrets are struck out, its length is unchanged. */
  readonly text: string;
  /** How many characters of the line are meant, at least 1. */
  readonly length: number;
}

/** One thing wrong with a configuration (`error`), or merely unwise (`warning`). */
export interface Mistake {
  readonly severity: "error" | "warning";
  readonly place: Place;
  /** The key as a path, `connections.site-b.hello`; empty for the whole file. */
  readonly key: string;
  /** What is wrong; what would be right. */
  readonly message: string;
}

/** How deep a path of keys goes is told by dots: `connections.site-b.listen[1]`. */
export function formatKey(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    const name = /^[\w-]+$/.test(part) ? part : JSON.stringify(part);
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

/** One mistake as its three lines: place and words, the line, the caret. */
export function formatMistake(mistake: Mistake): string {
  const { place, key, message, severity } = mistake;
  const where = `${place.file}:${place.line}:${place.column}`;
  const words = [where, ...(severity === "warning" ? ["warning"] : []), ...(key ? [key] : [])];
  const head = `${words.join(": ")}: ${message}`;
  if (place.text.trim() === "") return head;
  const gutter = String(place.line);
  // Tabs are kept in the caret's line, so that it stands right however wide they are shown.
  const indent = place.text.slice(0, place.column - 1).replaceAll(/[^\t]/g, " ");
  const rest = Math.max(1, place.text.length - place.column + 1);
  // What is not there, an empty key for one, has a place and no length.
  const length = Math.max(1, Math.min(place.length, rest));
  const caret = "^" + "~".repeat(length - 1);
  return `${head}\n  ${gutter} | ${place.text}\n  ${" ".repeat(gutter.length)} | ${indent}${caret}`;
}

/** Errors before warnings, each in the order of the file. */
export function compareMistakes(a: Mistake, b: Mistake): number {
  if (a.severity !== b.severity) return a.severity === "error" ? -1 : 1;
  return a.place.line - b.place.line || a.place.column - b.place.column;
}

/** How many errors and warnings, in words: `2 mistakes, 1 warning`. */
export function countMistakes(mistakes: readonly Mistake[]): string {
  const errors = mistakes.filter((mistake) => mistake.severity === "error").length;
  const warnings = mistakes.length - errors;
  const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  return [
    ...(errors > 0 ? [plural(errors, "mistake")] : []),
    ...(warnings > 0 ? [plural(warnings, "warning")] : []),
  ].join(", ");
}
