/** The log's lines. */

import { assertEquals, assertMatch } from "@std/assert";
import { resetSync } from "@logtape/logtape";
import { configureLog, logger } from "../../src/daemon/log.ts";

function linesOf(format: "text" | "json", level: "debug" | "warning", log: () => void): string[] {
  const lines: string[] = [];
  configureLog({ level, format }, (line) => lines.push(line));
  try {
    log();
  } finally {
    resetSync();
  }
  return lines;
}

Deno.test("a line for people: instant, level, message", () => {
  const [line = "", ...more] = linesOf("text", "debug", () => {
    logger.warn("{name}: {problem}; {seconds}", { name: "site-b", problem: "gone", seconds: 3 });
  });
  assertMatch(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARN {2}site-b: gone; 3\n$/);
  assertEquals(more, []);
});

Deno.test("a line for machines: one JSON object with the same message and its values", () => {
  const [line = ""] = linesOf("json", "debug", () => logger.info("{name}: up", { name: "site-b" }));
  const { time, ...rest } = JSON.parse(line);
  assertMatch(time, /Z$/);
  assertEquals(rest, {
    level: "info",
    category: "longwire.daemon",
    message: "site-b: up",
    name: "site-b",
  });
});

Deno.test("what is below the level is not told", () => {
  const lines = linesOf("text", "warning", () => {
    logger.info("no");
    logger.error("yes");
  });
  assertEquals(lines.map((line) => line.slice(25)), ["ERROR yes\n"]);
});

/** With a forged record, colours, an 8-bit escape sequence, and text from the right to the left. */
const HOSTILE = "\x1b[2J\x1b[31m\x9b2J\r\n2026-01-01T00:00:00.000Z INFO  site-b: up\u202e\u2028";

Deno.test("what a peer says is in its record's one line, and cannot move the cursor", () => {
  for (const format of ["text", "json"] as const) {
    const [line = "", ...more] = linesOf(format, "debug", () => {
      logger.info("{hostName}", { hostName: HOSTILE });
      logger.info("{peer}", { peer: { hostName: HOSTILE } });
    });
    assertEquals(more.length, 1);
    for (const each of [line, ...more]) {
      // deno-lint-ignore no-control-regex
      assertEquals(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/.test(each.slice(0, -1)), false, each);
    }
  }
});
