/** Commands that talk to the daemon, against a daemon that answers as it is told. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { STATUS } from "../daemon/statuses.ts";
import { type Outcome, typed } from "./recorded_terminal.ts";

/** Runs a command line against a daemon that answers each request with `answer`. */
async function against(
  answer: (request: string) => Response,
  ...words: string[]
): Promise<Outcome & { requests: readonly string[] }> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-cli-" });
  const path = `${folder}/control.sock`;
  const requests: string[] = [];
  const server = Deno.serve({ path, onListen: () => {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    requests.push(`${request.method} ${pathname}${search}`);
    return answer(requests.at(-1) ?? "");
  });
  try {
    const outcome = await typed(...words, "--socket", path);
    return { ...outcome, err: outcome.err.replaceAll(folder, "…"), requests };
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("status asks once, and shows what it is told", async () => {
  const { code, out, requests } = await against(() => Response.json(STATUS), "status");
  assertEquals([code, requests], [0, ["GET /status"]]);
  assertStringIncludes(out, "connection   paris");
});

Deno.test("status --json is the daemon's answer", async () => {
  const { out } = await against(() => Response.json(STATUS), "status", "--json");
  assertEquals(JSON.parse(out), STATUS);
});

Deno.test("status --check is degraded while one connection waits", async () => {
  const { code } = await against(() => Response.json(STATUS), "status", "--check");
  assertEquals(code, 6);
  const healthy = { ...STATUS, connections: STATUS.connections.slice(0, 1) };
  assertEquals((await against(() => Response.json(healthy), "status", "--check")).code, 0);
});

Deno.test("an order goes to its connection", async () => {
  const { code, requests } = await against(() => Response.json({ ok: true }), "down", "site b");
  assertEquals([code, requests], [0, ["POST /connections/site%20b/down"]]);
});

Deno.test("an order for nobody ends with 5, one that fails with 1", async () => {
  const unknown = () => Response.json({ error: "there is no connection x" }, { status: 404 });
  const { code, err } = await against(unknown, "up", "x");
  assertEquals([code, err], [5, "longwire: the daemon answers: there is no connection x\n"]);
  const broken = () => new Response("", { status: 500 });
  const failed = await against(broken, "restart", "x");
  assertEquals([failed.code, failed.err], [1, "longwire: the daemon answers: 500\n"]);
});

Deno.test("a reload tells what it has changed", async () => {
  const differences = [
    { kind: "added", key: "connections.c", effect: "is set up" },
    { kind: "changed", key: "log", effect: "takes effect at once" },
  ];
  const answer = () => Response.json({ ok: true, mistakes: [], differences });
  const { code, out, requests } = await against(answer, "reload");
  assertEquals([code, requests], [0, ["POST /reload"]]);
  assertEquals(out, "+ connections.c is set up\n~ log takes effect at once\n");
});

Deno.test("a reload that has to be confirmed tells when it is taken back, and how it is not", async () => {
  const outcome = { ok: true, mistakes: [], differences: [], takenBackAt: "2026-01-02T03:04:05Z" };
  const answer = () => Response.json(outcome);
  const { code, out, requests } = await against(answer, "reload", "--confirm-within", "90s");
  assertEquals([code, requests], [0, ["POST /reload?confirmWithin=90000"]]);
  assertStringIncludes(
    out,
    "taken back at 2026-01-02T03:04:05Z, unless: longwire reload --confirm",
  );
  for (const text of ["60", "10ms", "25h", "soon"]) {
    const wrong = await against(answer, "reload", "--confirm-within", text);
    assertEquals([wrong.code, wrong.requests], [2, []], text);
  }
  const both = await against(answer, "reload", "--confirm", "--confirm-within", "60s");
  assertEquals([both.code, both.requests], [2, []]);
});

Deno.test("confirming is one word, and fails where nothing waits", async () => {
  const confirmed = await against(() => Response.json({ ok: true }), "reload", "--confirm");
  assertEquals([confirmed.code, confirmed.requests], [0, ["POST /reload/confirm"]]);
  const none = () => Response.json({ error: "no change waits" }, { status: 409 });
  const { code, err } = await against(none, "reload", "--confirm");
  assertEquals([code, err], [1, "longwire: the daemon answers: no change waits\n"]);
});

Deno.test("a reload of a bad file tells its mistakes and ends with 4", async () => {
  const answer = () => Response.json({ ok: false, mistakes: ["x.yaml:1:1: bad"], differences: [] });
  const { code, out, err } = await against(answer, "reload");
  assertEquals([code, out], [4, ""]);
  assertEquals(
    err,
    "x.yaml:1:1: bad\nlongwire: the daemon goes on with the configuration that it has\n",
  );
});

Deno.test("check --diff compares with the daemon that runs this file, and no other", async () => {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    const answer = (running: string) => (request: string) =>
      Response.json(
        request === "GET /status"
          ? { ...STATUS, configuration: running }
          : { ok: true, mistakes: [], differences: [] },
      );
    const same = await against(answer(file), "check", file, "--diff");
    assertEquals(same.out, `${file}: ok\na reload would change nothing\n`);
    assertEquals(same.requests, ["GET /status", "POST /reload?compare"]);
    const other = await against(answer("/etc/other.yaml"), "check", file, "--diff");
    assertEquals(other.code, 1);
    assertStringIncludes(other.err, `the daemon runs /etc/other.yaml, not ${file}`);
  } finally {
    await Deno.remove(file);
  }
});
