/**
 * PPP with xl2tpd and pppd in a guest whose kernel speaks it: it is our LNS and our LAC, by PAP, CHAP
 * and MS-CHAPv2; packets and a TCP stream pass. A pppd alone calls through a pseudo-terminal of ours.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { startTrafficServer } from "../../src/cli/traffic_pair.ts";
import { program, testRequiring } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { Daemon } from "../netns/daemon.ts";
import {
  clientConfiguration,
  clientSession,
  LNS_ADDRESS,
  lnsConfiguration,
  usersOf,
} from "../netns/ppp_sites.ts";
import { SITE_A, SITE_B } from "../netns/two_sites.ts";
import {
  GUEST_LNS_ADDRESS,
  GUEST_LNS_FIRST,
  guestLog,
  PASSWORD,
  prepareGuest,
  type Proof,
  startGuestLac,
  startGuestLns,
  startGuestPppd,
  stopGuestXl2tpd,
  USER,
} from "./lab/guest_xl2tpd.ts";
import { GUEST_NEEDS, KernelGuest } from "./lab/kernel_guest.ts";

const NEEDS = [...GUEST_NEEDS, program("xl2tpd", "xl2tpd"), program("pppd", "ppp")];
const PROOFS: readonly Proof[] = ["pap", "chap", "ms-chap-v2"];
/** Few enough for a guest in software emulation, which moves 1 to 5 MB/s. */
const TCP_OCTETS = 20_000_000;

testRequiring(NEEDS, "xl2tpd and pppd speak PPP with us", async (t) => {
  await using namespaces = new Namespaces("lw-pppd");
  const site = await namespaces.add("site");
  await using guest = await KernelGuest.boot(namespaces, {
    namespace: site,
    tap: "wan",
    hostAddresses: [`${SITE_A.ipv4}/24`],
    guestAddresses: [`${SITE_B.ipv4}/24`],
    mtu: 1500,
    extras: "ppp",
  });
  await prepareGuest(guest);
  const folder = await Deno.makeTempDir({ prefix: "longwire-pppd-" });
  await Deno.writeTextFile(`${folder}/secret`, PASSWORD, { mode: 0o600 });
  const users = JSON.stringify({ [USER]: { password: PASSWORD } });
  await Deno.writeTextFile(`${folder}/users`, users, { mode: 0o600 });
  const lab = { namespaces, site, guest, folder };
  const step = (name: string, run: () => Promise<void>) =>
    t.step(name, async () => {
      try {
        await run();
      } finally {
        await stopGuestXl2tpd(guest);
      }
    });
  try {
    for (const proof of PROOFS) {
      await step(`we dial it, by ${proof}`, () => dialGuest(lab, proof));
      await step(`it dials us, by ${proof}`, () => letGuestDial(lab, proof));
    }
    await step("its pppd on a line reaches an LNS through our LAC", () => letPppdCall(lab));
    await step("it dials us with a wrong password", () => refuseGuest(lab));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Where it all takes place; the users' passwords are in the folder. */
interface Lab {
  readonly namespaces: Namespaces;
  readonly site: string;
  readonly guest: KernelGuest;
  readonly folder: string;
}

async function dialGuest(lab: Lab, proof: Proof): Promise<void> {
  const { namespaces, site, guest, folder } = lab;
  await startGuestLns(guest, proof);
  const vpn = clientSession(USER, `${folder}/secret`, "vpn0");
  await using client = await Daemon.start(namespaces, site, {
    ...clientConfiguration({ vpn }),
    listen: [`udp://${SITE_A.ipv4}`],
  });
  await reach(lab, GUEST_LNS_ADDRESS, client);
  if (proof === "chap") await moveOctets(lab, GUEST_LNS_FIRST);
  assertEquals(await client.end(), 0);
}

async function letGuestDial(lab: Lab, proof: Proof): Promise<void> {
  const { namespaces, site, guest, folder } = lab;
  await using lns = await Daemon.start(namespaces, site, ourLns(folder, [proof]));
  await startGuestLac(guest, SITE_A.ipv4);
  const user = async () => (await usersOf(lns))[0];
  await eventually(async () => (await user())?.address != null, () => lns.log, 30_000);
  const { user: name, authentication, address } = (await user())!;
  assertEquals([name, authentication], [USER, proof]);
  await reach(lab, address!, lns);
  await guest.run(`ping -c 3 -i 0.2 -W 5 ${LNS_ADDRESS}`);
  await stopGuestXl2tpd(guest);
  await eventually(async () => await user() === undefined, () => lns.log, 20_000);
  assertEquals(await lns.end(), 0);
}

/** The guest's serial line ends at a pseudo-terminal of our LAC, which carries its frames as they are. */
async function letPppdCall(lab: Lab): Promise<void> {
  const { namespaces, site, guest, folder } = lab;
  await using lns = await Daemon.start(namespaces, site, ourLns(folder, ["chap"]));
  const line = { pseudowire: "ppp", attach: { pty: `${folder}/line` } };
  await using lac = await Daemon.start(namespaces, site, {
    ...clientConfiguration({ line }, { remote: SITE_A.ipv4 }),
    listen: ["udp://127.0.0.1"],
  });
  await lac.established();
  // Two descriptors: a write would wait for the read that is under way.
  using hearing = await Deno.open(`${folder}/line`);
  using saying = await Deno.open(`${folder}/line`, { write: true });
  const serial = await guest.serialLine();
  const carried = [carry(serial.readable, saying), carry(hearing.readable, serial)];
  try {
    await startGuestPppd(guest);
    await eventually(
      async () => (await usersOf(lns))[0]?.address != null,
      () => lac.log + lns.log,
      30_000,
    );
    await guest.run(`ping -c 3 -i 0.2 -W 5 ${LNS_ADDRESS}`);
    // IPv6's link-local address of the other end is what both have agreed on by IPV6CP.
    await guest.run(
      "peer=$(ip -6 -o address show dev ppp0 | grep -o 'peer [0-9a-f:]*' | cut -d ' ' -f 2)\n" +
        "ping -6 -c 3 -i 0.2 -W 5 $peer%ppp0",
    );
    assertEquals(await lac.end(), 0);
  } finally {
    serial.close();
  }
  await Promise.all(carried);
}

/** Carries octets until either end is gone. */
async function carry(
  from: ReadableStream<Uint8Array>,
  to: { write(octets: Uint8Array): Promise<number> },
): Promise<void> {
  try {
    for await (const octets of from) {
      for (let at = 0; at < octets.length;) at += await to.write(octets.subarray(at));
    }
  } catch {
    // The terminal has hung up, or the line was closed.
  }
}

async function refuseGuest({ namespaces, site, guest, folder }: Lab): Promise<void> {
  await using lns = await Daemon.start(namespaces, site, ourLns(folder, ["chap"]));
  await startGuestLac(guest, SITE_A.ipv4, "another password");
  await lns.logged(/alice is refused: wrong password \(chap\)/, 20_000);
  await lns.logged(/call-1 has ended/, 10_000);
}

function ourLns(folder: string, authenticate: readonly Proof[]) {
  const configuration = lnsConfiguration(`${folder}/users`, { ppp: { authenticate } });
  return { ...configuration, listen: [`udp://${SITE_A.ipv4}`] };
}

/** Pings until an answer comes; the logs of both ends are in the error. */
async function reach(
  { namespaces, site, guest }: Lab,
  address: string,
  daemon: Daemon,
): Promise<void> {
  const ping = ["ping", "-c", "2", "-i", "0.2", "-W", "1", address];
  const answers = async () => (await namespaces.run(site, ping)).code === 0;
  try {
    await eventually(answers, () => `${address} does not answer:\n${daemon.log}`, 30_000);
  } catch (error) {
    throw new Error(await guestLog(guest), { cause: error });
  }
}

/** The guest sends octets over TCP to us. */
async function moveOctets({ namespaces, site, guest }: Lab, address: string): Promise<void> {
  await using _server = await startTrafficServer(namespaces, site);
  await guest.sendOctets(address, TCP_OCTETS);
}
