/** What others have said, as a terminal may show it. */

/** Text of a peer, or of an error that quotes one, fit for a terminal. */
export function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
