/**
 * The Linux kernel as a peer: Debian's kernel in a QEMU guest, so that its `l2tp_eth`, `l2tp_ip`
 * and `l2tp_ip6` modules are there whatever the host's kernel was built with.
 *
 * Software emulation, not KVM: it works everywhere, and a static peer needs no speed.
 */

import { type Namespaces, runProgram } from "../../../src/cli/namespaces.ts";
import { lines, TRAFFIC_PORT } from "../../../src/cli/traffic.ts";
import { LINKED_LANS, type Need, program } from "../../harness/requires.ts";
import { LoggedProcess } from "../../netns/logged_process.ts";

/** What a host of the guest needs. */
export const GUEST_NEEDS: readonly Need[] = [
  ...LINKED_LANS,
  program("qemu-system-x86_64", "qemu-system-x86"),
  program("busybox", "busybox-static"),
  program("cpio", "cpio"),
  program("depmod", "kmod"),
  () =>
    [...Deno.readDirSync("/boot")].some(({ name }) => name.startsWith("vmlinuz-"))
      ? undefined
      : "needs a kernel (Debian package linux-image-amd64)",
];

/** When a booting guest is given up; 6 s is usual, a loaded machine takes longer. */
const BOOT_LIMIT_MS = 120_000;

/** What the guest's card looks like: the TAP on our side of it, and the addresses of both ends. */
export interface GuestNetwork {
  readonly namespace: string;
  /** Name of the TAP in `namespace`. */
  readonly tap: string;
  readonly hostAddresses: readonly string[];
  readonly guestAddresses: readonly string[];
  readonly mtu: number;
  /** What else the guest has: `ppp` is xl2tpd, pppd, and the kernel's PPP, and a serial line. */
  readonly extras?: "ppp";
}

/** A running guest. */
export class KernelGuest implements AsyncDisposable {
  readonly #process: LoggedProcess;
  readonly #port: Deno.UnixConn;
  readonly #answers: AsyncGenerator<string>;
  readonly #folder: string;

  private constructor(process: LoggedProcess, port: Deno.UnixConn, folder: string) {
    this.#process = process;
    this.#port = port;
    this.#answers = lines(port.readable);
    this.#folder = folder;
  }

  /** Builds the guest's root file system, starts the guest, and waits until it takes commands. */
  static async boot(namespaces: Namespaces, network: GuestNetwork): Promise<KernelGuest> {
    const folder = await Deno.makeTempDir({ prefix: "longwire-guest-" });
    await buildInitramfs(`${folder}/initrd.gz`, network.extras);
    await addTap(namespaces, network);
    const process = new LoggedProcess(
      namespaces,
      network.namespace,
      qemuCommand(network, folder),
    );
    const port = await connect(`${folder}/commands.sock`);
    const guest = new KernelGuest(process, port, folder);
    const timer = setTimeout(() => process.child.kill("SIGKILL"), BOOT_LIMIT_MS);
    const { value } = await guest.#answers.next();
    clearTimeout(timer);
    if (value === "ready") return guest;
    const console = await Deno.readTextFile(`${folder}/console.log`);
    await guest[Symbol.asyncDispose]();
    throw new Error(`the guest did not come up: ${process.log}\n${console.slice(-2000)}`);
  }

  /** Runs a shell command in the guest; answers its output, throws when it fails. */
  async run(command: string): Promise<string> {
    const writer = this.#port.writable.getWriter();
    await writer.write(new TextEncoder().encode(`${btoa(command)}\n`));
    writer.releaseLock();
    const { value = "", done } = await this.#answers.next();
    if (done) throw new Error(`the guest went away during: ${command}`);
    const [status = "", output = ""] = value.split(" ");
    if (status === "0") return atob(output);
    throw new Error(`in the guest: ${command}: exit code ${status}: ${atob(output)}`);
  }

  /**
   * Sends random octets over TCP to the traffic server of `startTrafficServer`; throws when others,
   * or fewer, arrived than were sent.
   */
  async sendOctets(address: string, octets: number): Promise<void> {
    const [received = "", sent = ""] = (await this.run(
      `head -c ${octets} /dev/urandom > /octets; ` +
        `(printf 'digest ${octets}\\n'; cat /octets) | nc ${address} ${TRAFFIC_PORT}; ` +
        "sha256sum < /octets; rm /octets",
    )).split("\n");
    if (received !== "" && sent.startsWith(received)) return;
    throw new Error(`${address} got other octets than the guest sent: ${received}, not ${sent}`);
  }

  /** The other end of its serial line, which is /dev/ttyS1 in the guest; there is one, with `ppp`. */
  serialLine(): Promise<Deno.UnixConn> {
    return connect(`${this.#folder}/line.sock`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end();
    await this.#answers.return(undefined);
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function buildInitramfs(output: string, extras: string | undefined): Promise<void> {
  const script = new URL("build_initramfs.sh", import.meta.url).pathname;
  const { code, stderr } = await runProgram([
    ...["sh", script, output],
    ...(extras === undefined ? [] : [extras]),
  ]);
  if (code !== 0) throw new Error(`${script}: exit code ${code}: ${stderr}`);
}

async function addTap(namespaces: Namespaces, network: GuestNetwork): Promise<void> {
  const { namespace, tap, mtu, hostAddresses } = network;
  await namespaces.ipBatch(namespace, [
    `tuntap add ${tap} mode tap`,
    `link set ${tap} mtu ${mtu} up`,
    ...hostAddresses.map((address) =>
      `address add ${address} dev ${tap}${address.includes(":") ? " nodad" : ""}`
    ),
  ]);
}

function qemuCommand(network: GuestNetwork, folder: string): string[] {
  const kernels = [...Deno.readDirSync("/boot")].map(({ name }) => name)
    .filter((name) => /^vmlinuz-.*-amd64$/.test(name)).sort();
  const addresses = network.guestAddresses.map((address) => `lab.address=${address}`).join(" ");
  return [
    "qemu-system-x86_64",
    ...["-accel", "tcg", "-cpu", "max", "-m", "256", "-smp", "1"],
    ...["-nodefaults", "-nographic", "-no-reboot"],
    ...["-kernel", `/boot/${kernels.at(-1)}`, "-initrd", `${folder}/initrd.gz`],
    ...[
      "-append",
      `console=ttyS0 quiet panic=-1 mitigations=off lab.mtu=${network.mtu} ${addresses}`,
    ],
    ...["-serial", `file:${folder}/console.log`],
    ...(network.extras === "ppp" ? ["-serial", `unix:${folder}/line.sock,server=on,wait=off`] : []),
    ...["-device", "virtio-serial-pci"],
    ...["-chardev", `socket,id=commands,path=${folder}/commands.sock,server=on,wait=off`],
    ...["-device", "virtserialport,chardev=commands,name=commands"],
    ...["-netdev", `tap,id=n0,ifname=${network.tap},script=no,downscript=no`],
    ...["-device", `virtio-net-pci,netdev=n0,romfile=,host_mtu=${network.mtu}`],
  ];
}

/** Connects to QEMU's socket, which appears shortly after QEMU starts. */
async function connect(path: string): Promise<Deno.UnixConn> {
  for (const startedAt = Date.now();;) {
    try {
      return await Deno.connect({ transport: "unix", path });
    } catch (error) {
      if (Date.now() - startedAt > 10_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
