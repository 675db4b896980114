/** The Debian package, installed, started and removed under systemd with its unit as it is. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runTool } from "../../packaging/program.ts";
import { VERSION } from "../../src/daemon/version.ts";
import { program, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { BOOT_NEEDS, BootedSystem } from "./booted_system.ts";

/** A session towards nobody, over UDP, and a socket for IP protocol 115 besides. */
const CONFIGURATION = `
listen: ["udp://127.0.0.1", "ip://127.0.0.1"]
static:
  nobody:
    remote: 127.0.0.1
    local: 127.0.0.1
    localPort: 5001
    remotePort: 5002
    localSessionId: 1
    remoteSessionId: 2
    attach: { tap: lw0, address: 10.91.0.1/24 }
`;

/** SIGUSR1 and its debugger's port; two capabilities; the seccomp filter. */
const DEBUGGER_PORT = ":9229 ";
const TWO_CAPABILITIES = /^CapEff:\t0*3000$/m;
const FILTERED = /^Seccomp:\t2$/m;

async function builtPackage(folder: string): Promise<string> {
  const args = ["run", "-A", "packaging/deb.ts"];
  const { success, stderr } = await runTool(Deno.execPath(), args, { LONGWIRE_DIST: folder });
  assertEquals(success, true, stderr);
  const packages = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".deb"));
  assertEquals(packages.length, 1);
  return `${folder}/${packages[0]?.name}`;
}

async function withSystem(
  use: (ok: (...command: string[]) => Promise<string>, system: BootedSystem) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "longwire-deb-" });
  try {
    const file = await builtPackage(folder);
    await using system = await BootedSystem.boot();
    const ok = async (...command: string[]): Promise<string> => {
      const { code, stdout, stderr } = await system.run(...command);
      assertEquals(code, 0, `${command.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    };
    await ok("dpkg", "--install", file);
    await use(ok, system);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testRequiring(
  [...BOOT_NEEDS, program("dpkg-deb", "dpkg")],
  "the package is installed, its service runs within its fence, and all of it is removed again",
  () =>
    withSystem(async (ok, system) => {
      assertEquals(await ok("longwire", "--version"), `longwire ${VERSION}\n`);
      assertMatch(await ok("zcat", "/usr/share/man/man8/longwire.8.gz"), /^\.TH LONGWIRE 8 /m);
      // Without a configuration nothing is started, and nothing fails.
      await ok("systemctl", "start", "longwire");
      assertEquals((await system.run("systemctl", "is-active", "longwire")).code, 3);

      await system.write("/etc/longwire/longwire.yaml", CONFIGURATION);
      await ok("systemctl", "start", "longwire");
      const established = async () =>
        (await ok("longwire", "status")).includes("nobody   established");
      await eventually(established, () => "the session is not established", 10_000);
      assertMatch(await ok("ip", "-br", "link", "show", "lw0"), /^lw0 +(UP|UNKNOWN) /);

      const pid = (await ok("systemctl", "show", "--value", "-p", "MainPID", "longwire")).trim();
      const process = await ok("cat", `/proc/${pid}/status`);
      assertMatch(process, TWO_CAPABILITIES);
      assertMatch(process, FILTERED);
      assertEquals((await ok("stat", "-c", "%U", `/proc/${pid}`)).trim(), "longwire");
      await ok("kill", "-USR1", pid);
      await ok("systemctl", "reload", "longwire");
      assertEquals((await ok("ss", "-Hltn")).includes(DEBUGGER_PORT), false);

      // systemd's own control socket, whose first reader starts the service.
      await ok("systemctl", "stop", "longwire");
      await ok("systemctl", "start", "longwire.socket");
      assertStringIncludes(await ok("longwire", "status"), "nobody");
      assertEquals((await ok("systemctl", "is-active", "longwire")).trim(), "active");
      await ok("systemctl", "restart", "longwire");
      assertStringIncludes(await ok("longwire", "status"), "nobody");

      await ok("dpkg", "--purge", "longwire");
      assertEquals((await system.run("ip", "link", "show", "lw0")).code, 1);
      assertStringIncludes(await ok("ls", "/etc/longwire"), "longwire.yaml");
      const gone = ["/usr/bin/longwire", "/usr/share/doc/longwire", "/var/cache/longwire"];
      assertEquals((await system.run("ls", "-d", ...gone)).stdout, "");
    }),
);
