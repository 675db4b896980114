/**
 * Many sessions in one process: as many streams over as many sessions, each with a TAP of its own,
 * against the same streams over one.
 */

import { fileURLToPath } from "node:url";
import { ip } from "../../dataplane/two_sites.ts";
import { eventually } from "../../harness/eventually.ts";
import { daemonWords, sessionInterface, sessionMac } from "./longwire.ts";
import { inside, settle, undisturbed } from "./measure.ts";
import { INNER_MTU } from "./contender.ts";
import { Arena, PATIENCE_MS } from "./run.ts";

const STREAMS = fileURLToPath(new URL("./streams.ts", import.meta.url));

/** The two ends of a session's inner network of four addresses. */
function innerAddress(session: number, index: 0 | 1): string {
  const number = 4 * session + 1 + index;
  return `10.201.${number >> 8}.${number & 0xff}`;
}

/**
 * Gives the interfaces their addresses, and makes the other end's known: the kernel remembers no
 * thousand neighbours that it has asked for. All in one run of `ip`: a thousand take a minute.
 */
async function addressAll(
  arena: Arena,
  index: 0 | 1,
  sessions: number,
  addresses: number,
): Promise<void> {
  const namespace = arena.namespaces[index];
  const last = sessionInterface(sessions - 1);
  const isThere = async () => (await inside(namespace, "ip", "link", "show", last)) !== "";
  await eventually(isThere, `${last} in ${namespace}`, PATIENCE_MS);
  const lines = Array.from({ length: addresses }, (_, number) => {
    const session = number % sessions;
    const device = sessionInterface(session);
    const far = index === 0 ? 1 : 0;
    const mac = sessionMac(far === 0 ? "a" : "b", session);
    return `link set ${device} mtu ${INNER_MTU} up\n` +
      `addr add ${innerAddress(number, index)}/30 dev ${device}\n` +
      `neigh replace ${innerAddress(number, far)} lladdr ${mac} nud permanent dev ${device}\n`;
  });
  const file = `${arena.directory}/batch-${index}`;
  Deno.writeTextFileSync(file, lines.join(""));
  ip(`-n ${namespace} -batch ${file}`);
}

/** Gbit/s of `streams` TCP streams at once over `sessions` sessions. */
export function manyStreams(streams: number, sessions: number, seconds: number): Promise<number> {
  return undisturbed(() => streamsOnce(streams, sessions, seconds));
}

async function streamsOnce(
  streams: number,
  sessions: number,
  seconds: number,
): Promise<number> {
  await using arena = new Arena();
  for (const index of [0, 1] as const) {
    const end = arena.end(index);
    arena.spawn(end, daemonWords(end, { sessions }));
  }
  for (const index of [0, 1] as const) await addressAll(arena, index, sessions, streams);
  await settle();
  const program = [Deno.execPath(), "run", "-A", "--quiet", STREAMS];
  const [from, to] = arena.namespaces;
  arena.spawn({ ...arena.end(1), side: "b" }, [...program, "sink"]);
  const listens = async () => (await inside(to, "ss", "-Hltn")).includes(":5300");
  await eventually(listens, "the receiver of the streams", PATIENCE_MS);
  const targets = Array.from({ length: streams }, (_, number) => innerAddress(number, 1));
  const said = await inside(from, ...program, "send", `${seconds}`, ...targets);
  return Number(said);
}
