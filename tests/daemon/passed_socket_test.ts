/** Which of the sockets that systemd passes is the control socket. */

import { assertEquals, assertThrows } from "@std/assert";
import { passedControlSocket } from "../../src/daemon/passed_socket.ts";

function passed(environment: Readonly<Record<string, string>>): number | undefined {
  return passedControlSocket({ get: (name) => environment[name] }, 100);
}

Deno.test("a lone socket is the control socket, whatever its name", () => {
  assertEquals(passed({ LISTEN_PID: "100", LISTEN_FDS: "1" }), 3);
  assertEquals(
    passed({ LISTEN_PID: "100", LISTEN_FDS: "1", LISTEN_FDNAMES: "longwire.socket" }),
    3,
  );
});

Deno.test("of several it is the one that is named so; with none of that name it is a mistake", () => {
  const several = { LISTEN_PID: "100", LISTEN_FDS: "3" };
  assertEquals(passed({ ...several, LISTEN_FDNAMES: "a:control:b" }), 4);
  assertThrows(
    () => passed({ ...several, LISTEN_FDNAMES: "a:b:c" }),
    Error,
    "FileDescriptorName=control",
  );
  assertThrows(() => passed(several), Error, "systemd passed 3 sockets");
});

Deno.test("sockets of another process, and none, are none", () => {
  assertEquals(passed({}), undefined);
  assertEquals(passed({ LISTEN_PID: "99", LISTEN_FDS: "1" }), undefined);
  assertEquals(passed({ LISTEN_PID: "100", LISTEN_FDS: "0" }), undefined);
  assertEquals(passed({ LISTEN_PID: "100", LISTEN_FDS: "many" }), undefined);
});
