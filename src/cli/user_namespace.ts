/**
 * Root for the demo without being root: an unprivileged user namespace, in which every network
 * namespace, veth and TAP of the demo lives. See user_namespaces(7), unshare(1).
 */

import { TUN_DEVICE, tunRefusal } from "../endpoint/host_system.ts";
import { runProgram } from "./namespaces.ts";

/** Whether and how the demo may run here. */
export type DemoAllowance =
  | { readonly kind: "root" }
  | { readonly kind: "user namespace" }
  /** `text` says what is missing and what would help. */
  | { readonly kind: "refused"; readonly text: string };

const UNSHARE = ["unshare", "--user", "--map-root-user", "--net", "--mount"];

/** `ip netns` keeps names under /run/netns: an empty one of our own, over what is there. */
const OWN_RUN = "if [ -d /run/netns ]; then mount -t tmpfs tmpfs /run/netns; " +
  "else mount -t tmpfs tmpfs /run && mkdir /run/netns; fi";

/** Looks for everything that the demo needs. */
export async function demoAllowance(): Promise<DemoAllowance> {
  const problem = tunProblem() ?? await iproute2Problem();
  if (problem !== undefined) return { kind: "refused", text: problem };
  if (Deno.uid() === 0) return { kind: "root" };
  const refusal = await userNamespaceProblem();
  return refusal === undefined ? { kind: "user namespace" } : { kind: "refused", text: refusal };
}

/** Runs a command as root of a user namespace of its own; answers whether it did well. */
export async function runInUserNamespace(command: readonly string[]): Promise<boolean> {
  // Ctrl-C goes to the command too, which cleans up; this process waits for it.
  const wait = () => {};
  Deno.addSignalListener("SIGINT", wait);
  const [program = "", ...args] = [
    ...UNSHARE,
    ...["sh", "-c", `${OWN_RUN} && exec "$@"`, "sh"],
    ...command,
  ];
  const { success } = await new Deno.Command(program, { args }).spawn().status;
  Deno.removeSignalListener("SIGINT", wait);
  return success;
}

function tunProblem(): string | undefined {
  const refusal = tunRefusal();
  if (refusal === undefined) return undefined;
  const advice = refusal.isMissing
    ? "TAP interfaces come from it; as root: modprobe tun (in a container: --device /dev/net/tun)"
    : `as root: chmod 666 ${TUN_DEVICE}`;
  return `${refusal.text}; ${advice}`;
}

async function iproute2Problem(): Promise<string | undefined> {
  try {
    await runProgram(["ip", "-V"]);
    return undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "the program ip is not installed; it is in the package iproute2";
  }
}

async function userNamespaceProblem(): Promise<string | undefined> {
  const advice = "run the demo as root, or let users make user namespaces " +
    "(sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)";
  try {
    const { code, stderr } = await runProgram([...UNSHARE, "sh", "-c", OWN_RUN]);
    return code === 0
      ? undefined
      : `it needs root, and there is no user namespace instead: ${stderr.trim()}; ${advice}`;
  } catch {
    return `it needs root, and unshare (package util-linux) is not installed; ${advice}`;
  }
}
