/**
 * Text that came from a peer, made fit for a log line or a terminal: in quotes, on one line, and
 * with nothing in it that a terminal would obey.
 */

/** The text in double quotes; control, format and other invisible characters are escaped. */
export function quotedText(text: string): string {
  // JSON leaves alone what is harmless to it but not to a terminal: C1 controls, bidi marks.
  return JSON.stringify(text).replaceAll(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
