/** Capture files for tests, of both formats. */

import { pcapHeader, pcapPacket } from "../../src/endpoint/pcap.ts";
import { pcapngHeader, pcapngPacket } from "../../src/endpoint/pcapng.ts";

/** A frame of a file, `atMs` after its beginning. */
export interface FileFrame {
  readonly octets: Uint8Array;
  readonly atMs: number;
}

/** A file's octets; the format is what its name would say. */
export function captureFile(
  format: "pcap" | "pcapng",
  linkType: number,
  frames: readonly FileFrame[],
): Uint8Array {
  const parts = format === "pcap"
    ? [
      pcapHeader(linkType),
      ...frames.map(({ octets, atMs }) => pcapPacket(octets, BigInt(atMs) * 1_000_000n)),
    ]
    : [
      pcapngHeader(linkType, "test", "longwire test"),
      ...frames.map(({ octets, atMs }) =>
        pcapngPacket({
          direction: "inbound",
          seconds: Math.floor(atMs / 1000),
          nanoseconds: atMs % 1000 * 1_000_000,
          octets,
          comment: undefined,
        })
      ),
    ];
  return new Uint8Array(parts.flatMap((part) => [...part]));
}
