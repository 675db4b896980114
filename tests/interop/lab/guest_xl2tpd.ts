/**
 * xl2tpd in the guest, where the kernel speaks PPP for its pppd: an LNS that we dial, or a LAC that
 * dials us. Or a pppd alone, on a serial line.
 */

import type { KernelGuest } from "./kernel_guest.ts";

/** How a PPP peer proves who it is, in pppd's words. */
export const PPPD_PROTOCOLS = {
  "pap": "pap",
  "chap": "chap",
  "ms-chap-v2": "mschap-v2",
} as const;

/** Our names for them. */
export type Proof = keyof typeof PPPD_PROTOCOLS;

/** Who dials in, whichever side is which. */
export const USER = "alice";
export const PASSWORD = "a password of tests";

/** Addresses that xl2tpd gives, and its own. */
export const GUEST_LNS_ADDRESS = "10.202.0.1";
export const GUEST_LNS_FIRST = "10.202.0.10";
const GUEST_LNS_RANGE = `${GUEST_LNS_FIRST}-10.202.0.20`;

const FOLDER = "/run/xl2tpd";

/** Readies the guest: modules, devices and the users that its pppd knows. */
export async function prepareGuest(guest: KernelGuest): Promise<void> {
  await guest.run(`
    modprobe -a ppp_generic ppp_async pppox l2tp_ppp
    mkdir -p /dev/pts /etc/ppp /var/run ${FOLDER}
    mount -t devpts devpts /dev/pts
    ln -s /bin /usr/sbin
    touch /etc/ppp/options
    echo '* * "${PASSWORD}" *' >/etc/ppp/chap-secrets
    cp /etc/ppp/chap-secrets /etc/ppp/pap-secrets
    chmod 600 /etc/ppp/*-secrets`);
}

/** Starts xl2tpd as an LNS that asks for one kind of proof. */
export async function startGuestLns(guest: KernelGuest, proof: Proof): Promise<void> {
  await start(
    guest,
    [
      "[lns default]",
      `ip range = ${GUEST_LNS_RANGE}`,
      `local ip = ${GUEST_LNS_ADDRESS}`,
      "require authentication = yes",
    ],
    [`require-${PPPD_PROTOCOLS[proof]}`, ...otherProofs(proof).map((other) => `refuse-${other}`)],
  );
}

/** Starts xl2tpd as a LAC that dials `lns` as `USER`. */
export async function startGuestLac(
  guest: KernelGuest,
  lns: string,
  password = PASSWORD,
): Promise<void> {
  await start(
    guest,
    ["[lac lns]", `lns = ${lns}`, "autodial = yes", "redial = no"],
    ["noauth", `user ${USER}`, `password "${password}"`, "ipcp-accept-local", "usepeerdns"],
  );
}

/** Starts a pppd of its own on the guest's serial line, as `USER`. */
export async function startGuestPppd(guest: KernelGuest): Promise<void> {
  await guest.run(`
    pppd /dev/ttyS1 115200 local nocrtscts nodetach noauth debug noccp nodefaultroute +ipv6 \
      user ${USER} password '${PASSWORD}' >${FOLDER}/ppp.log 2>&1 </dev/null 3>&- &`);
}

/** Ends it; its pppd hangs up first. */
export async function stopGuestXl2tpd(guest: KernelGuest): Promise<void> {
  await guest.run(`
    kill -INT $(cat ${FOLDER}/pid) 2>/dev/null
    for i in 1 2 3 4 5 6 7 8; do
      pidof xl2tpd pppd >/dev/null || break
      sleep 0.2
    done
    killall -9 xl2tpd pppd 2>/dev/null
    rm -f ${FOLDER}/*; true`);
}

/** What xl2tpd and its pppd have logged. */
export function guestLog(guest: KernelGuest): Promise<string> {
  return guest.run(`cat ${FOLDER}/log ${FOLDER}/ppp.log 2>/dev/null; ip -br address; true`);
}

async function start(
  guest: KernelGuest,
  role: readonly string[],
  options: readonly string[],
): Promise<void> {
  const configuration = [
    "[global]",
    "port = 1701",
    `auth file = ${FOLDER}/secrets`,
    "debug state = yes",
    ...role,
    "name = guest",
    "hostname = guest.example",
    `pppoptfile = ${FOLDER}/options`,
    "length bit = yes",
  ].join("\n");
  const pppOptions = [
    ...options,
    ...["name guest", "debug", `logfile ${FOLDER}/ppp.log`, "nodefaultroute", "noccp", "nodetach"],
    ...["mtu 1400", "mru 1400", "lcp-echo-interval 5", "lcp-echo-failure 6"],
  ].join("\n");
  await guest.run(`
    cat >${FOLDER}/conf <<'END'\n${configuration}\nEND
    cat >${FOLDER}/options <<'END'\n${pppOptions}\nEND
    echo '* * none' >${FOLDER}/secrets
    xl2tpd -D -c ${FOLDER}/conf -s ${FOLDER}/secrets -p ${FOLDER}/pid -C ${FOLDER}/control \\
      >${FOLDER}/log 2>&1 </dev/null 3>&- &
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
      grep -q 'Listening on' ${FOLDER}/log && exit 0
      sleep 0.2
    done
    cat ${FOLDER}/log; exit 1`);
}

function otherProofs(proof: Proof): readonly string[] {
  const all = ["pap", "chap", "mschap", "mschap-v2"];
  return all.filter((each) => each !== PPPD_PROTOCOLS[proof]);
}
