/**
 * Two endpoints on loopback, without root: sessions between them carry streams of frames.
 */

import {
  type ConnectionOptions,
  type ControlConnection,
  type Endpoint,
  openEndpoint,
  type PeerOptions,
  type Session,
  type SessionOptions,
} from "../../mod.ts";

/** Both ends of one control connection. */
export interface Linked {
  readonly near: ControlConnection;
  readonly far: ControlConnection;
}

/** An endpoint on a port of loopback that the kernel chooses. */
export function openLocal(hostName: string, peers: readonly PeerOptions[] = []): Promise<Endpoint> {
  return openEndpoint({ hostName, routerId: 1, listen: ["udp://127.0.0.1:0"], peers });
}

/** `ADDRESS:PORT` of an endpoint made by `openLocal`. */
export function addressOf(endpoint: Endpoint): string {
  const [where] = endpoint.listening;
  return `${where!.address}:${where!.port}`;
}

/** Takes the next of an iterable, and leaves it. */
export async function next<T>(iterable: AsyncIterableIterator<T>): Promise<T> {
  for await (const value of iterable) return value;
  throw new Error("it ended before there was one");
}

/** Connects `from` to `to`, which must know the peer. */
export async function link(
  from: Endpoint,
  to: Endpoint,
  options: ConnectionOptions = {},
): Promise<Linked> {
  const answering = next(to.connectionRequests()).then((request) => request.accept());
  const near = await from.connect(addressOf(to), options);
  return { near, far: await answering };
}

/** Opens a streams session from `near`, accepted by `far`. */
export async function openStreams(
  { near, far }: Linked,
  remoteEndId: string = "lan",
  options: Pick<SessionOptions, "call" | "ecn"> = {},
): Promise<{ near: Session; far: Session }> {
  const attach = { kind: "streams" } as const;
  const answering = next(far.sessionRequests()).then((request) => request.accept({ attach }));
  const session = await near.openSession({ remoteEndId, attach, ...options });
  return { near: session, far: await answering };
}

/** A frame of `length` octets that begins like Ethernet and goes on with `seed`. */
export function frameOf(seed: number, length = 60): Uint8Array {
  const frame = new Uint8Array(length).fill(seed);
  frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
  return frame;
}

/** Sends frames from one session to the other, and answers what arrived. */
export async function carry(
  from: Session,
  to: Session,
  frames: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const writer = from.writable.getWriter();
  const reader = to.readable.getReader();
  const received: Uint8Array[] = [];
  try {
    for (const frame of frames) {
      await writer.write(frame);
      const { value } = await reader.read();
      if (value !== undefined) received.push(value);
    }
  } finally {
    writer.releaseLock();
    reader.releaseLock();
  }
  return received;
}

/**
 * How many file descriptors the process has, once that does not change any more: the runtime takes
 * a worker's away some time after the worker has ended.
 */
export async function openFileCount(): Promise<number> {
  const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
  let last = count();
  for (let unchanged = 0; unchanged < 10; unchanged++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = count();
    if (now !== last) unchanged = 0;
    last = now;
  }
  return last;
}
