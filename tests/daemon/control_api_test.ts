/** The control API's answers, of a daemon that notes what it is told. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ControlledDaemon, handleControlRequest } from "../../src/daemon/control_api.ts";
import { NothingToCapture } from "../../src/daemon/capture_stream.ts";
import { EventFeed } from "../../src/daemon/event_feed.ts";
import { STATUS } from "./statuses.ts";

const OUTCOME = { ok: true, mistakes: [], differences: [] };

/** Asks once. Answers what came back, and what the daemon was told to do. */
async function ask(method: string, path: string, waits = false) {
  const told: string[] = [];
  const daemon: ControlledDaemon = {
    events: new EventFeed(),
    diagnose: (ms) => Promise.resolve([{ code: "x", subject: "y", text: `${ms}`, repair: "z" }]),
    capture: (name, inner) =>
      name === "oslo"
        ? Promise.resolve(new Response(`${name} ${inner}`))
        : Promise.reject(new NothingToCapture("there is no such thing")),
    trace: { respond: (name) => Response.json({ traced: name ?? "all" }) },
    status: () => STATUS,
    act: (name, action) => {
      told.push(`${action} ${name}`);
      return Promise.resolve(name === "site b");
    },
    debug: (name, isOn) => {
      told.push(`debug ${name} ${isOn}`);
      return name === "site b";
    },
    compare: () => {
      told.push("compare");
      return OUTCOME;
    },
    reload: ({ confirmWithin } = {}) => {
      told.push(confirmWithin === undefined ? "reload" : `reload within ${confirmWithin}`);
      return Promise.resolve(OUTCOME);
    },
    confirm: () => {
      told.push("confirm");
      return waits;
    },
  };
  const request = new Request(`http://longwire${path}`, { method });
  const response = await handleControlRequest(daemon, request);
  return { status: response.status, text: await response.text(), told };
}

Deno.test("the status is the whole status", async () => {
  const { status, text, told } = await ask("GET", "/status");
  assertEquals([status, JSON.parse(text), told], [200, STATUS, []]);
});

Deno.test("metrics and health are answered", async () => {
  assertStringIncludes((await ask("GET", "/metrics")).text, "l2tp_build_info");
  assertEquals((await ask("GET", "/healthz")).status, 200);
  assertEquals((await ask("GET", "/readyz")).status, 200);
});

Deno.test("a trace is of everything, or of a connection that there is", async () => {
  assertEquals(JSON.parse((await ask("GET", "/trace")).text), { traced: "all" });
  assertEquals(JSON.parse((await ask("GET", "/trace?name=oslo")).text), { traced: "oslo" });
  assertEquals((await ask("GET", "/trace?name=nobody")).status, 404);
});

Deno.test("a capture is of what there is", async () => {
  assertEquals((await ask("GET", "/capture?name=oslo&inner")).text, "oslo true");
  assertEquals((await ask("GET", "/capture?name=oslo")).text, "oslo false");
  assertEquals((await ask("GET", "/capture?name=nobody")).status, 404);
});

Deno.test("a diagnosis takes the time that it is given, within bounds", async () => {
  assertStringIncludes((await ask("GET", "/diagnosis?ms=7")).text, '"text":"7"');
  assertEquals((await ask("GET", "/diagnosis?ms=70000")).status, 400);
});

Deno.test("orders reach their connection, whatever its name", async () => {
  for (const action of ["up", "down", "restart"]) {
    const { status, told } = await ask("POST", `/connections/site%20b/${action}`);
    assertEquals([status, told], [200, [`${action} site b`]]);
  }
  assertEquals((await ask("POST", "/connections/nobody/up")).status, 404);
  assertEquals((await ask("POST", "/connections/%E0%A4%A/up")).status, 404);
});

Deno.test("debugging is begun and ended", async () => {
  assertEquals((await ask("POST", "/connections/site%20b/debug")).told, ["debug site b true"]);
  assertEquals((await ask("POST", "/connections/site%20b/debug?off")).told, ["debug site b false"]);
  assertEquals((await ask("POST", "/connections/nobody/debug")).status, 404);
});

Deno.test("a reload may have to be confirmed, within a day at most", async () => {
  assertEquals((await ask("POST", "/reload?confirmWithin=60000")).told, ["reload within 60000"]);
  for (const nonsense of ["", "0", "-1", "soon", "86400001", "NaN", "Infinity"]) {
    const { status, told } = await ask("POST", `/reload?confirmWithin=${nonsense}`);
    assertEquals([status, told], [400, []], nonsense);
  }
});

Deno.test("confirming what does not wait is an error", async () => {
  assertEquals((await ask("POST", "/reload/confirm", true)).status, 200);
  const { status, text, told } = await ask("POST", "/reload/confirm", false);
  assertEquals([status, told], [409, ["confirm"]]);
  assertStringIncludes(text, "no change waits");
});

Deno.test("comparing is not reloading", async () => {
  assertEquals((await ask("POST", "/reload?compare")).told, ["compare"]);
  assertEquals((await ask("POST", "/reload")).told, ["reload"]);
});

Deno.test("what only looks like an order changes nothing", async () => {
  for (
    const [method, path, expected] of [
      ["GET", "/connections/site%20b/down", 405],
      ["POST", "/connections/site%20b/explode", 404],
      ["GET", "/reload", 404],
      ["GET", "/", 404],
    ] as const
  ) {
    const { status, text, told } = await ask(method, path);
    assertEquals([status, told], [expected, []]);
    assertEquals(typeof JSON.parse(text).error, "string");
  }
});
