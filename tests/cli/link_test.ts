/** `longwire link`: options become the configuration that one would write. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/command.ts";
import { parseInvocation } from "../../src/cli/command_line.ts";
import { findCommand } from "../../src/cli/command_table.ts";
import { linkConfiguration } from "../../src/cli/link.ts";
import type { Configuration } from "../../src/config/configuration.ts";
import { recordedTerminal } from "./recorded_terminal.ts";

function linked(...words: string[]): Configuration {
  return linkConfiguration(parseInvocation(findCommand("link")!, words, recordedTerminal()));
}

Deno.test("every option has its place", () => {
  const configuration = linked(
    "198.51.100.7",
    "--tap=lw7",
    "--bridge=br7",
    "--local=192.0.2.1",
    "--encapsulation=ip",
    "--end-id=circuit",
    "--listen",
    "--socket=/run/x.sock",
  );
  const [connection] = configuration.connections;
  const [session] = connection!.sessions;
  assertEquals(configuration.controlSocket, "/run/x.sock");
  assertEquals(
    [connection?.remote, connection?.local, connection?.encapsulation, connection?.initiate],
    ["198.51.100.7", "192.0.2.1", "ip", false],
  );
  assertEquals(session?.remoteEndId, "circuit");
  assertEquals(session?.attach, { tap: "lw7", bridge: "br7", mtu: "auto" });
});

Deno.test("both ends of a bare link ask for the same circuit, and there is no control API", () => {
  const configuration = linked("a.example");
  assertEquals(configuration.connections[0]?.sessions[0]?.remoteEndId, "link");
  assertEquals(configuration.controlSocket, undefined);
});

Deno.test("an end ID is text however it looks", () => {
  assertEquals(linked("a.example", "--end-id=007").connections[0]?.sessions[0]?.remoteEndId, "007");
});

Deno.test("mistakes are told of the options, all at once", () => {
  const error = assertThrows(
    () => linked("a b", "--encapsulation=upd", "--secret-file=/nonexistent.secret", "--tap=a/b"),
    UsageError,
  );
  for (
    const words of [
      'link: REMOTE: "a b" is no address',
      'link: --encapsulation: "upd" is not one of udp or ip',
      "link: --secret-file: cannot read the secret's file /nonexistent.secret: no such file",
      'link: --tap: "a/b" is no interface name',
    ]
  ) assertStringIncludes(error.message, words);
});
