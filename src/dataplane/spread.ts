/**
 * How work is spread over pairs of workers, where there are several (`workers` of the
 * configuration): what must be done by one alone, and by which.
 *
 * What nobody numbers is spread by flow: outward the kernel does so, a queue of an interface for each
 * pair, inward flow_hash.ts. A flow is one pair's, and so in order. Numbers are one row's of the pair
 * that is the session's home: what has numbers is done there, whoever reads it first.
 */

/** Which pair of workers a worker is of, and of how many. */
export interface PairPlace {
  readonly pair: number;
  readonly pairs: number;
}

/** Whoever has no other pair beside it. */
export const ONLY_PAIR: PairPlace = { pair: 0, pairs: 1 };

/** In place of a pair: any of them, by flow. */
export const ANY_PAIR = -1;

/** The pair that does alone what one has to do alone for a session. */
export function homeOf(key: number, { pairs }: Pick<PairPlace, "pairs">): number {
  return key % pairs;
}

/** The pair that reads a session's attachment, where one has to alone: sessions may share a TUN. */
export function readerOf(
  attachment: { readonly kind: string; readonly fd?: number },
  key: number,
  place: Pick<PairPlace, "pairs">,
): number {
  return homeOf(attachment.kind === "tun" ? attachment.fd ?? key : key, place);
}
