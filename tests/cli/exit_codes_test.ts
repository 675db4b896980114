/**
 * Every way in which a command can fail ends with the code that the manual gives it, and with one
 * line on stderr that says what is wrong: over all commands of the table.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { COMMANDS } from "../../src/cli/command_table.ts";
import { runProgram } from "../../src/cli/namespaces.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { recordedTerminal, typed } from "./recorded_terminal.ts";
import { RunningDaemon } from "./running_daemon.ts";

const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;
/** Loaded before the tests: what opens libc keeps it open, which a test would count as a leak. */
await Promise.all(COMMANDS.map((command) => command.load()));

/** The shortest words that a command takes, besides its name. */
function neededBy({ positionals }: typeof COMMANDS[number]): string[] {
  return positionals.filter((name) => !name.startsWith("[")).map(() => "x");
}

function assertOneError(err: string, said: RegExp): void {
  assertMatch(err, said);
  // A sentence, and no stack.
  assertEquals(/^ +at |Error:/m.test(err), false, err);
}

Deno.test("an option that a command has not: 2, of every command", async () => {
  for (const command of COMMANDS) {
    const words = [command.name, ...neededBy(command), "--frobnicate"];
    const { code, out, err } = await typed(...words);
    assertEquals([code, out], [2, ""], words.join(" "));
    assertOneError(err, new RegExp(`^longwire: ${command.name} has no option --frobnicate; `));
  }
});

Deno.test("one word too many, or too few: 2, of every command", async () => {
  for (const command of COMMANDS) {
    const most = command.positionals.map(() => "x");
    assertEquals((await typed(command.name, ...most, "more")).code, 2, command.name);
    if (neededBy(command).length > 0) assertEquals((await typed(command.name)).code, 2);
  }
});

Deno.test("no daemon: 3, of every command that asks one", async () => {
  const asking = COMMANDS.filter(({ name, options }) =>
    name !== "link" && options.some((option) => option.name === "socket")
  );
  const more: Readonly<Record<string, readonly string[]>> = {
    check: ["/dev/null", "--diff"],
    capture: ["-w", "-"],
  };
  for (const command of asking) {
    const needed = command.name === "check" ? [] : neededBy(command);
    const words = [command.name, ...needed, ...more[command.name] ?? []];
    const { code, out, err } = await typed(...words, "--socket", "/nonexistent.sock");
    // `check` has looked at the file before it compares.
    assertEquals([code, out], [3, command.name === "check" ? "/dev/null: ok\n" : ""]);
    assertOneError(err, /^longwire: cannot reach the daemon on \/nonexistent\.sock: there is no /);
  }
  assertEquals(asking.length, 11);
});

/** Words, the code, what is said of it; `MISSING` and `FOLDER` are no files. */
const FAILING: readonly (readonly [words: string, code: number, said: RegExp])[] = [
  ["run MISSING", 4, /cannot read the configuration: no such file/],
  ["run FOLDER", 4, /cannot read the configuration: it is a directory/],
  ["check MISSING", 4, /cannot read the configuration: no such file/],
  ["check /dev/null --pair MISSING", 4, /cannot read the configuration: no such file/],
  ["mtu MISSING", 4, /cannot read the configuration: no such file/],
  ["decode MISSING", 1, /^longwire: cannot read .*: no such file\n$/],
  ["decode FOLDER", 1, /^longwire: cannot read .*: it is a directory\n$/],
  ["decode /dev/null", 1, /it is neither a pcapng nor a pcap file/],
  ["decode /dev/null --port 0", 2, /--port: "0" is no port/],
  ["import MISSING --from ip-l2tp", 1, /^longwire: cannot read .*: no such file\n$/],
  ["import /dev/null --from ip-l2tp", 1, /there is no session in it\n$/],
  ["import /dev/null", 2, /--from is needed/],
  ["import /dev/null --from xl2tpd", 2, /--from is needed/],
  ["check", 2, /check needs CONFIG/],
  ["capture x", 2, /capture needs -w FILE/],
  ["events --recent x", 2, /--recent: "x" is no number/],
  ["reload --confirm-within 3x", 2, /--confirm-within: "3x" is no duration/],
  ["doctor --seconds x", 2, /--seconds: "x" is no time/],
  ["mtu --cookie 5", 2, /--cookie: "5" is not one of 0, 4, 8/],
  ["mtu --path-mtu 9", 2, /--path-mtu: "9" is no MTU/],
  ["pair 192.0.2.1", 2, /pair needs --local ADDRESS/],
  ["pair 192.0.2.1 --local 192.0.2.2 --as xl2tpd", 2, /--as: "xl2tpd" is not one of/],
  ["pair 192.0.2.1 --local 192.0.2.2 --out /dev/null/x", 1, /mkdir/],
  ["link 127.0.0.1 --secret-file MISSING", 2, /--secret-file: cannot read the secret's file/],
  ["link 127.0.0.1:x", 2, /REMOTE: /],
  ["demo --traffic x", 2, /--traffic is serve or drive, not x/],
  ["user alice --clear --nt-hash", 2, /--clear and --nt-hash: one of them/],
  ["completion tcsh", 2, /there is no completion for "tcsh"/],
  ["help frobnicate", 2, /there is no command "frobnicate"/],
];

Deno.test("what is given is not there, or is nothing of the kind", async (context) => {
  const folder = await Deno.makeTempDir({ prefix: "longwire-codes-" });
  try {
    for (const [words, code, said] of FAILING) {
      await context.step(`${words}: ${code}`, async () => {
        const given = words.replace("MISSING", `${folder}/missing`).replace("FOLDER", folder);
        const outcome = await typed(...given.split(" "));
        assertEquals([outcome.code, outcome.out], [code, ""], outcome.err);
        assertOneError(outcome.err, said);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("every failing command is in the table, or has nothing to fail by", () => {
  const tested = new Set(FAILING.map(([words]) => words.split(" ")[0]));
  const asksOnly = ["status", "trace", "up", "down", "restart", "debug"];
  const untested = COMMANDS.map(({ name }) => name).filter((name) => !tested.has(name));
  assertEquals(untested.filter((name) => !asksOnly.includes(name)), []);
  assertEquals(recordedTerminal().interactive, false);
});

/** A folder with a configuration, and what a test puts there. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-codes-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function writeConfiguration(
  folder: string,
  name: string,
  listen: string,
  connections: Readonly<Record<string, unknown>> = {},
): string {
  const file = `${folder}/${name}.yaml`;
  const text = { listen, controlSocket: `${folder}/${name}.sock`, connections };
  Deno.writeTextFileSync(file, JSON.stringify(text), { mode: 0o600 });
  return file;
}

/** The command line as a process, which others' files and the kernel's privileges are denied to. */
function unprivileged(...words: string[]) {
  const drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
  return runProgram([...drop, Deno.execPath(), "run", "-A", "--no-prompt", MAIN, ...words]);
}

const NOBODY = 65_534;
const SETPRIV = program("setpriv", "util-linux");

testRequiring(
  [root, SETPRIV],
  "another user's file: 4 of a configuration, 1 of others",
  () =>
    withFolder(async (folder) => {
      const file = writeConfiguration(folder, "others", "udp://127.0.0.1:1");
      await Deno.chown(file, NOBODY, NOBODY);
      for (
        const [command, code] of [["check", 4], ["run", 4], ["mtu", 4], ["decode", 1]] as const
      ) {
        const outcome = await unprivileged(command, file);
        assertEquals(outcome.code, code, outcome.stderr);
        assertOneError(outcome.stderr, /cannot read .*: permission denied/);
      }
    }),
);

testRequiring(
  [root, SETPRIV],
  "another user's control socket: 3",
  () =>
    withFolder(async (folder) => {
      const path = `${folder}/control.sock`;
      using _ = Deno.listen({ transport: "unix", path });
      await Deno.chmod(path, 0o660);
      await Deno.chown(path, NOBODY, NOBODY);
      const { code, stderr } = await unprivileged("status", "--socket", path);
      assertEquals(code, 3, stderr);
      assertOneError(stderr, /permission denied; it is for the daemon's user and group/);
    }),
);

testRequiring(
  [root, SETPRIV],
  "without the capabilities: run 1, doctor 6 with the repair",
  () =>
    withFolder(async (folder) => {
      const file = writeConfiguration(folder, "raw", "ip://127.0.0.1");
      const running = await unprivileged("run", file);
      assertEquals(running.code, 1, running.stderr);
      assertOneError(running.stderr, /EPERM\); longwire doctor .* tells what repairs it\n$/);
      const { code, stdout } = await unprivileged("doctor", file);
      assertEquals(code, 6, stdout);
      assertMatch(stdout, /^cap-net-raw: .*\n {2}repair: .*CAP_NET_RAW/m);
    }),
);

testRequiring(
  [root, program("unshare", "util-linux")],
  "without /dev/net/tun: doctor 6",
  () =>
    withFolder(async (folder) => {
      const file = writeConfiguration(folder, "tunless", "udp://127.0.0.1:1");
      const hide = 'mount -t tmpfs none /dev/net && exec "$@"';
      const words = [Deno.execPath(), "run", "-A", "--no-prompt", MAIN, "doctor", file];
      const { code, stdout, stderr } = await runProgram(
        ["unshare", "--mount", "sh", "-c", hide, "sh", ...words],
      );
      assertEquals(code, 6, stdout + stderr);
      assertMatch(stdout, /^tun: system: \/dev\/net\/tun is missing\n {2}repair: modprobe tun/m);
    }),
);

testRequiring(
  [root, tunDevice, iproute2],
  "a port or a control socket that is taken: 1",
  () =>
    withFolder(async (folder) => {
      const taken = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
      try {
        const { port } = taken.addr as Deno.NetAddr;
        const busy = writeConfiguration(folder, "busy", `udp://127.0.0.1:${port}`);
        const refused = await typed("run", busy);
        assertEquals(refused.code, 1, refused.err);
        assertOneError(refused.err, /EADDRINUSE\); longwire doctor .* tells what repairs it\n$/);
        assertEquals((await typed("doctor", busy)).code, 6);
      } finally {
        taken.close();
      }
      const file = writeConfiguration(folder, "first", "udp://127.0.0.1:0");
      await using _ = await RunningDaemon.start(file);
      const second = await typed("run", file);
      assertEquals(second.code, 1);
      assertOneError(second.err, /another daemon is running/);
    }),
);

testRequiring(
  [root, tunDevice],
  "a name that the daemon does not know: 5, of every such command",
  () =>
    withFolder(async (folder) => {
      await using _ = await RunningDaemon.start(
        writeConfiguration(folder, "empty", "udp://127.0.0.1:0"),
      );
      const socket = ["--socket", `${folder}/empty.sock`];
      for (const name of ["up", "down", "restart", "debug", "trace", "capture"]) {
        const more = name === "capture" ? ["-w", `${folder}/none.pcapng`] : [];
        const { code, err } = await typed(name, "nobody", ...more, ...socket);
        assertEquals(code, 5, `${name}: ${err}`);
        assertOneError(err, /nobody/);
      }
    }),
);

Deno.test("Deno's own permissions: the option that is missing is named", () =>
  withFolder(async (folder) => {
    const peer = { remote: "127.0.0.1", sessions: { lan: { attach: { tap: "lw0" } } } };
    const file = writeConfiguration(folder, "here", "udp://127.0.0.1:1", { peer });
    const outcomes = [
      [
        ["doctor", file],
        /the C library may not be opened: it needs --allow-ffi=\/\S+, or where it is/,
      ],
      [
        ["pair", "192.0.2.1", "--local", "192.0.2.2", "--out", `${folder}/out`],
        /by deno run with --allow-write=\S+\/out, besides -P=ctl/,
      ],
    ] as const;
    for (const [words, said] of outcomes) {
      const program = [Deno.execPath(), "run", "--quiet", "-P=ctl", "--no-prompt", MAIN, ...words];
      const { code, stderr } = await runProgram(program);
      assertEquals(code, 1, stderr);
      assertOneError(stderr, said);
    }
  }));
