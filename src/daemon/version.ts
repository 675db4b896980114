/** The program's version; a test holds it to what deno.json says. */

/** `MAJOR.MINOR.PATCH`. */
export const VERSION = "0.1.0";
