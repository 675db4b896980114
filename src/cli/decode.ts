/** `longwire decode FILE`: a capture in words, packet by packet, by this program's own dissector. */

import type { RecordedPacket } from "../endpoint/pcap.ts";
import { readCapture } from "../endpoint/pcapng.ts";
import { type CommandAction, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { readInputFile } from "./input_file.ts";
import { packetText } from "./packet_text.ts";
import { printable } from "../daemon/printable.ts";

/** `longwire decode FILE`. */
export const decode: CommandAction = async ({ positionals: [file = ""], value, terminal }) => {
  const given = value("port");
  const port = Number(given ?? 1701);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`--port: "${given}" is no port; write 1 to 65535`);
  }
  const octets = await readInputFile(file);
  try {
    for (const packet of readCapture(octets)) {
      terminal.out(`${formatPacket(packet, new Set([1701, port]))}\n`);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    terminal.err(`longwire: ${file}: ${error.message}\n`);
    return EXIT.failed;
  }
  return EXIT.done;
};

const ARROWS = { inbound: "<-", outbound: "->", unknown: "--" } as const;

/** One packet on one line: when, which way, from whom to whom, what, and what is noted beside it. */
function formatPacket(packet: RecordedPacket, ports: ReadonlySet<number>): string {
  const { at, direction, comments } = packet;
  const text = packetText(packet, ports);
  // The words of our own captures repeat what was just said.
  const notes = comments.filter((comment) => !text.endsWith(comment));
  const beside = notes.length === 0 ? "" : `  # ${notes.join("; ")}`;
  return printable(`${timeText(at)}  ${ARROWS[direction]} ${text}${beside}`);
}

function timeText(at: bigint): string {
  const milliseconds = Number(at / 1_000_000n);
  const nanoseconds = String(at % 1_000_000_000n).padStart(9, "0");
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${nanoseconds}Z`;
}
