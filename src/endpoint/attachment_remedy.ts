/**
 * What to do where the kernel refuses an attachment: its errno is right, and tells an operator
 * nothing. See netdevice(7), and tun.rst of the kernel for which refusal means what.
 */

import { SystemError } from "../io/system_error.ts";
import type {
  InterfacePortAttachment,
  TapAttachment,
  TunAttachment,
} from "./attachment_options.ts";

type KernelAttachment =
  | Pick<TapAttachment, "kind" | "tap" | "namespace">
  | Pick<TunAttachment, "kind" | "tun" | "namespace">
  | Pick<InterfacePortAttachment, "kind" | "interface" | "namespace">;

/**
 * Runs `open`, and adds to the kernel's refusal what repairs it, where that is known.
 *
 * @throws {SystemError} as `open` does.
 */
export function withRemedy<T>(attachment: KernelAttachment, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const remedy = remedyFor(attachment, error);
    if (remedy === undefined) throw error;
    throw new SystemError(error.syscall, error.errno, error.attempt, remedy);
  }
}

function remedyFor(attachment: KernelAttachment, error: SystemError): string | undefined {
  const { namespace } = attachment;
  if (namespace !== undefined && error.code === "ENOENT" && error.attempt.includes(namespace)) {
    return namespace.includes("/")
      ? `there is no network namespace at ${namespace}`
      : `there is no network namespace ${namespace}: ip netns add ${namespace}`;
  }
  return attachment.kind === "interface"
    ? portRemedy(attachment.interface, error)
    : madeRemedy(attachment, error);
}

function portRemedy(name: string, { code }: SystemError): string | undefined {
  return code === "ENODEV"
    ? `there is no interface ${name}; ip link lists those there are`
    : undefined;
}

function madeRemedy(
  attachment: Exclude<KernelAttachment, { readonly kind: "interface" }>,
  { code, syscall }: SystemError,
): string | undefined {
  const name = attachment.kind === "tun" ? attachment.tun : attachment.tap;
  if (name === undefined || syscall !== "ioctl") return undefined;
  if (code === "EINVAL") {
    const port = attachment.kind === "tun" ? "" : `, or attach that one by interface: ${name}`;
    return `${name} is there already as another kind of interface; take another name${port}`;
  }
  return code === "EBUSY"
    ? `another program has ${name} open; end it, or take another name`
    : undefined;
}
