/**
 * Without root: a user with two capabilities, as the unit has it, makes TAPs and speaks over IP and
 * UDP; a user with none uses a TAP that was made for him, over UDP.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { succeed } from "../netns/daemon.ts";
import { LoggedProcess } from "../netns/logged_process.ts";
import { withExecutable } from "./built.ts";

const NEEDS = [
  root,
  tunDevice,
  iproute2,
  program("setpriv", "util-linux"),
  program("ping", "iputils-ping"),
];

/** Debian's `nobody`: any user will do. */
const USER = 65_534;

type Encapsulation = "udp" | "ip";

/** How a program is started as that user, with these capabilities and no others. */
function asUser(...capabilities: string[]): string[] {
  const list = ["-all", ...capabilities.map((name) => `+${name}`)].join(",");
  const ids = [`--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--no-new-privs"];
  const sets = ["inh-caps", "ambient-caps", "bounding-set"].map((set) => `--${set}=${list}`);
  return ["setpriv", ...ids, ...sets, "env", "HOME=/nonexistent"];
}

/** The addresses of the two ends. */
const ENDS = [
  { wan: "10.115.0.1", lan: "10.91.0.1" },
  { wan: "10.115.0.2", lan: "10.91.0.2" },
] as const;

function configuration(end: 0 | 1, encapsulation: Encapsulation, folder: string, address: boolean) {
  const [own, other] = [ENDS[end], ENDS[1 - end as 0 | 1]];
  const attach = { tap: "lw0", ...(address ? { address: `${own.lan}/24` } : {}) };
  return JSON.stringify({
    controlSocket: `${folder}/control.sock`,
    listen: encapsulation === "udp" ? `udp://${own.wan}` : `ip://${own.wan}`,
    connections: { other: { remote: other.wan, encapsulation, sessions: { lan: { attach } } } },
  });
}

/** Links two namespaces by two daemons that are started so, and pings through. */
async function link(
  executable: string,
  encapsulation: Encapsulation,
  start: readonly string[],
  makeTap?: (namespaces: Namespaces, namespace: string, address: string) => Promise<void>,
): Promise<void> {
  await using namespaces = new Namespaces("lw-user");
  const sites = [await namespaces.add("a"), await namespaces.add("b")] as const;
  const wanOf = (end: 0 | 1) => ({
    namespace: sites[end],
    name: "wan",
    addresses: [`${ENDS[end].wan}/24`],
  });
  await namespaces.link(wanOf(0), wanOf(1));
  const folders: string[] = [];
  await using daemons = new AsyncDisposableStack();
  for (const end of [0, 1] as const) {
    const folder = await Deno.makeTempDir({ prefix: "longwire-user-" });
    folders.push(folder);
    daemons.defer(() => Deno.remove(folder, { recursive: true }));
    await Deno.chown(folder, USER, USER);
    const file = `${folder}/longwire.yaml`;
    const makesTap = makeTap === undefined;
    await Deno.writeTextFile(file, configuration(end, encapsulation, folder, makesTap));
    await makeTap?.(namespaces, sites[end], ENDS[end].lan);
    const command = [...start, executable, "run", file];
    const daemon = daemons.use(new LoggedProcess(namespaces, sites[end], command));
    await daemon.logged(/^ready/m, 20_000);
    daemons.defer(async () => assertEquals(await daemon.end(), 0, daemon.log));
  }
  const ping = ["ping", "-c", "1", "-W", "0.3", ENDS[1].lan];
  const answered = async () => (await namespaces.run(sites[0], ping)).code === 0;
  const log = () => folders.join(" ");
  await eventually(answered, log, 15_000);
  const status = [executable, "status", "--socket", `${folders[0]}/control.sock`];
  assertMatch(await succeed(namespaces, sites[0], ...status), /session +lan +established/);
}

testRequiring(
  NEEDS,
  "two capabilities are enough, over UDP and over IP",
  () =>
    withExecutable(async (executable) => {
      await link(executable, "udp", asUser("net_admin", "net_raw"));
      await link(executable, "ip", asUser("net_admin", "net_raw"));
    }),
);

testRequiring(
  NEEDS,
  "no capability is needed for a TAP made beforehand, over UDP",
  () =>
    withExecutable((executable) =>
      link(executable, "udp", asUser(), async (namespaces, namespace, address) => {
        await namespaces.ipBatch(namespace, [
          `tuntap add dev lw0 mode tap user ${USER}`,
          `link set lw0 mtu 1438 up`,
          `address add ${address}/24 dev lw0`,
        ]);
      })
    ),
);
