/** The driver's loop, and what becomes of an endpoint when there is a bug in it. */

import { assertEquals, assertRejects } from "@std/assert";
import { ControlConnectionError } from "../../mod.ts";
import type { Effect } from "../../src/core/effect.ts";
import { Lcce } from "../../src/core/lcce.ts";
import { Driver } from "../../src/endpoint/driver.ts";
import { resolveConnectionSettings } from "../../src/endpoint/resolve_options.ts";
import { kernelEntropy } from "../../src/io/entropy.ts";
import { readMessage } from "../harness/peer_message.ts";
import { addressOf, openFileCount, openLocal } from "./loopback.ts";

const CONFIG = {
  hostName: "driven",
  routerId: 1,
  pseudowireCapabilities: ["ethernet"],
  findPeers: () => [],
} as const;
const PATH = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: "192.0.2.2", port: 1701 },
} as const;

function connect(driver: Driver) {
  return driver.perform((lcce, now) => lcce.connect(PATH, resolveConnectionSettings({}), now));
}

Deno.test("effects are applied one after the other, each when the one before is done", async () => {
  const log: string[] = [];
  const applied = Promise.withResolvers<void>();
  const driver = new Driver(new Lcce(CONFIG, kernelEntropy), {
    apply: async ({ kind }: Effect) => {
      log.push(`${kind} begins`);
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      log.push(`${kind} ends`);
      if (log.length === 4) applied.resolve();
    },
    handleBeforeTimeout: () => {},
  });
  const running = driver.run();
  connect(driver);
  connect(driver);
  await applied.promise;
  driver.stop();
  await running;
  assertEquals(log.map((line) => line.split(" ")[1]), ["begins", "ends", "begins", "ends"]);
});

Deno.test("alarms go off in their time, and not once they are called off", async () => {
  const driver = new Driver(new Lcce(CONFIG, kernelEntropy), {
    apply: () => {},
    handleBeforeTimeout: () => {},
  });
  const running = driver.run();
  const log: string[] = [];
  const callOff = driver.after(1, () => log.push("called off"));
  callOff();
  driver.after(0, () => log.push("now"));
  await new Promise<void>((resolve) => void driver.after(5, resolve));
  log.push("later");
  await driver.until(() => false, 1);
  driver.stop();
  await running;
  await driver.until(() => false, 1_000_000);
  assertEquals(log, ["now", "later"]);
});

Deno.test("a retransmission is due when the core says, and the workers' counters are asked first", async () => {
  const log: string[] = [];
  const enough = Promise.withResolvers<void>();
  const driver = new Driver(new Lcce(CONFIG, kernelEntropy), {
    apply: ({ kind }) => {
      log.push(kind);
      if (log.length === 3) enough.resolve();
    },
    handleBeforeTimeout: () => void log.push("before timeout"),
  });
  const running = driver.run();
  driver.perform((lcce, now) => {
    const retransmission = { initial: 5, limit: 1 };
    lcce.connect(PATH, resolveConnectionSettings({ retransmission }), now);
  });
  await enough.promise;
  driver.stop();
  await running;
  assertEquals(log.slice(0, 3), ["transmit", "before timeout", "transmit"]);
});

Deno.test("the answer to a request carries its acknowledgement, if given at once [V3-REL-04]", async () => {
  const settings = resolveConnectionSettings({});
  const caller = new Lcce({ ...CONFIG, hostName: "caller" }, kernelEntropy);
  caller.connect(PATH, settings, 0);
  const request = caller.poll();
  if (request?.kind !== "transmit") throw new Error(`a call begins with ${request?.kind}`);

  const sent: Uint8Array[] = [];
  const called = new Lcce(
    { ...CONFIG, findPeers: () => [{ name: "any", settings }] },
    kernelEntropy,
  );
  const driver = new Driver(called, {
    apply: (effect) => {
      if (effect.kind === "transmit") sent.push(effect.octets);
      if (effect.kind !== "connectionRequested") return;
      // A program hears of it as of any promise: some microtasks later.
      void Promise.resolve().then(() => {}).then(() =>
        driver.perform((lcce, now) => lcce.acceptConnection(effect.connection, now))
      );
    },
    handleBeforeTimeout: () => {},
  });
  const running = driver.run();
  driver.perform((lcce, now) => lcce.handleDatagram(PATH, request.octets, now));
  await driver.until(() => sent.length > 0, 10_000);
  driver.stop();
  await running;
  assertEquals(sent.map((octets) => readMessage(octets, "udp").type), ["SCCRP"]);
});

Deno.test("a bug ends the endpoint loudly, tells whoever waits, and leaves no descriptor", async () => {
  await (await openLocal("warm")).close();
  const before = await openFileCount();
  const near = await openLocal("near");
  const connecting = assertRejects(
    () => near.connect(addressOf(near)),
    ControlConnectionError,
    "a bug of ours",
  );
  const poll = Lcce.prototype.poll;
  Lcce.prototype.poll = () => {
    throw new Error("a bug of ours");
  };
  try {
    await assertRejects(() => near.closed, Error, "a bug of ours");
    await connecting;
  } finally {
    Lcce.prototype.poll = poll;
  }
  await near.close();
  assertEquals(await openFileCount(), before);
});
