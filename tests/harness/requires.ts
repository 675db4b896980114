/**
 * Tests that need more than Deno: root, a program, a device. Where the machine has not got it the
 * test is ignored and its name says why; with CI=true in the environment it fails instead, so that
 * nothing that must run is skipped unseen.
 */

/** Something a test needs: `undefined` when the machine has it, else what is missing, in words. */
export type Need = () => string | undefined;

/** Effective user id 0 (in a user namespace of our own will do). */
export const root: Need = () => Deno.uid() === 0 ? undefined : "needs root";

/** The TAP driver's device. */
export const tunDevice: Need = () => exists("/dev/net/tun") ? undefined : "needs /dev/net/tun";

/** A program on PATH or in the administrator's folders; `debianPackage` says where it comes from. */
export function program(name: string, debianPackage: string): Need {
  return () => {
    const folders = `${Deno.env.get("PATH") ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`.split(":");
    return folders.some((folder) => exists(`${folder}/${name}`))
      ? undefined
      : `needs ${name} (Debian package ${debianPackage})`;
  };
}

/** The `ip` of iproute2. */
export const iproute2: Need = program("ip", "iproute2");

/** What two LANs in namespaces, linked and pinged, take. */
export const LINKED_LANS: readonly Need[] = [
  root,
  tunDevice,
  iproute2,
  program("ping", "iputils-ping"),
];

/** Registers a test that runs where every need is met. */
export function testRequiring(
  needs: readonly Need[],
  name: string,
  fn: (context: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = needs.map((need) => need()).filter((text) => text !== undefined).join(", ");
  if (missing === "") {
    Deno.test(name, fn);
  } else if (Deno.env.get("CI") === "true") {
    Deno.test(name, () => {
      throw new Error(`this test must not be skipped in CI: ${missing}`);
    });
  } else {
    Deno.test({ name: `${name} (skipped: ${missing})`, ignore: true, fn });
  }
}

/** Registers a test that needs root and nothing else. */
export function requiresRoot(
  name: string,
  fn: (context: Deno.TestContext) => void | Promise<void>,
): void {
  testRequiring([root], name, fn);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
