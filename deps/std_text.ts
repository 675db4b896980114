/** `@std/text`: the nearest word to a mistyped one, typed here (npm `deno-std` ships no types). */
import { closestString as untypedClosestString } from "deno-std/text/closest_string.js";
import { levenshteinDistance as untypedDistance } from "deno-std/text/levenshtein_distance.js";

export const closestString: (
  givenWord: string,
  possibleWords: readonly string[],
  options?: { caseSensitive?: boolean },
) => string = untypedClosestString;
export const levenshteinDistance: (a: string, b: string) => number = untypedDistance;
