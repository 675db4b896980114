/**
 * Network namespaces for one run of the demo or of a test: names that nobody else has, the links
 * between them, the processes started in them, and the removal of all of it at the end.
 *
 * Everything is done by iproute2's `ip`, because that is what a reader can repeat by hand.
 */

const decoder = new TextDecoder();

/** Octets of stderr kept of a process that failed, for its error message. */
const STDERR_KEPT = 2000;

/** How long a process has between SIGTERM and SIGKILL when the run ends. */
const GRACE_MS = 5000;

/** What a finished program printed. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a namespace's process writes; as `Deno.CommandOptions`, with quieter defaults. */
export interface SpawnOptions {
  readonly stdin?: "piped" | "null";
  readonly stdout?: "piped" | "inherit" | "null";
  readonly stderr?: "piped" | "inherit" | "null";
  readonly env?: Record<string, string>;
}

/** Runs a program to its end; its failure is a result, its absence an error that says so. */
export async function runProgram(
  command: readonly string[],
  input?: string,
): Promise<ProgramResult> {
  const [program = "", ...args] = command;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`${program} is not installed, and is needed for: ${command.join(" ")}`, {
      cause: error,
    });
  }
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const output = await child.output();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** Network namespaces that live as long as this object. */
export class Namespaces implements AsyncDisposable {
  readonly #prefix: string;
  readonly #names: string[] = [];
  readonly #children = new Set<Deno.ChildProcess>();
  readonly #running = new Set<Promise<unknown>>();
  #disposal: Promise<void> | undefined;

  /** `prefix` starts every namespace's name; the process id makes it unique on this machine. */
  constructor(prefix: string) {
    this.#prefix = `${prefix}-${Deno.pid}`;
  }

  /** Makes a namespace with its loopback up, and answers its full name. */
  async add(label: string): Promise<string> {
    const name = `${this.#prefix}-${label}`;
    this.#names.push(name);
    await this.ip(undefined, "netns", "add", name);
    // Duplicate address detection would keep an IPv6 address unusable for its first second.
    await this.run(name, ["sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad"]);
    await this.ip(name, "link", "set", "lo", "up");
    return name;
  }

  /** Runs `ip` in a namespace (or here); answers what it printed, throws when it fails. */
  async ip(namespace: string | undefined, ...args: string[]): Promise<string> {
    const place = namespace === undefined ? [] : ["-n", namespace];
    const command = ["ip", ...place, ...args];
    return required(command, await this.#finish(command));
  }

  /** Runs many `ip` commands in a namespace as one batch: a hundred take no longer than one. */
  async ipBatch(namespace: string, commands: readonly string[]): Promise<void> {
    const command = ["ip", "-n", namespace, "-batch", "-"];
    required(command, await this.#finish(command, commands.join("\n") + "\n"));
  }

  /** A veth pair between two namespaces, both ends up, each with its addresses. */
  async link(a: LinkEnd, b: LinkEnd, mtu = 1500): Promise<void> {
    const { namespace, name } = a;
    await this.ip(
      namespace,
      ...["link", "add", name, "type", "veth"],
      ...["peer", "name", b.name, "netns", b.namespace],
    );
    for (const end of [a, b]) {
      await this.ipBatch(end.namespace, [
        `link set ${end.name} mtu ${mtu} up`,
        ...end.addresses.map((address) =>
          `address add ${address} dev ${end.name}${address.includes(":") ? " nodad" : ""}`
        ),
      ]);
    }
  }

  /** Runs a program in a namespace to its end. */
  run(namespace: string, command: readonly string[]): Promise<ProgramResult> {
    return this.#finish(["ip", "netns", "exec", namespace, ...command]);
  }

  /** Starts a program in a namespace; it is ended with this object if it still runs then. */
  spawn(
    namespace: string,
    command: readonly string[],
    options: SpawnOptions = {},
  ): Deno.ChildProcess {
    this.#requireAlive();
    const child = new Deno.Command("ip", {
      args: ["netns", "exec", namespace, ...command],
      stdin: options.stdin ?? "null",
      stdout: options.stdout ?? "null",
      stderr: options.stderr ?? "inherit",
      env: options.env ?? {},
    }).spawn();
    this.#children.add(child);
    child.status.then(() => this.#children.delete(child));
    return child;
  }

  /** Ends every process, then removes every namespace and so every interface in them. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  /** Runs a program to its end, which the removal of the namespaces waits for. */
  async #finish(command: readonly string[], input?: string): Promise<ProgramResult> {
    this.#requireAlive();
    const run = runProgram(command, input);
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  #requireAlive(): void {
    if (this.#disposal !== undefined) throw new Error("these namespaces are being removed");
  }

  async #dispose(): Promise<void> {
    await Promise.allSettled(this.#running);
    await Promise.all([...this.#children].map((child) => endProcess(child)));
    for (const name of this.#names) await runProgram(["ip", "netns", "delete", name]);
  }
}

/** One end of a veth pair: its namespace, its interface name, its addresses with prefix lengths. */
export interface LinkEnd {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Asks a process to end, and makes it end when it does not within its grace. */
export async function endProcess(
  child: Deno.ChildProcess,
  signal: Deno.Signal = "SIGTERM",
): Promise<void> {
  send(child, signal);
  const timer = setTimeout(() => send(child, "SIGKILL"), GRACE_MS);
  await child.status;
  clearTimeout(timer);
}

function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It ended between our look and our signal: that is what was wanted.
  }
}

function required(command: readonly string[], result: ProgramResult): string {
  if (result.code === 0) return result.stdout;
  const said = (result.stderr || result.stdout).trim().slice(-STDERR_KEPT);
  throw new Error(`${command.join(" ")}: exit code ${result.code}: ${said}`);
}
