/**
 * The traffic processes of a demo or a test, one in each LAN's namespace, driven from here.
 */

import { endProcess, type Namespaces } from "./namespaces.ts";
import { lines } from "./traffic.ts";

const encoder = new TextEncoder();

/** The modules of an executable made by `deno task bundle` come from a file in its memory. */
const OWN_MEMORY = "file:///proc/self/fd/";

/** This very program with other arguments: an executable, or `deno run` of its entry. */
export function ownCommand(...args: string[]): string[] {
  if (Deno.build.standalone || import.meta.url.startsWith(OWN_MEMORY)) {
    return [Deno.execPath(), ...args];
  }
  return [Deno.execPath(), "run", "-A", "--no-prompt", import.meta.resolve("../main.ts"), ...args];
}

/** A process and the lines of its stdout. */
class TrafficProcess implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly output: AsyncGenerator<string>;

  constructor(child: Deno.ChildProcess) {
    this.child = child;
    this.output = lines(child.stdout);
  }

  /** Its next line. */
  async line(): Promise<string> {
    const { value, done } = await this.output.next();
    if (done) throw new Error("a traffic process ended; its stderr says why");
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.child);
    await this.output.return(undefined);
  }
}

/** Starts a server of traffic in a namespace; returns once it accepts connections. */
export async function startTrafficServer(
  namespaces: Namespaces,
  namespace: string,
): Promise<AsyncDisposable> {
  const command = ownCommand("demo", "--traffic", "serve");
  const server = new TrafficProcess(namespaces.spawn(namespace, command, { stdout: "piped" }));
  await server.line();
  return server;
}

/** A server of traffic in one namespace and its client in another. */
export class TrafficPair implements AsyncDisposable {
  readonly #server: AsyncDisposable;
  readonly #client: TrafficProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(server: AsyncDisposable, client: TrafficProcess) {
    this.#server = server;
    this.#client = client;
    this.#orders = client.child.stdin.getWriter();
  }

  /** Starts both; returns once the server accepts connections. */
  static async start(namespaces: Namespaces, from: string, to: string): Promise<TrafficPair> {
    const command = ownCommand("demo", "--traffic", "drive");
    const client = new TrafficProcess(
      namespaces.spawn(from, command, { stdin: "piped", stdout: "piped" }),
    );
    const [server] = await Promise.all([startTrafficServer(namespaces, to), client.line()]);
    return new TrafficPair(server, client);
  }

  /** Moves `octets` over one TCP connection; answers the milliseconds it took. */
  async move(address: string, octets: number): Promise<number> {
    const [ms = 0] = await this.#order(`move ${address} ${octets}`);
    return ms;
  }

  /** Milliseconds of each of `count` round trips of `octets` over one TCP connection. */
  echo(address: string, count: number, octets: number): Promise<number[]> {
    return this.#order(`echo ${address} ${count} ${octets}`);
  }

  async #order(line: string): Promise<number[]> {
    await this.#orders.write(encoder.encode(`${line}\n`));
    const answer: { ms?: number[]; error?: string } = JSON.parse(await this.#client.line());
    if (answer.ms === undefined) throw new Error(`${line}: ${answer.error}`);
    return answer.ms;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The client ends where its orders end.
    await this.#orders.close();
    await Promise.all([this.#server, this.#client].map((each) => each[Symbol.asyncDispose]()));
  }
}
