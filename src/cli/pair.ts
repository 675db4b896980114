/**
 * `longwire pair REMOTE --local ADDRESS`: both ends' configurations from one description, the far
 * end's in the words of whatever it runs.
 *
 * Cookies and identifiers of `--static` are made anew each time, so both ends come from one run:
 * `--out FOLDER` writes them to files that only their owner can read.
 */

import { isAddressLiteral } from "../endpoint/addresses.ts";
import { type CommandAction, type Invocation, UsageError } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import { mirrored, type PairPlan, randomEnd } from "./pair_plan.ts";
import { ciscoText, ipL2tpText, longwireText, routerOsText } from "./pair_text.ts";

/** What the far end can run, and how its file is called. */
const FAR_ENDS = {
  "longwire": { title: "longwire", file: "there.yaml", text: longwireText, comment: "#" },
  "ip-l2tp": { title: "ip l2tp (Linux)", file: "there.sh", text: ipL2tpText, comment: "#" },
  "cisco": { title: "Cisco IOS", file: "there.ios", text: ciscoText, comment: "!" },
  "routeros": { title: "RouterOS 7", file: "there.rsc", text: routerOsText, comment: "#" },
} as const;

type FarEnd = keyof typeof FAR_ENDS;

/** One text, and where it belongs. */
interface Part {
  readonly title: string;
  readonly file: string;
  readonly text: string;
}

/** `longwire pair REMOTE`. */
export const pair: CommandAction = async (invocation) => {
  const { terminal } = invocation;
  const parts = partsOf(planOf(invocation), farEndsOf(invocation));
  const folder = invocation.value("out");
  if (folder === undefined) {
    terminal.out(parts.map(({ title, text }) => `${title}\n${text}`).join("\n"));
    return EXIT.done;
  }
  await Deno.mkdir(folder, { recursive: true });
  for (const { file, text } of parts) {
    const path = `${folder}/${file}`;
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    terminal.out(`${path}\n`);
  }
  return EXIT.done;
};

/** Both ends' texts of a plan. */
export function partsOf(plan: PairPlan, farEnds: readonly FarEnd[]): readonly Part[] {
  const there = mirrored(plan);
  return [
    {
      title: `# here, ${plan.here.address}: longwire`,
      file: "here.yaml",
      text: longwireText(plan),
    },
    ...farEnds.map((name) => {
      const { title, file, text, comment } = FAR_ENDS[name];
      return {
        title: `${comment} there, ${plan.there.address}: ${title}`,
        file,
        text: text(there),
      };
    }),
  ];
}

function farEndsOf({ value }: Invocation): readonly FarEnd[] {
  const all = Object.keys(FAR_ENDS) as FarEnd[];
  const given = value("as");
  return given === undefined ? all : [chosen("as", given, all)];
}

/** The choice that an option's text means. */
function chosen<T extends string>(option: string, given: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === given);
  if (found !== undefined) return found;
  throw new UsageError(`--${option}: "${given}" is not one of ${choices.join(", ")}`);
}

/** The two ends' addresses, ours first. */
function addressesOf({ positionals: [remote = ""], value }: Invocation): [string, string] {
  const local = value("local");
  if (local === undefined) throw new UsageError("pair needs --local ADDRESS, the address of here");
  for (const address of [local, remote]) {
    if (isAddressLiteral(address)) continue;
    throw new UsageError(`"${address}" is no address; both ends must know each other's`);
  }
  if (local.includes(":") !== remote.includes(":")) {
    throw new UsageError(`${local} and ${remote} are not of one family`);
  }
  return [local, remote];
}

function planOf(invocation: Invocation): PairPlan {
  const { value, has } = invocation;
  const [local, remote] = addressesOf(invocation);
  const choose = <T extends string>(name: string, choices: readonly T[], byDefault: T): T =>
    chosen(name, value(name) ?? byDefault, choices);
  const isStatic = has("static");
  const encapsulation = choose("encapsulation", ["udp", "ip"], "udp");
  const cookie = Number(choose("cookie", ["0", "4", "8"], "8")) as 0 | 4 | 8;
  const port = Number(value("port") ?? 1701);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`--port: "${value("port")}" is no port; write 1 to 65535`);
  }
  const circuit = value("end-id") ?? "100";
  if (!/^[\w.-]{1,32}$/.test(circuit)) {
    throw new UsageError(`--end-id: "${circuit}" is to be 1 to 32 letters, digits, dots or dashes`);
  }
  const secretFile = value("secret-file");
  if (isStatic && secretFile !== undefined) {
    throw new UsageError("--secret-file: a static session has no control connection to protect");
  }
  return {
    here: randomEnd(local, cookie),
    there: randomEnd(remote, cookie),
    encapsulation,
    port,
    cookie,
    // What every system has: IOS has none without a control connection, Linux none with.
    sublayer: choose("sublayer", ["none", "default"], isStatic ? "none" : "default"),
    isStatic,
    circuit,
    tap: value("tap") ?? "lw0",
    secretFile,
  };
}
