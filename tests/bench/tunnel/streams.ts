/**
 * Many TCP streams at once: a program for each end. `sink` takes what comes; `send SECONDS ADDRESS
 * …` sends a stream to each address, and prints the Gbit/s that left in all after the first second.
 */

const PORT = 5300;
const CHUNK = new Uint8Array(65_536);

async function drain(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(CHUNK.length);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // The sender has gone.
  }
}

async function sink(): Promise<void> {
  for await (const connection of Deno.listen({ port: PORT })) void drain(connection);
}

/** A tunnel that has just begun loses the first of a thousand packets at once. */
async function connect(hostname: string): Promise<Deno.Conn> {
  for (let attempt = 0;; attempt++) {
    try {
      return await Deno.connect({ hostname, port: PORT });
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

async function send(seconds: number, addresses: readonly string[]): Promise<void> {
  let octets = 0;
  let isOver = false;
  const connections = await Promise.all(addresses.map(connect));
  const feed = async (connection: Deno.Conn) => {
    while (!isOver) {
      // In one statement, what others have added meanwhile would be lost.
      const written = await connection.write(CHUNK);
      octets += written;
    }
  };
  for (const connection of connections) void feed(connection);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(1000);
  const [octetsBefore, before] = [octets, performance.now()];
  await pause(1000 * seconds);
  const rate = (octets - octetsBefore) * 8 / (performance.now() - before) / 1e6;
  isOver = true;
  console.log(rate.toFixed(3));
  Deno.exit();
}

const [what, seconds, ...addresses] = Deno.args;
if (what === "sink") await sink();
else await send(Number(seconds), addresses);
