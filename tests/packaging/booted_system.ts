/**
 * A whole system with systemd for its first process, in namespaces, on a copy of this one's files:
 * packages can be installed and services started without a trace.
 */

import { runTool } from "../../packaging/program.ts";
import { type ProgramResult, runProgram } from "../../src/cli/namespaces.ts";
import { eventually } from "../harness/eventually.ts";
import { iproute2, type Need, program, root, tunDevice } from "../harness/requires.ts";

const SCRIPT = new URL("boot.sh", import.meta.url).pathname;

const NAMESPACES = ["--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup"];

/** What it takes. */
export const BOOT_NEEDS: readonly Need[] = [
  root,
  tunDevice,
  iproute2,
  program("unshare", "util-linux"),
  program("systemctl", "systemd"),
  () => CGROUPS === undefined ? "needs control groups that can be written" : undefined,
];

/** The control groups of service managers: of their own hierarchy, or of the only one. */
const CGROUPS = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].find((folder) => {
  try {
    return Deno.statSync(`${folder}/cgroup.procs`).isFile;
  } catch {
    return false;
  }
});

/** A booted system. */
export class BootedSystem implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #cgroup: string;
  readonly #folder: string;
  #init = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#cgroup = `${CGROUPS}/longwire-test-${Deno.pid}`;
    Deno.mkdirSync(this.#cgroup);
    const enter = `echo $$ >${this.#cgroup}/cgroup.procs; exec "$@"`;
    const unshare = ["unshare", "--fork", "--kill-child", "--propagation", "private"];
    this.#process = new Deno.Command("sh", {
      args: ["-c", enter, "sh", ...unshare, ...NAMESPACES, "sh", SCRIPT, folder],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
  }

  /** Boots, and waits until services can be started. */
  static async boot(): Promise<BootedSystem> {
    const folder = await Deno.makeTempDir({ prefix: "longwire-boot-" });
    const system = new BootedSystem(folder);
    try {
      await eventually(() => system.#isUp(), () => "no init has come up", 30_000);
      return system;
    } catch (error) {
      await system[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a program in there to its end. */
  run(...command: string[]): Promise<ProgramResult> {
    const place = ["--target", String(this.#init), "--all", "--root", "--wd"];
    const environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"];
    return runProgram(["nsenter", ...place, ...environment, ...command]);
  }

  /** Writes a file in there. */
  async write(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(`/proc/${this.#init}/root${path}`, text);
  }

  /** Everything in it is killed, and forgotten. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself, and the error that is thrown now says why.
    }
    await this.#process.status;
    await eventually(() => this.#removeCgroups(), () => `${this.#cgroup} is in use`, 10_000);
    await Deno.remove(this.#folder, { recursive: true });
  }

  /** Innermost first; a group can be removed once the kernel has done with its processes. */
  async #removeCgroups(): Promise<boolean> {
    const each = ["-depth", "-type", "d", "-exec", "rmdir", "{}", ";"];
    await runTool("find", [this.#cgroup, ...each]);
    return !(await Deno.lstat(this.#cgroup).then(() => true, () => false));
  }

  async #isUp(): Promise<boolean> {
    const { pid } = this.#process;
    const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
    this.#init = Number(children);
    if (this.#init === 0) return false;
    const { stdout } = await this.run("systemctl", "is-active", "test.target");
    return stdout === "active\n";
  }
}
