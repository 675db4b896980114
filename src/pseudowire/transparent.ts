/**
 * What pseudowires have in common whose port has the pseudowire's own frames: they pass as they are.
 */

import type { Pseudowire } from "./pseudowire.ts";

/** Spread into the rules of such a pseudowire. */
export const TRANSPARENT: Pick<Pseudowire, "isTransparent" | "wrap" | "trailerLength" | "unwrap"> =
  {
    isTransparent: true,
    wrap: (_octets, start) => start,
    trailerLength: () => 0,
    unwrap: (_octets, start) => start,
  };
