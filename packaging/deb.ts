/**
 * `deno task deb [EXECUTABLE]`: a Debian package in dist/, of the executable that is named, or of
 * the one that `deno task bundle` makes. Needs dpkg-deb.
 *
 * See Debian Policy chapters 5 (control files), 6 (maintainer scripts) and 10 (files).
 */

import { dirname } from "node:path";
import { gzipSync } from "node:zlib";
import { VERSION } from "../src/daemon/version.ts";
import { ElfFile } from "./executable/elf.ts";
import { OUTPUT_FOLDER, ROOT, runTool } from "./program.ts";

/** Debian's name for a processor, by ELF's number. */
const ARCHITECTURES: Readonly<Record<number, string>> = { 62: "amd64", 183: "arm64" };

/** Where files of the checkout go; folders with everything in them. */
const FILES: Readonly<Record<string, string>> = {
  "packaging/systemd/longwire.service": "/usr/lib/systemd/system/longwire.service",
  "packaging/systemd/longwire.socket": "/usr/lib/systemd/system/longwire.socket",
  "packaging/systemd/namespaces.conf": "/usr/share/doc/longwire/namespaces.conf",
  "packaging/completions/longwire": "/usr/share/bash-completion/completions/longwire",
  "packaging/completions/_longwire": "/usr/share/zsh/vendor-completions/_longwire",
  "packaging/completions/longwire.fish": "/usr/share/fish/vendor_completions.d/longwire.fish",
  "packaging/longwire.schema.json": "/usr/share/longwire/longwire.schema.json",
  "LICENSE": "/usr/share/doc/longwire/copyright",
  "README.md": "/usr/share/doc/longwire/README.md",
  "examples": "/usr/share/doc/longwire/examples",
};

/** Manual pages, which Debian compresses. */
const MANUALS: Readonly<Record<string, string>> = {
  "packaging/man/longwire.8": "/usr/share/man/man8/longwire.8.gz",
  "packaging/man/longwire.yaml.5": "/usr/share/man/man5/longwire.yaml.5.gz",
};

const SCRIPTS = ["postinst", "prerm", "postrm"] as const;

function control(architecture: string, kilobytes: number): string {
  return `Package: longwire
Version: ${VERSION}
Architecture: ${architecture}
Maintainer: ${maintainer()}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.27), libgcc-s1, passwd
Recommends: iproute2
Section: net
Priority: optional
Description: Ethernet between sites over L2TPv3
 An L2TPv3 endpoint (RFC 3931, RFC 4719) in user space: pseudowires that link
 LANs over IP or UDP, to other longwires, Linux, Cisco IOS and RouterOS.
`;
}

/** Who builds it, by the variables that Debian's own tools read. */
function maintainer(): string {
  const name = Deno.env.get("DEBFULLNAME") ?? "The longwire authors";
  return `${name} <${Deno.env.get("DEBEMAIL") ?? `longwire@${Deno.hostname()}`}>`;
}

async function install(from: string, to: string, mode: number): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  await Deno.copyFile(from, to);
  await Deno.chmod(to, mode);
}

async function installCompressed(from: string, to: string): Promise<void> {
  await Deno.mkdir(dirname(to), { recursive: true });
  await Deno.writeFile(to, gzipSync(await Deno.readFile(from), { level: 9 }), { mode: 0o644 });
}

/** Installs a file, or a folder with what is in it. */
async function installAll(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await install(from, to, 0o644);
  for await (const { name } of Deno.readDir(from)) {
    await installAll(`${from}/${name}`, `${to}/${name}`);
  }
}

async function kilobytesIn(folder: string): Promise<number> {
  const { stdout } = await runTool("du", ["--summarize", "--apparent-size", "-k", folder]);
  return Number.parseInt(stdout);
}

async function makePackage(executable: string): Promise<string> {
  const { machine } = new ElfFile(await Deno.readFile(executable));
  const architecture = ARCHITECTURES[machine];
  if (architecture === undefined) throw new Error(`${executable}: no processor of Debian's`);
  const tree = await Deno.makeTempDir({ prefix: "longwire-deb-" });
  try {
    await Deno.chmod(tree, 0o755);
    await install(executable, `${tree}/usr/bin/longwire`, 0o755);
    for (const [from, to] of Object.entries(FILES)) await installAll(ROOT + from, tree + to);
    for (const [from, to] of Object.entries(MANUALS)) {
      await installCompressed(ROOT + from, tree + to);
    }
    for (const script of SCRIPTS) {
      await install(`${ROOT}packaging/debian/${script}`, `${tree}/DEBIAN/${script}`, 0o755);
    }
    const facts = control(architecture, await kilobytesIn(tree));
    await Deno.writeTextFile(`${tree}/DEBIAN/control`, facts);
    const file = `${OUTPUT_FOLDER}/longwire_${VERSION}_${architecture}.deb`;
    await Deno.mkdir(OUTPUT_FOLDER, { recursive: true });
    const build = ["--root-owner-group", "-Zxz", "-z1", "--build", tree, file];
    const { success, stderr } = await runTool("dpkg-deb", build);
    if (!success) throw new Error(`dpkg-deb has failed:\n${stderr}`);
    return file;
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

/** The executable that the bundle task makes. */
async function bundled(): Promise<string> {
  const file = `${OUTPUT_FOLDER}/longwire`;
  const bundle = ["run", "-A", "packaging/bundle.ts", file];
  const { success, stdout, stderr } = await runTool(Deno.execPath(), bundle);
  if (!success) throw new Error(stderr);
  console.log(stdout.trim());
  return file;
}

if (import.meta.main) {
  const file = await makePackage(Deno.args[0] ?? await bundled());
  const { size } = await Deno.stat(file);
  console.log(`${file}: ${(size / 1e6).toFixed(1)} MB`);
}
