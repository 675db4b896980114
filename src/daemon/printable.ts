/**
 * What others have said, as a terminal or a line of a log may show it: it cannot end its line, move
 * the cursor, or turn round what is written after it.
 */

/** Line and paragraph separators, and what changes the direction of text (Unicode UAX #9, §2). */
const UNSEEN = "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069";
/** What JSON leaves as it is, although terminals obey it: it escapes the controls of ASCII only. */
const LEFT_BY_JSON = new RegExp(`[\x7f-\x9f${UNSEEN}]`, "g");
const OBEYED = new RegExp(`[\x00-\x1f\x7f-\x9f${UNSEEN}]`, "g");

/** Text of a peer, or of an error that quotes one, in one line. */
export function printable(text: string): string {
  return text.replaceAll(OBEYED, "?");
}

/** JSON that means the same and has escapes for everything that a terminal would obey. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(
    LEFT_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
