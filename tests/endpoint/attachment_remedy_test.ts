/** What an operator is told who attaches what is not there, or is something else. */

import { assertEquals, assertThrows } from "@std/assert";
import { withRemedy } from "../../src/endpoint/attachment_remedy.ts";
import { EBUSY, EINVAL, EIO, ENODEV, ENOENT, SystemError } from "../../src/io/system_error.ts";

type Attached = Parameters<typeof withRemedy>[0];

function refused(attachment: Attached, syscall: string, errno: number, attempt: string): string {
  const open = () => {
    throw new SystemError(syscall, errno, attempt);
  };
  const error = assertThrows(() => withRemedy(attachment, open), SystemError);
  assertEquals([error.syscall, error.errno, error.attempt], [syscall, errno, attempt]);
  return error.message.slice(`${attempt}: ${syscall}: `.length);
}

Deno.test("a name that another kind of interface has is told, and what to do instead", () => {
  assertEquals(
    refused({ kind: "tap", tap: "eth1" }, "ioctl", EINVAL, "make TAP interface eth1"),
    "invalid argument (EINVAL); eth1 is there already as another kind of interface; " +
      "take another name, or attach that one by interface: eth1",
  );
  assertEquals(
    refused({ kind: "tun", tun: "eth1" }, "ioctl", EINVAL, "make TUN interface eth1"),
    "invalid argument (EINVAL); eth1 is there already as another kind of interface; " +
      "take another name",
  );
});

Deno.test("an interface that another program has open is told", () => {
  assertEquals(
    refused({ kind: "tap", tap: "lw0" }, "ioctl", EBUSY, "make TAP interface lw0"),
    "device or resource busy (EBUSY); another program has lw0 open; end it, or take another name",
  );
});

Deno.test("an interface that is not there is told", () => {
  assertEquals(
    refused({ kind: "interface", interface: "eth9" }, "socket", ENODEV, "attach to eth9"),
    "no such device (ENODEV); there is no interface eth9; ip link lists those there are",
  );
});

Deno.test("a network namespace that is not there is told, by name or path", () => {
  const attempt = "open network namespace /run/netns/blue";
  assertEquals(
    refused({ kind: "tap", namespace: "blue" }, "open", ENOENT, attempt),
    "no such file or directory (ENOENT); there is no network namespace blue: ip netns add blue",
  );
  const namespace = "/proc/1234/ns/net";
  assertEquals(
    refused({ kind: "tap", namespace }, "open", ENOENT, `open network namespace ${namespace}`),
    `no such file or directory (ENOENT); there is no network namespace at ${namespace}`,
  );
});

Deno.test("what has no known remedy is passed on as it is", () => {
  const missing = "open /dev/net/tun";
  assertEquals(
    refused({ kind: "tap", namespace: "blue" }, "open", ENOENT, missing),
    "no such file or directory (ENOENT)",
  );
  assertEquals(
    refused({ kind: "tap", tap: "lw0" }, "ioctl", EIO, "make TAP interface lw0"),
    "input/output error (EIO)",
  );
  const fault = new RangeError("not the kernel's");
  const thrown = assertThrows(() =>
    withRemedy({ kind: "tap" }, () => {
      throw fault;
    })
  );
  assertEquals(thrown, fault);
});
