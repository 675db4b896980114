/**
 * Network namespaces: doing something inside one, and coming back.
 *
 * What is opened inside stays there: sockets, TAPs, netlink. See network_namespaces(7), setns(2).
 */

import { CLONE_NEWNET, O_CLOEXEC, O_RDONLY } from "./abi.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { cString, libc } from "./libc.ts";
import { checked } from "./system_error.ts";

/** Where `ip netns add` keeps named namespaces. */
const NAMED = "/run/netns";
const OURS = "/proc/thread-self/ns/net";

/**
 * Runs `work` with this thread in a namespace, given by a name under /run/netns or a path;
 * `undefined` is the namespace we are in. `work` must be synchronous: every other task of this
 * thread would find itself in there too.
 *
 * @throws {SystemError} when there is no such namespace, or it may not be entered.
 */
export function inNetworkNamespace<T>(
  namespace: string | undefined,
  work: () => T extends PromiseLike<unknown> ? never : T,
): T {
  if (namespace === undefined) return work();
  using home = openNamespace(OURS);
  using target = openNamespace(namespacePath(namespace));
  enter(target, `enter network namespace ${namespace}`);
  try {
    return work();
  } finally {
    enter(home, `come back from network namespace ${namespace}`);
  }
}

function namespacePath(namespace: string): string {
  return namespace.includes("/") ? namespace : `${NAMED}/${namespace}`;
}

function openNamespace(path: string): FileDescriptor {
  const flags = O_RDONLY | O_CLOEXEC;
  return new FileDescriptor(
    checked(libc().open(cString(path), flags, 0), "open", `open network namespace ${path}`),
  );
}

function enter(namespace: FileDescriptor, attempt: string): void {
  checked(libc().setns(namespace.number, CLONE_NEWNET), "setns", attempt);
}
