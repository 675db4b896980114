/**
 * Streams of frames inside the program as attachment circuit: no interface, and no root.
 *
 * A network loses what a slow reader does not take in time: frames beyond the room of the readable
 * stream are dropped, while writing waits until the data plane has taken the frame.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import {
  type AttachmentCircuit,
  type CircuitUser,
  type FrameStreams,
  Tenancy,
} from "./attachment_circuit.ts";

/** Frames that wait for a slow reader. */
const READABLE_ROOM = 1024;

/** A pair of streams. Streams end with their session, so it has one session in its life. */
export class StreamCircuit implements AttachmentCircuit {
  readonly interfaceName = undefined;
  readonly mtu = undefined;
  readonly active = true;
  readonly streams: FrameStreams;
  readonly port: SessionPort;
  readonly #tenancy = new Tenancy();
  readonly #endStreams: () => void;

  constructor() {
    let toReader!: ReadableStreamDefaultController<Uint8Array>;
    let fromWriter!: WritableStreamDefaultController;
    let reading = true;
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (toReader = controller),
      cancel: () => void (reading = false),
    }, new CountQueuingStrategy({ highWaterMark: READABLE_ROOM }));
    const writable = new WritableStream<Uint8Array>({
      start: (controller) => void (fromWriter = controller),
      write: async (frame) => await this.#tenancy.user?.transmit([frame]),
    });
    this.streams = { readable, writable };
    this.port = {
      kind: "streams",
      onFrames: (frames) => {
        for (const frame of frames) {
          if (reading && (toReader.desiredSize ?? 0) > 0) toReader.enqueue(frame);
        }
      },
    };
    this.#endStreams = () => {
      if (reading) toReader.close();
      reading = false;
      fromWriter.error(new TypeError("the session has ended"));
    };
  }

  async claim(user: CircuitUser): Promise<void> {
    await this.#tenancy.claim(user);
  }

  vacate(user: CircuitUser): void {
    this.#tenancy.vacate(user);
  }

  /** Frames of any length go; how long they may be is the program's business. */
  fit(): void {}

  /** There is nobody to show it to. */
  setCarrier(): void {}

  close(): void {
    this.#endStreams();
  }
}
