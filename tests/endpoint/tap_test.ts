/**
 * Sessions with TAP interfaces, each end's in a namespace of its own; the endpoints meet on
 * loopback. What the kernel shows of an interface must be what the session's state is.
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type Attachment,
  type Endpoint,
  type Session,
  SessionError,
  SystemError,
  type TapAttachment,
} from "../../mod.ts";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { link, type Linked, next, openFileCount, openLocal } from "./loopback.ts";

const NEEDS = [root, tunDevice, iproute2];
const PEERS = [{ name: "near", secret: "tap" }];

/** Two endpoints, and a namespace for the interfaces of each. */
interface Sites extends AsyncDisposable {
  readonly namespaces: Namespaces;
  readonly nearLan: string;
  readonly farLan: string;
  readonly near: Endpoint;
  readonly far: Endpoint;
}

async function openSites(): Promise<Sites> {
  await using stack = new AsyncDisposableStack();
  const namespaces = stack.use(new Namespaces("lwE-tap"));
  const nearLan = await namespaces.add("near");
  const farLan = await namespaces.add("far");
  const near = stack.use(await openLocal("near"));
  const far = stack.use(await openLocal("far", PEERS));
  const opened = stack.move();
  return {
    namespaces,
    nearLan,
    farLan,
    near,
    far,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function connect({ near, far }: Sites): Promise<Linked> {
  return link(near, far, { secret: "tap" });
}

async function openTaps(
  { near, far }: Linked,
  attach: TapAttachment | Attachment,
  farAttach: TapAttachment | Attachment,
): Promise<{ near: Session; far: Session }> {
  const answering = next(far.sessionRequests()).then((request) =>
    request.accept({ attach: farAttach })
  );
  const session = await near.openSession({ remoteEndId: "lan", attach });
  return { near: session, far: await answering };
}

/** A session between the two LANs, each of which has a TAP `wire0`. */
async function openWire(sites: Sites): Promise<{ near: Session; far: Session }> {
  const { nearLan, farLan } = sites;
  const linked = await connect(sites);
  const near = { tap: "wire0", namespace: nearLan };
  return await openTaps(linked, near, { tap: "wire0", namespace: farLan });
}

/** The flags of an interface as `ip link` shows them: UP, LOWER_UP, NO-CARRIER … */
async function flagsOf({ namespaces }: Sites, namespace: string, name: string): Promise<string[]> {
  const text = await namespaces.ip(namespace, "-oneline", "link", "show", "dev", name);
  return /<([^>]*)>/.exec(text)![1]!.split(",");
}

async function hasCarrier(sites: Sites, namespace: string, name: string): Promise<boolean> {
  return (await flagsOf(sites, namespace, name)).includes("LOWER_UP");
}

/** Waits for what the kernel shows of an interface. */
async function untilCarrier(sites: Sites, namespace: string, name: string, is: boolean) {
  const text = `the carrier of ${name} is not ${is ? "on" : "off"}`;
  await eventually(async () => await hasCarrier(sites, namespace, name) === is, text);
}

testRequiring(
  [...NEEDS, program("ping", "iputils-ping")],
  "an interface is what its options say, and pings the other end's",
  async () => {
    await using sites = await openSites();
    const { namespaces, nearLan, farLan } = sites;
    await namespaces.ip(farLan, "link", "add", "br7", "type", "bridge");
    const sessions = await openTaps(await connect(sites), {
      tap: "wire0",
      namespace: nearLan,
      mac: "02:00:5e:00:53:01",
      address: ["10.91.0.1/24", "fd00:91::1/64"],
    }, { namespace: farLan, bridge: "br7", mtu: 1400 });
    const shown = await namespaces.ip(nearLan, "address", "show", "dev", "wire0");
    for (const text of ["02:00:5e:00:53:01", "10.91.0.1/24", "fd00:91::1/64", "LOWER_UP"]) {
      assertStringIncludes(shown, text);
    }
    // Loopback's MTU is 65,536: what the data plane can carry is the limit.
    assertMatch(shown, /mtu 9004 .* qlen 4096$/m);
    assertEquals([sessions.near.interfaceName, sessions.near.mtu], ["wire0", 9004]);
    const far = await namespaces.ip(farLan, "link", "show", "dev", sessions.far.interfaceName!);
    assertStringIncludes(far, "master br7");
    assertMatch(far, /mtu 1400 /);

    await namespaces.ip(farLan, "link", "set", "br7", "up");
    await namespaces.ip(farLan, "address", "add", "10.91.0.2/24", "dev", "br7");
    const ping = await namespaces.run(nearLan, ["ping", "-c1", "-W5", "10.91.0.2"]);
    assertEquals(ping.code, 0, ping.stdout);
    assert(sessions.near.counters().receivedFrames > 0);
    assertThrows(() => sessions.near.readable, TypeError, "wire0");
  },
);

testRequiring(NEEDS, "an interface is gone with its session [ETH-14]", async () => {
  await using sites = await openSites();
  const { namespaces, nearLan, farLan } = sites;
  const sessions = await openWire(sites);
  await sessions.near.close();
  await sessions.far.closed;
  for (const lan of [nearLan, farLan]) {
    assertEquals((await namespaces.ip(lan, "-br", "link")).includes("wire0"), false);
  }
});

testRequiring(
  NEEDS,
  "ip link set down is told to the peer, whose carrier follows [ETH-11]",
  async () => {
    await using sites = await openSites();
    const { namespaces, nearLan, farLan } = sites;
    const sessions = await openWire(sites);
    await untilCarrier(sites, farLan, "wire0", true);
    await namespaces.ip(nearLan, "link", "set", "wire0", "down");
    await untilCarrier(sites, farLan, "wire0", false);
    assertEquals(sessions.near.status().circuit, { local: "down", remote: "up" });
    assertEquals(sessions.far.status().circuit, { local: "up", remote: "down" });
    await namespaces.ip(nearLan, "link", "set", "wire0", "up");
    await untilCarrier(sites, farLan, "wire0", true);
    assertEquals(sessions.far.status().circuit, { local: "up", remote: "up" });
  },
);

testRequiring(
  NEEDS,
  "a session opened over an interface that is down says so [ETH-10]",
  async () => {
    await using sites = await openSites();
    const { namespaces, nearLan, farLan, near } = sites;
    const attachment = near.createAttachment({ tap: "wire0", namespace: nearLan });
    await namespaces.ip(nearLan, "link", "set", "wire0", "down");
    await eventually(() => !attachment.active);
    const far = { tap: "wire0", namespace: farLan };
    const sessions = await openTaps(await connect(sites), attachment, far);
    assertEquals(sessions.far.status().circuit.remote, "down");
    assertEquals(await hasCarrier(sites, farLan, "wire0"), false);
  },
);

testRequiring(NEEDS, "an interface that is deleted ends its session with CDN 1", async () => {
  await using sites = await openSites();
  const { namespaces, nearLan } = sites;
  const sessions = await openWire(sites);
  await namespaces.ip(nearLan, "link", "delete", "wire0");
  assertEquals((await sessions.near.closed).resultCode, 1);
  assertEquals((await sessions.far.closed).cause, "remote");
});

testRequiring(NEEDS, "a lasting attachment stays while connections come and go", async () => {
  await using sites = await openSites();
  const { namespaces, nearLan, farLan, near, far } = sites;
  const attachment = near.createAttachment({ tap: "wire0", namespace: nearLan });
  const farAttachment = far.createAttachment({ tap: "wire0", namespace: farLan });
  assertEquals(await hasCarrier(sites, nearLan, "wire0"), false);
  const indexOf = async () =>
    /^\d+/.exec(await namespaces.ip(nearLan, "link", "show", "wire0"))![0];
  const index = await indexOf();
  for (let round = 0; round < 3; round++) {
    const linked = await connect(sites);
    const sessions = await openTaps(linked, attachment, farAttachment);
    await untilCarrier(sites, nearLan, "wire0", true);
    assertEquals(sessions.near.interfaceName, "wire0");
    await linked.far.close();
    await sessions.near.closed;
    await untilCarrier(sites, nearLan, "wire0", false);
    await sessions.far.closed;
  }
  assertEquals(await indexOf(), index);
  await attachment.close();
  await attachment.closed;
  assertEquals((await namespaces.ip(nearLan, "-br", "link")).includes("wire0"), false);
});

testRequiring(NEEDS, "a later session takes a lasting attachment from an earlier one", async () => {
  await using sites = await openSites();
  const { nearLan, farLan, near, far } = sites;
  const attachment = near.createAttachment({ tap: "wire0", namespace: nearLan });
  const farAttachment = far.createAttachment({ tap: "wire0", namespace: farLan });
  const first = await openTaps(await connect(sites), attachment, farAttachment);
  const second = await openTaps(await connect(sites), attachment, farAttachment);
  assertEquals((await first.near.closed).cause === "timeout", false);
  assertEquals([first.near.state, second.near.state], ["closed", "established"]);
  await untilCarrier(sites, nearLan, "wire0", true);
  await untilCarrier(sites, farLan, "wire0", true);
});

testRequiring(
  NEEDS,
  "deleting a lasting attachment is told, and its name is free again",
  async () => {
    await using sites = await openSites();
    const { namespaces, nearLan, near } = sites;
    const attachment = near.createAttachment({ tap: "wire0", namespace: nearLan });
    await namespaces.ip(nearLan, "link", "delete", "wire0");
    await attachment.closed;
    assertEquals(attachment.active, false);
    const again = near.createAttachment({ tap: "wire0", namespace: nearLan });
    assertNotEquals(again, attachment);
    await again.close();
  },
);

testRequiring(
  NEEDS,
  "an interface that cannot be made refuses the session, and leaves nothing",
  async () => {
    await using sites = await openSites();
    const { nearLan, farLan, near } = sites;
    const linked = await connect(sites);
    const faults: [TapAttachment, typeof TypeError | typeof SystemError, string][] = [
      [{ namespace: nearLan, bridge: "br9" }, TypeError, "br9"],
      [{ namespace: "lwE-nowhere" }, SystemError, "lwE-nowhere"],
      [{ namespace: nearLan, tap: "lo" }, SystemError, "lo"],
      [{ namespace: nearLan, tap: "a name that is too long" }, RangeError, "15 octets"],
      [{ namespace: nearLan, mac: "02:00" }, TypeError, "02:00"],
      [{ namespace: nearLan, address: "10.0.0.1" }, RangeError, "10.0.0.1"],
    ];
    for (const [attach, kind, words] of faults) {
      await assertRejects(() => linked.near.openSession({ attach }), kind, words);
      assertThrows(() => near.createAttachment(attach), kind, words);
    }
    assertEquals(linked.near.sessions.length, 0);
    const answering = next(linked.far.sessionRequests()).then((request) =>
      assertRejects(
        () => request.accept({ attach: { namespace: farLan, bridge: "br9" } }),
        TypeError,
      )
    );
    const attach = { namespace: nearLan };
    const error = await assertRejects(() => linked.near.openSession({ attach }), SessionError);
    await answering;
    assertEquals(error.reason.resultCode, 4);
    assertEquals((await sites.namespaces.ip(nearLan, "-br", "link")).trim().split("\n").length, 1);
  },
);

testRequiring(NEEDS, "fifty interfaces up and down leave no file descriptor behind", async () => {
  await using sites = await openSites();
  const { nearLan, farLan, near } = sites;
  const cycle = async () => {
    const attachment = near.createAttachment({ namespace: nearLan });
    const linked = await connect(sites);
    const sessions = await openTaps(linked, attachment, { namespace: farLan });
    await linked.near.close();
    await sessions.far.closed;
    await attachment.close();
  };
  await cycle();
  const before = await openFileCount();
  for (let count = 0; count < 50; count++) await cycle();
  assertEquals(await openFileCount(), before);
});
