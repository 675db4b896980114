/**
 * How work is spread over workers, where there are several (`workers` of the configuration): what
 * must be done by one alone, and by which.
 *
 * What nobody numbers is spread by flow: outward the kernel does so, a queue of an interface for each
 * worker, inward flow_hash.ts. A flow is one worker's, and so in order. Numbers are one row's, of the
 * worker that is the session's home: what has numbers is done there, whoever reads it first.
 */

/** Which worker it is, and of how many. */
export interface WorkerPlace {
  readonly worker: number;
  readonly workers: number;
}

/** Whoever has no other beside it. */
export const ONLY_WORKER: WorkerPlace = { worker: 0, workers: 1 };

/** In place of a worker: any of them, by flow. */
export const ANY_WORKER = -1;

/** The worker that does alone what one has to do alone for a session. */
export function homeOf(key: number, { workers }: Pick<WorkerPlace, "workers">): number {
  return key % workers;
}

/** The worker that reads a session's attachment, where one has to alone: sessions may share a TUN. */
export function readerOf(
  attachment: { readonly kind: string; readonly fd?: number },
  key: number,
  place: Pick<WorkerPlace, "workers">,
): number {
  return homeOf(attachment.kind === "tun" ? attachment.fd ?? key : key, place);
}
