/**
 * Traffic between two network namespaces without any program besides this one: a TCP server that
 * swallows or echoes, and its client. The demo and the tests run it as a process of its own in
 * each namespace.
 *
 * A client's first line is `sink OCTETS` (the server answers `done` once it has them all, or where
 * they were not what was sent), `digest OCTETS` (the server answers the SHA-256 of whatever they
 * are: for clients that cannot know what is sent) or `echo` (the server returns every octet).
 */

import { createHash } from "node:crypto";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The TCP port that the server listens on. */
export const TRAFFIC_PORT = 7001;

const CHUNK_OCTETS = 256 * 1024;
/** Every so many octets one is looked at: dozens in each segment. */
const STRIDE = 7;
const LONGEST_LINE = 64;
const LINE_FEED = 10;

let chunk: Uint8Array<ArrayBuffer> | undefined;

/**
 * What is sent again and again: longer than anything that is moved at once, and unlike any shifted
 * copy of itself. Between namespaces nobody else looks: the kernel makes no checksums there.
 */
function sentChunk(): Uint8Array<ArrayBuffer> {
  return chunk ??= noise(CHUNK_OCTETS);
}

/** Serves as long as the process lives, and says when connections are accepted. */
async function serveTraffic(): Promise<void> {
  const listener = Deno.listen({ hostname: "::", port: TRAFFIC_PORT });
  print({ ready: true });
  for await (const connection of listener) {
    // A client that goes away in the middle is that client's matter.
    serveClient(connection).catch(() => {}).finally(() => connection.close());
  }
}

async function serveClient(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(CHUNK_OCTETS);
  const { line, rest } = await readLine(connection, buffer);
  const [verb, count] = line.split(" ");
  if (verb === "echo") {
    await writeAll(connection, rest);
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      await writeAll(connection, buffer.subarray(0, n));
    }
  } else if (verb === "sink") {
    const wrong = await swallow(connection, Number(count), buffer, rest);
    await writeAll(connection, encoder.encode(wrong < 0 ? "done\n" : `wrong ${wrong}\n`));
  } else if (verb === "digest") {
    const hash = createHash("sha256");
    await receive(connection, Number(count), buffer, rest, (octets) => hash.update(octets));
    await writeAll(connection, encoder.encode(`${hash.digest("hex")}\n`));
  }
}

/** Reads what `moveOctets` sends; answers the place of the first octet that is another, or -1. */
async function swallow(
  connection: Deno.TcpConn,
  octets: number,
  buffer: Uint8Array,
  rest: Uint8Array,
): Promise<number> {
  let wrong = -1;
  const got = await receive(connection, octets, buffer, rest, (piece, from) => {
    if (wrong < 0) wrong = firstDifference(piece, from);
  });
  return got < octets ? got : wrong;
}

/** Hands on `octets` octets, of which `rest` is there already; answers how many came. */
async function receive(
  connection: Deno.TcpConn,
  octets: number,
  buffer: Uint8Array,
  rest: Uint8Array,
  take: (piece: Uint8Array, from: number) => void,
): Promise<number> {
  take(rest, 0);
  let got = rest.length;
  while (got < octets) {
    const n = await connection.read(buffer);
    if (n === null) break;
    take(buffer.subarray(0, n), got);
    got += n;
  }
  return got;
}

/** Where octets that were received from a place of the stream on differ from what is sent; or -1. */
export function firstDifference(octets: Uint8Array, from: number): number {
  const sent = sentChunk();
  const first = (STRIDE - from % STRIDE) % STRIDE;
  for (let at = first; at < octets.length; at += STRIDE) {
    if (octets[at] !== sent[(from + at) % CHUNK_OCTETS]) return from + at;
  }
  return -1;
}

/** Moves `octets` over one TCP connection; answers the milliseconds until all had arrived. */
export async function moveOctets(address: string, octets: number): Promise<number> {
  const sent = sentChunk();
  using connection = await Deno.connect({ hostname: address, port: TRAFFIC_PORT });
  const startedAt = performance.now();
  await writeAll(connection, encoder.encode(`sink ${octets}\n`));
  for (let missing = octets; missing > 0; missing -= CHUNK_OCTETS) {
    await writeAll(connection, missing < CHUNK_OCTETS ? sent.subarray(0, missing) : sent);
  }
  const { line } = await readLine(connection, new Uint8Array(LONGEST_LINE));
  if (line.startsWith("wrong")) {
    throw new Error(`${address} got other octets than were sent, from ${line.slice(6)} on`);
  }
  if (line !== "done") throw new Error(`${address} ended the transfer of ${octets} octets early`);
  return performance.now() - startedAt;
}

/** `count` round trips of `octets` each over one TCP connection, in milliseconds, in order. */
export async function roundTrips(
  address: string,
  count: number,
  octets: number,
): Promise<number[]> {
  using connection = await Deno.connect({ hostname: address, port: TRAFFIC_PORT });
  connection.setNoDelay(true);
  await writeAll(connection, encoder.encode("echo\n"));
  const times: number[] = [];
  const buffer = new Uint8Array(octets);
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    await writeAll(connection, buffer);
    for (let missing = octets; missing > 0;) {
      const n = await connection.read(buffer.subarray(0, missing));
      if (n === null) throw new Error(`${address} closed the connection`);
      missing -= n;
    }
    times.push(performance.now() - startedAt);
  }
  return times;
}

/**
 * The program of one namespace: `serve`, or `drive`, which reads lines `move ADDRESS OCTETS` and
 * `echo ADDRESS COUNT OCTETS` on stdin and answers each with one line of JSON.
 */
export async function runTraffic(role: string | undefined): Promise<void> {
  if (role === "serve") {
    await serveTraffic();
  } else {
    print({ ready: true });
    for await (const line of lines(Deno.stdin.readable)) await drive(line.split(" "));
  }
}

async function drive([verb, address = "", first, second]: string[]): Promise<void> {
  try {
    const ms = verb === "move"
      ? [await moveOctets(address, Number(first))]
      : await roundTrips(address, Number(first), Number(second));
    print({ ms });
  } catch (error) {
    print({ error: String(error) });
  }
}

/** The lines of a stream of octets, as they come. */
export async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let held = "";
  const text = new TextDecoder();
  for await (const chunk of stream) {
    held += text.decode(chunk, { stream: true });
    const whole = held.split("\n");
    held = whole.pop() ?? "";
    yield* whole;
  }
}

/** Octets that look random, always the same. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state >>> 24;
  });
}

function print(value: unknown): void {
  console.log(JSON.stringify(value));
}

async function writeAll(connection: Deno.TcpConn, octets: Uint8Array): Promise<void> {
  for (let offset = 0; offset < octets.length;) {
    offset += await connection.write(octets.subarray(offset));
  }
}

/** Reads one line into `buffer`; `rest` is what was read along behind it, still in the buffer. */
async function readLine(
  connection: Deno.TcpConn,
  buffer: Uint8Array,
): Promise<{ line: string; rest: Uint8Array }> {
  let length = 0;
  for (;;) {
    const end = buffer.subarray(0, length).indexOf(LINE_FEED);
    if (end >= 0) {
      const line = decoder.decode(buffer.subarray(0, end));
      return { line, rest: buffer.subarray(end + 1, length) };
    }
    if (length >= LONGEST_LINE) throw new Error("no line end within the longest line");
    const n = await connection.read(buffer.subarray(length));
    if (n === null) return { line: "", rest: buffer.subarray(0, 0) };
    length += n;
  }
}
