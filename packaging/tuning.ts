/**
 * How the JavaScript engine of an installed longwire is set, as options of `deno run` and
 * `deno compile`.
 */

/**
 * Megabytes of a half of V8's room for young objects, 16 by default. A flood of refused messages
 * makes garbage at a rate that fills whatever room there is, and nothing is faster with more.
 */
const YOUNG_OBJECTS = "--v8-flags=--max-semi-space-size=4";

/**
 * The data path is a few functions that are called for ever. Optimised after tens to hundreds of
 * calls instead of thousands, a frame costs a third less while a link has carried little, above all
 * in calls to the C library, which are direct in optimised code only.
 */
const EARLY_OPTIMISATION =
  "--v8-flags=--invocation-count-for-maglev=100,--invocation-count-for-turbofan=300";

/** The options. */
export const TUNING: readonly string[] = [EARLY_OPTIMISATION, YOUNG_OBJECTS];
