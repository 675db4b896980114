/**
 * Capture files that are an attachment: what their keys must agree on, whether they can be played,
 * and where they are.
 *
 * Read endpoint/playback.ts first: a file is judged here by what will play it.
 */

import { resolve } from "node:path";
import { readPlayback } from "../endpoint/playback.ts";
import type { PcapConfiguration } from "./configuration.ts";
import { error, type Fault, warning } from "./fault.ts";
import type { Draft, SessionDraft, StaticDraft } from "./draft.ts";
import { fileProblem } from "./secret.ts";
import type { KeyPath } from "./yaml_source.ts";

type AttachDraft = (SessionDraft | StaticDraft)["attach"];

/** What is wrong between the keys of an attachment's capture files. */
export function pcapFaults(path: KeyPath, { pcap }: AttachDraft): Fault[] {
  if (pcap === undefined || pcap.play !== undefined) return [];
  if (pcap.record === undefined) {
    return [error(path, "which file? Add play: FILE, record: FILE, or both")];
  }
  return pcap.loop ? [error([...path, "loop"], "there is nothing to play; add play: FILE")] : [];
}

/** What is wrong with the files that are to be played; `directory` is the configuration's. */
export function captureFileFaults(draft: Draft, directory: string): Fault[] {
  const sessions = draft.connections().flatMap(([path, value]) => draft.sessions(path, value));
  return [...sessions, ...draft.statics()].flatMap(([path, { pseudowire, attach }]) => {
    const play = attach.pcap?.play;
    if (play === undefined) return [];
    const at = [...path, "attach", "pcap", "play"];
    try {
      const { cutFrames } = readPlayback(resolve(directory, play), pseudowire);
      const cut = `${cutFrames} of its frames are there in part, and are left out`;
      return cutFrames === 0 ? [] : [warning(at, cut)];
    } catch (problem) {
      const words = problem instanceof RangeError
        ? `cannot be played: ${problem.message}`
        : `cannot be read: ${fileProblem(problem)}`;
      return [error(at, words)];
    }
  });
}

/** The same files, wherever the daemon is started. */
export function locateCaptureFiles<A extends { readonly pcap?: PcapConfiguration }>(
  attach: A,
  directory: string,
): A {
  const { pcap } = attach;
  if (pcap === undefined) return attach;
  const { play, record } = pcap;
  return {
    ...attach,
    pcap: {
      ...pcap,
      ...(play === undefined ? {} : { play: resolve(directory, play) }),
      ...(record === undefined ? {} : { record: resolve(directory, record) }),
    },
  };
}
