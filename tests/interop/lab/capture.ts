/**
 * A live capture, judged by tshark: its dissector is an implementation of RFC 3931 that shares no
 * line with ours, and it verifies Message Digests.
 */

import { endProcess, type Namespaces, runProgram } from "../../../src/cli/namespaces.ts";
import { lines } from "../../../src/cli/traffic.ts";

/** One L2TP control message as tshark reads it. */
export interface JudgedMessage {
  readonly frame: number;
  readonly version: number;
  readonly ns: number;
  /** The Message Type AVP's number, or `undefined` for an empty message. */
  readonly messageType: number | undefined;
  readonly attributes: readonly number[];
  /** Octets of the Message Digest AVP, in hex: the type's octet, then the digest; or empty. */
  readonly digest: string;
  readonly wrongDigest: boolean;
  /** Everything the dissector finds fault with. */
  readonly complaints: string;
  readonly overUdp: boolean;
}

const FIELDS = [
  "frame.number",
  "l2tp.version",
  "l2tp.Ns",
  "l2tp.avp.message_type",
  "l2tp.avp.type",
  "l2tp.avp.message_digest",
  "l2tp.incorrect_digest",
  "_ws.expert.message",
  "udp.srcport",
];

/**
 * Room for some 8,000 packets that tcpdump had no time for yet. By default it is 32, in immediate
 * mode, where each has room for the longest: too few for two dozen connections set up at once.
 */
const RING = ["-s", "4096", "-B", "32768"];

/** What tcpdump tells when it is sent SIGUSR1. */
const COUNTS = /(\d+) packets? captured, (\d+) .* by filter, (\d+) .* dropped by kernel/;

/** L2TP packets of one interface, from its making on. */
export class Capture implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stderr: AsyncGenerator<string>;
  readonly #folder: string;

  private constructor(process: Deno.ChildProcess, stderr: AsyncGenerator<string>, folder: string) {
    this.#process = process;
    this.#stderr = stderr;
    this.#folder = folder;
  }

  /** Starts to capture; returns once tcpdump listens. */
  static async start(
    namespaces: Namespaces,
    namespace: string,
    networkInterface: string,
  ): Promise<Capture> {
    const folder = await Deno.makeTempDir({ prefix: "longwire-capture-" });
    const filter = "udp port 1701 or ip proto 115 or ip6 proto 115";
    const process = namespaces.spawn(namespace, [
      "tcpdump",
      ...[
        "-i",
        networkInterface,
        "--immediate-mode",
        ...RING,
        "-U",
        "-Z",
        "root",
        "-w",
        `${folder}/l2tp.pcap`,
        filter,
      ],
    ], { stderr: "piped" });
    const stderr = lines(process.stderr);
    const { value } = await stderr.next();
    if (!value?.includes("listening")) throw new Error(`tcpdump did not start: ${value}`);
    return new Capture(process, stderr, folder);
  }

  /** Every control message captured until now, digests checked with `secret`. */
  async messages(secret: string): Promise<JudgedMessage[]> {
    return await judge(await this.#written(), secret);
  }

  /**
   * Fields of every packet captured until now that a display filter lets pass; a comma stands
   * between the values of one that is there several times, the outermost first. `decodeAs` is what
   * tshark has to be told.
   */
  async packets(
    filter: string,
    fields: readonly string[],
    decodeAs?: string,
  ): Promise<string[][]> {
    const settings = decodeAs === undefined ? [] : ["-d", decodeAs];
    const lines = await readFields(await this.#written(), settings, filter, fields, ",");
    return lines.map((line) => line.split("\t"));
  }

  /** The file, once all that went by until now is in it; throws where the kernel dropped some. */
  async #written(): Promise<string> {
    for (;;) {
      this.#process.kill("SIGUSR1");
      const [captured = 0, received = 0, dropped = 0] = await this.#counts();
      if (dropped > 0) throw new Error(`tcpdump lost ${dropped} packets of ${received}`);
      if (captured >= received) return `${this.#folder}/l2tp.pcap`;
    }
  }

  async #counts(): Promise<number[]> {
    for (;;) {
      const { value, done } = await this.#stderr.next();
      if (done) throw new Error("tcpdump has ended");
      const counts = COUNTS.exec(value);
      if (counts !== null) return counts.slice(1).map(Number);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#process);
    await this.#stderr.return(undefined);
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Every L2TP control message of a capture file. */
export async function judge(file: string, secret: string): Promise<JudgedMessage[]> {
  const settings = ["-o", `l2tp.shared_secret:${secret}`];
  const lines = await readFields(file, settings, "l2tp && l2tp.type == 1", FIELDS, ";");
  return lines.map(readLine);
}

/** A line for each packet, with tabs between the fields; `between` stands in those with several. */
async function readFields(
  file: string,
  settings: readonly string[],
  filter: string,
  fields: readonly string[],
  between: string,
): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram([
    "tshark",
    ...["-n", "-r", file, ...settings, "-Y", filter],
    ...["-T", "fields", "-E", "separator=/t", "-E", `aggregator=${between}`],
    ...fields.flatMap((field) => ["-e", field]),
  ]);
  if (code !== 0) throw new Error(`tshark: exit code ${code}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

function readLine(line: string): JudgedMessage {
  const [frame, version, ns, messageType, attributes, digest, wrong, complaints, port] = line
    .split("\t");
  return {
    frame: Number(frame),
    version: Number(version),
    ns: Number(ns),
    messageType: messageType ? Number(messageType) : undefined,
    attributes: attributes ? attributes.split(";").map(Number) : [],
    digest: digest ?? "",
    wrongDigest: wrong !== "",
    complaints: complaints ?? "",
    overUdp: port !== "",
  };
}
