/**
 * How the JavaScript engine of an installed longwire is set, as options of `deno run` and
 * `deno compile`.
 */

/**
 * The data path is a few functions that are called for ever. Optimised after tens to hundreds of
 * calls instead of thousands, a frame costs a third less while a link has carried little, above all
 * in calls to the C library, which are direct in optimised code only.
 */
export const TUNING: readonly string[] = [
  "--v8-flags=--invocation-count-for-maglev=100",
  "--v8-flags=--invocation-count-for-turbofan=300",
];
