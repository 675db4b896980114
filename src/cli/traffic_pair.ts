/**
 * The two traffic processes of a demo or a test, one in each LAN's namespace, driven from here.
 */

import { endProcess, type Namespaces } from "./namespaces.ts";
import { lines } from "./traffic.ts";

const encoder = new TextEncoder();

/** This very program with other arguments: compiled, or as `deno run` of its entry. */
export function ownCommand(...args: string[]): string[] {
  if (Deno.build.standalone) return [Deno.execPath(), ...args];
  return [Deno.execPath(), "run", "-A", "--no-prompt", import.meta.resolve("../main.ts"), ...args];
}

/** A server of traffic in one namespace and its client in another. */
export class TrafficPair implements AsyncDisposable {
  readonly #server: Deno.ChildProcess;
  readonly #client: Deno.ChildProcess;
  readonly #answers: AsyncGenerator<string>;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;

  private constructor(
    server: Deno.ChildProcess,
    client: Deno.ChildProcess,
    answers: AsyncGenerator<string>,
  ) {
    this.#server = server;
    this.#client = client;
    this.#answers = answers;
    this.#orders = client.stdin.getWriter();
  }

  /** Starts both; returns once the server accepts connections. */
  static async start(namespaces: Namespaces, from: string, to: string): Promise<TrafficPair> {
    const server = namespaces.spawn(to, ownCommand("demo", "--traffic", "serve"), {
      stdout: "piped",
    });
    const client = namespaces.spawn(from, ownCommand("demo", "--traffic", "drive"), {
      stdin: "piped",
      stdout: "piped",
    });
    const answers = lines(client.stdout);
    for (const started of [lines(server.stdout), answers]) {
      if ((await started.next()).done) throw new Error("a traffic process ended at its start");
    }
    return new TrafficPair(server, client, answers);
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
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the traffic process ended at: ${line}`);
    const answer: { ms?: number[]; error?: string } = JSON.parse(value);
    if (answer.ms === undefined) throw new Error(`${line}: ${answer.error}`);
    return answer.ms;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([endProcess(this.#server), endProcess(this.#client)]);
    await this.#answers.return(undefined);
    this.#orders.releaseLock();
  }
}
