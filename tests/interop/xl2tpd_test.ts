/**
 * xl2tpd's control connection (RFC 2661): it dials us, and we dial it, with and without a shared
 * secret; Hello is acknowledged, and each side's StopCCN is understood by the other.
 */

import { assertEquals } from "@std/assert";
import { Namespaces } from "../../src/cli/namespaces.ts";
import { iproute2, program, root, testRequiring, tunDevice } from "../harness/requires.ts";
import { eventually } from "../harness/eventually.ts";
import { type ConfigurationText, Daemon } from "../netns/daemon.ts";
import { makeTwoSites, SITE_A, SITE_B } from "../netns/two_sites.ts";
import { Capture } from "./lab/capture.ts";
import { Xl2tpd } from "./lab/xl2tpd.ts";

const NEEDS = [
  root,
  tunDevice,
  iproute2,
  program("xl2tpd", "xl2tpd"),
  program("tcpdump", "tcpdump"),
  program("tshark", "tshark"),
];

/** Message types of RFC 2661 §3.2. */
const HELLO = 6;
const STOP_CCN = 4;

function configuration(
  options: { initiate: boolean; version: 2 | "auto"; secret: boolean },
): ConfigurationText {
  const { initiate, version, secret } = options;
  return {
    hostName: "site-a.example",
    listen: [`udp://${SITE_A.ipv4}`],
    connections: {
      xl2tpd: {
        remote: SITE_B.ipv4,
        initiate,
        version,
        hello: "1s",
        ...(secret ? { secret: { file: "secret" } } : {}),
      },
    },
  };
}

for (const secret of [false, true]) {
  const how = secret ? "with a secret" : "without a secret";

  for (const version of [2, "auto"] as const) {
    testRequiring(NEEDS, `we dial xl2tpd, version ${version}, ${how}`, async () => {
      await using namespaces = new Namespaces("lw-xl2tpd");
      const { siteA, siteB } = await makeTwoSites(namespaces);
      await using lns = await Xl2tpd.start(namespaces, {
        namespace: siteB,
        local: SITE_B.ipv4,
        ...(secret ? { secret: "a secret of tests" } : {}),
      });
      await using capture = await Capture.start(namespaces, siteA, "wan");
      await using daemon = await Daemon.start(
        namespaces,
        siteA,
        configuration({ initiate: true, version, secret }),
      );
      await daemon.established();
      await lns.logged(/Connection established/, 5000);
      const [connection] = (await daemon.status()).connections;
      assertEquals(connection?.version, 2);
      assertEquals(connection?.remote.hostName, "xl2tpd.example");

      await helloIsAcknowledged(daemon, capture);
      assertEquals(await daemon.end(), 0);
      await lns.logged(/Connection closed to/, 5000);
    });
  }

  testRequiring(NEEDS, `xl2tpd dials us ${how}`, async () => {
    await using namespaces = new Namespaces("lw-xl2tpd");
    const { siteA, siteB } = await makeTwoSites(namespaces);
    await using capture = await Capture.start(namespaces, siteA, "wan");
    await using daemon = await Daemon.start(
      namespaces,
      siteA,
      configuration({ initiate: false, version: 2, secret }),
    );
    await using lac = await Xl2tpd.start(namespaces, {
      namespace: siteB,
      local: SITE_B.ipv4,
      dials: SITE_A.ipv4,
      ...(secret ? { secret: "a secret of tests" } : {}),
    });
    await lac.logged(/Connection established/, 5000);
    await daemon.established();
    await helloIsAcknowledged(daemon, capture);
    await lac.end();
    await eventually(
      async () => (await daemon.status()).connections.every(({ state }) => state !== "established"),
      () => daemon.log,
    );
    const messages = await capture.messages("");
    assertEquals(messages.map(({ complaints }) => complaints).filter((text) => text !== ""), []);
    assertEquals(messages.some(({ messageType }) => messageType === STOP_CCN), true);
  });
}

testRequiring(NEEDS, "xl2tpd with another secret is refused", async () => {
  await using namespaces = new Namespaces("lw-xl2tpd");
  const { siteA, siteB } = await makeTwoSites(namespaces);
  await using daemon = await Daemon.start(
    namespaces,
    siteA,
    configuration({ initiate: false, version: 2, secret: true }),
  );
  await using _lac = await Xl2tpd.start(namespaces, {
    namespace: siteB,
    local: SITE_B.ipv4,
    dials: SITE_A.ipv4,
    secret: "quite another secret",
  });
  await daemon.logged(/Invalid challenge authentication/, 10_000);
  const { connections } = await daemon.status();
  assertEquals(connections.filter(({ state }) => state === "established"), []);
});

/** Waits for a second Hello of ours, not the first one again: so the first was acknowledged. */
async function helloIsAcknowledged(daemon: Daemon, capture: Capture): Promise<void> {
  await eventually(
    async () => {
      const hellos = (await capture.messages("")).filter(({ messageType }) =>
        messageType === HELLO
      );
      return new Set(hellos.map(({ ns }) => ns)).size >= 2;
    },
    () => daemon.log,
    10_000,
  );
}
