/**
 * Streams of frames inside the program as attachment circuit: no interface, and no root.
 *
 * A network loses what a slow reader does not take in time: frames beyond the room of the readable
 * stream are dropped, while writing waits until the data plane has taken the frame.
 */

import type { SessionPort } from "../dataplane/dataplane.ts";
import { type AttachmentCircuit, type FrameStreams, Tenancy } from "./attachment_circuit.ts";

/** Frames that wait for a slow reader. */
const READABLE_ROOM = 1024;

/**
 * A pair of streams, made when they are asked for: they take more memory than all the rest of a
 * session. Streams end with their session, so it has one session in its life.
 */
export class StreamCircuit implements AttachmentCircuit {
  readonly interfaceName = undefined;
  readonly mtu = undefined;
  readonly active = true;
  readonly port: SessionPort = { kind: "streams", onFrames: (frames) => this.#receive(frames) };
  readonly tenancy = new Tenancy();
  #streams: FrameStreams | undefined;
  #toReader: ReadableStreamDefaultController<Uint8Array> | undefined;
  #fromWriter: WritableStreamDefaultController | undefined;
  /** Frames that came before anybody has asked for the streams. */
  #early: Uint8Array[] = [];
  #reading = true;
  #ended = false;

  get streams(): FrameStreams {
    return this.#streams ??= { readable: this.#makeReadable(), writable: this.#makeWritable() };
  }

  /** Frames of any length go; how long they may be is the program's business. */
  fit(): void {}

  /** There is nobody to show it to. */
  setCarrier(): void {}

  close(): void {
    this.#ended = true;
    if (this.#reading) this.#toReader?.close();
    this.#reading = false;
    this.#fromWriter?.error(sessionEnded());
  }

  #makeReadable(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const frame of this.#early) controller.enqueue(frame);
        this.#early = [];
        if (this.#ended) controller.close();
        this.#toReader = controller;
      },
      cancel: () => void (this.#reading = false),
    }, new CountQueuingStrategy({ highWaterMark: READABLE_ROOM }));
  }

  #makeWritable(): WritableStream<Uint8Array> {
    return new WritableStream<Uint8Array>({
      start: (controller) => {
        if (this.#ended) controller.error(sessionEnded());
        this.#fromWriter = controller;
      },
      write: async (frame) => await this.tenancy.user?.transmit([frame]),
    });
  }

  #receive(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      if (this.#toReader === undefined) {
        if (this.#early.length < READABLE_ROOM) this.#early.push(frame);
      } else if (this.#reading && (this.#toReader.desiredSize ?? 0) > 0) {
        this.#toReader.enqueue(frame);
      }
    }
  }
}

function sessionEnded(): TypeError {
  return new TypeError("the session has ended");
}
