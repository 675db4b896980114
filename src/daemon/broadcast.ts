/**
 * One record to many readers, as server-sent events: `event`, `id` and `data` lines of JSON.
 *
 * A reader that does not read costs a bounded amount of memory: what it misses is counted, and told
 * when it reads again. See the HTML standard, section 9.2, for the format.
 */

/** Records that a reader may leave unread before it misses some. */
const MOST_UNREAD = 1_000;

/** A record in the stream. */
export interface Broadcasted {
  readonly id: number;
}

interface Reader<Item> {
  readonly stream: ReadableStreamDefaultController<Uint8Array>;
  readonly isMeant: (item: Item) => boolean;
  missed: number;
}

const encoder = new TextEncoder();

/** Readers of one kind of record. */
export class Broadcast<Item extends Broadcasted> {
  readonly #name: string;
  readonly #readers = new Set<Reader<Item>>();
  readonly #onReaders: (count: number) => void;

  /** `name` is the events' type; `onReaders` is told whenever a reader comes or goes. */
  constructor(name: string, onReaders: (count: number) => void = () => {}) {
    this.#name = name;
    this.#onReaders = onReaders;
  }

  /** A response that begins with `first` and goes on until its reader leaves, or `close`. */
  respond(first: readonly Item[] = [], isMeant: (item: Item) => boolean = () => true): Response {
    let reader: Reader<Item>;
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        reader = { stream, isMeant, missed: 0 };
        // Headers leave with the first octets: whoever asks is to know at once that it watches.
        stream.enqueue(encoder.encode(": watching\n\n"));
        for (const item of first) this.#send(reader, item);
        this.#readers.add(reader);
        this.#onReaders(this.#readers.size);
      },
      cancel: () => this.#forget(reader),
    }, new CountQueuingStrategy({ highWaterMark: MOST_UNREAD }));
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    return new Response(body, { headers });
  }

  /** Sends a record to every reader it is meant for. */
  send(item: Item): void {
    for (const reader of this.#readers) this.#send(reader, item);
  }

  /** Ends every reader's stream. */
  close(): void {
    for (const reader of this.#readers) {
      reader.stream.close();
      this.#forget(reader);
    }
  }

  #forget(reader: Reader<Item>): void {
    if (this.#readers.delete(reader)) this.#onReaders(this.#readers.size);
  }

  #send(reader: Reader<Item>, item: Item): void {
    if (!reader.isMeant(item)) return;
    if ((reader.stream.desiredSize ?? 0) <= 0) {
      reader.missed++;
      return;
    }
    if (reader.missed > 0) {
      reader.stream.enqueue(record("missed", item.id, { missed: reader.missed }));
      reader.missed = 0;
    }
    reader.stream.enqueue(record(this.#name, item.id, item));
  }
}

function record(name: string, id: number, data: unknown): Uint8Array {
  return encoder.encode(`event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
}
