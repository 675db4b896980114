/**
 * Traffic between two network namespaces without any program besides this one: a TCP server that
 * swallows or echoes, and its client. The demo and the tests run it as a process of its own in
 * each namespace.
 *
 * A client's first line is `sink OCTETS` (the server answers `done` once it has them all) or
 * `echo` (the server returns every octet).
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The TCP port that the server listens on. */
export const TRAFFIC_PORT = 7001;

const CHUNK = new Uint8Array(256 * 1024);
const LONGEST_LINE = 64;
const LINE_FEED = 10;

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
  const buffer = new Uint8Array(CHUNK.length);
  const { line, rest } = await readLine(connection, buffer);
  const [verb, count] = line.split(" ");
  if (verb === "echo") {
    await writeAll(connection, rest);
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      await writeAll(connection, buffer.subarray(0, n));
    }
  } else if (verb === "sink") {
    let missing = Number(count) - rest.length;
    while (missing > 0) {
      const n = await connection.read(buffer);
      if (n === null) return;
      missing -= n;
    }
    await writeAll(connection, encoder.encode("done\n"));
  }
}

/** Moves `octets` over one TCP connection; answers the milliseconds until all had arrived. */
export async function moveOctets(address: string, octets: number): Promise<number> {
  using connection = await Deno.connect({ hostname: address, port: TRAFFIC_PORT });
  const startedAt = performance.now();
  await writeAll(connection, encoder.encode(`sink ${octets}\n`));
  for (let missing = octets; missing > 0; missing -= CHUNK.length) {
    await writeAll(connection, missing < CHUNK.length ? CHUNK.subarray(0, missing) : CHUNK);
  }
  const { line } = await readLine(connection, new Uint8Array(LONGEST_LINE));
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
