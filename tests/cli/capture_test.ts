/** `longwire capture` and `longwire decode`, on a connection that comes up and carries frames. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runProgram } from "../../src/cli/namespaces.ts";
import { LINK_TYPES } from "../../src/endpoint/link_types.ts";
import { pcapngHeader, pcapngPacket } from "../../src/endpoint/pcapng.ts";
import { eventually } from "../harness/eventually.ts";
import { program, root, testRequiring, tunDevice } from "../harness/requires.ts";
// Loaded before the tests: it opens libc and keeps it open, which a test would count as a leak.
import "../../src/cli/run.ts";
import { typed } from "./recorded_terminal.ts";
import { RunningDaemon } from "./running_daemon.ts";
import { TwoSiteFiles } from "./two_daemons.ts";

const SECRET = "QXZCAPTUREQXZ";
const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
const NEEDS = [root, tunDevice, program("ping", "iputils-ping")];

/** Message Type of an explicit acknowledgement. */
const ACK = "20";

/** `longwire capture` as a process of its own, which Ctrl-C ends. */
class Capturing {
  readonly #process: Deno.ChildProcess;
  #said: ReadableStreamDefaultReader<string> | undefined;

  constructor(...words: string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", MAIN, "capture", ...words],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  }

  /** Resolves when the daemon has begun. */
  async begun(): Promise<void> {
    this.#said = this.#process.stderr.pipeThrough(new TextDecoderStream()).getReader();
    const { value = "" } = await this.#said.read();
    if (!value.startsWith("capturing ")) throw new Error(value);
  }

  async end(): Promise<number> {
    this.#process.kill("SIGINT");
    const { code } = await this.#process.status;
    await this.#said?.cancel();
    return code;
  }
}

/** Waits until a file that is being written shows such a packet, and answers what it shows. */
async function showing(words: RegExp, file: string, ...options: string[]): Promise<string> {
  let shown = { out: "", err: "" };
  const isShown = async () => words.test((shown = await typed("decode", file, ...options)).out);
  await eventually(isShown, () => `${words} in ${file}:\n${shown.out}${shown.err}`, 10_000);
  return shown.out;
}

testRequiring(NEEDS, "outside and inside of a session, with times, directions, words", async () => {
  using sites = new TwoSiteFiles(6, "lwLc", SECRET);
  const address = "10.93.93.1/30";
  const attach = { tap: sites.interfaceName("a"), address };
  await using a = await RunningDaemon.start(sites.write("a", { session: { attach } }));
  const socket = ["--socket", sites.socket("a")];
  const [outerFile, innerFile] = [`${sites.folder}/outer.pcapng`, `${sites.folder}/inner.pcapng`];
  const outer = new Capturing("peer", "-w", outerFile, ...socket);
  await outer.begun();
  await using _ = await RunningDaemon.start(sites.write("b"));
  await a.says(/lan: established on/);
  const inner = new Capturing("peer/lan", "--inner", "-w", innerFile, ...socket);
  await inner.begun();
  const before = Date.now();
  await runProgram(["ping", "-c", "2", "-i", "0.1", "-W", "0.3", "10.93.93.2"]);
  const ports = ["--port", String(sites.port("b"))];
  await showing(/v3 data /, outerFile, ...ports);
  await showing(/ARP: /, innerFile);
  assertEquals([await outer.end(), await inner.end()], [0, 0]);

  const outside = await typed("decode", outerFile, ...ports);
  assertEquals([outside.code, outside.err], [0, ""]);
  const here = `127.0.0.1:${sites.port("a")}`;
  const there = `127.0.0.1:${sites.port("b")}`;
  const lines = outside.out.trimEnd().split("\n");
  for (
    const [arrow, ends, words] of [
      ["->", `${here} > ${there}`, 'v3 SCCRQ id=0 ns=0 nr=0 .*hostName="a.example"'],
      ["<-", `${there} > ${here}`, "v3 SCCRP .*"],
      ["->", `${here} > ${there}`, String.raw`v3 ICCN .*`],
      ["->", `${here} > ${there}`, String.raw`v3 data session=\d+: \d+ octets after .*`],
    ]
  ) {
    const line = new RegExp(`^\\S+\\.\\d{9}Z  ${arrow} ${ends}  ${words}`);
    assert(lines.some((each) => line.test(each)), `${line} is not in\n${outside.out}`);
  }
  // Loopback shows every packet twice; the capture has it once.
  assertEquals(lines.filter((line) => line.includes(" SCCRP ")).length, 1);
  assertEquals(outside.out.includes(SECRET), false);
  assertEquals(outside.out.includes("#"), false);

  const inside = await typed("decode", innerFile);
  const arp = inside.out.split("\n").find((line) => line.includes("ARP: 42 octets"));
  assertMatch(
    arp ?? inside.out,
    /^\S+Z {2}-> [0-9a-f:]{17} > ff:ff:ff:ff:ff:ff {2}ARP: 42 octets$/,
  );
  const at = Date.parse(/^\S{23}/.exec(arp ?? "")![0] + "Z");
  assert(Math.abs(at - before) < 10_000);
  assertEquals(Deno.statSync(outerFile).mode! & 0o777, 0o600);
});

testRequiring(
  [...NEEDS, program("tshark", "tshark")],
  "tshark reads the same packets",
  async () => {
    using sites = new TwoSiteFiles(8, "lwLd", SECRET);
    await using a = await RunningDaemon.start(sites.write("a"));
    const file = `${sites.folder}/outer.pcapng`;
    const capturing = new Capturing("peer", "-w", file, "--socket", sites.socket("a"));
    await capturing.begun();
    await using _ = await RunningDaemon.start(sites.write("b"));
    await a.says(/lan: established on/);
    // What was sent last may still wait to be seen.
    await showing(/ICCN/, file, "--port", String(sites.port("b")));
    assertEquals(await capturing.end(), 0);
    const tshark = await runProgram([
      ...["tshark", "-r", file, "-d", `udp.port==${sites.port("a")},l2tp`],
      ...["-T", "fields", "-e", "l2tp.type", "-e", "l2tp.avp.message_type", "-e", "frame.comment"],
      ...["-Y", "l2tp.avp.message_type"],
    ]);
    const all = tshark.stdout.trimEnd().split("\n").map((line) => line.split("\t"));
    const types = all.filter(([, type]) => type !== ACK);
    // The first is repeated until b is there.
    assertEquals([...new Set(types.map(([, type]) => type))], ["1", "2", "3", "10", "11", "12"]);
    assertStringIncludes(types[0]?.[2] ?? "", "v3 SCCRQ id=0");
    assertEquals(tshark.stdout.includes(SECRET), false);
  },
);

testRequiring(
  [root, tunDevice],
  "what is not there cannot be captured, and where nothing can be written nothing is",
  async () => {
    using sites = new TwoSiteFiles(10, "lwLn", SECRET);
    await using _ = await RunningDaemon.start(sites.write("a"));
    const file = `${sites.folder}/none.pcapng`;
    const socket = ["--socket", sites.socket("a")];
    const asked = (...words: string[]) => typed("capture", ...words, "-w", file, ...socket);
    assertEquals((await asked("nobody")).code, 5);
    const inner = await asked("peer/wan", "--inner");
    assertEquals(inner.code, 5);
    assertStringIncludes(inner.err, "there is no session peer/wan; there are: peer/lan");
    assertEquals(
      [...Deno.readDirSync(sites.folder)].some(({ name }) => name === "none.pcapng"),
      false,
    );
    assertEquals((await typed("capture", "peer")).code, 2);
    for (
      const [where, why] of [
        [`${sites.folder}/none/x.pcapng`, "there is no such folder"],
        [sites.folder, "it is a directory"],
        ["/dev/full", "No space left on device (os error 28)"],
      ] as const
    ) {
      const { code, err } = await typed("capture", "peer", "-w", where, ...socket);
      assertEquals([code, err], [1, `longwire: cannot write ${where}: ${why}\n`]);
    }
  },
);

Deno.test("a foreign note is shown beside the packet, on its line", async () => {
  const file = await Deno.makeTempFile({ suffix: ".pcapng" });
  try {
    const octets = new Uint8Array([
      0x45,
      0,
      0,
      24,
      0,
      0,
      0,
      0,
      64,
      115,
      0,
      0,
      192,
      0,
      2,
      1,
      192,
      0,
      2,
      2,
    ]);
    const packet = pcapngPacket({
      direction: "inbound",
      seconds: 1_700_000_000,
      nanoseconds: 7,
      octets: new Uint8Array([...octets, 0, 0, 0, 9]),
      comment: "look\n\x1b[2Jhere",
    });
    const header = pcapngHeader(LINK_TYPES.ip, "any", "test");
    await Deno.writeFile(file, new Uint8Array([...header, ...packet]));
    assertEquals(
      (await typed("decode", file)).out,
      "2023-11-14T22:13:20.000000007Z  <- 192.0.2.1 > 192.0.2.2  " +
        "v3 data session=9: 0 octets after the Session ID  # look??[2Jhere\n",
    );
    await Deno.writeFile(file, packet);
    const { code, err } = await typed("decode", file);
    assertEquals([code, err], [1, `longwire: ${file}: it is neither a pcapng nor a pcap file\n`]);
  } finally {
    await Deno.remove(file);
  }
});
