/** Events in words, and their chains of causes. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  causesOf,
  failureNews,
  type News,
  newsOfChange,
  reloadNews,
} from "../../src/daemon/event.ts";
import { EventFeed } from "../../src/daemon/event_feed.ts";
import type { Path } from "../../src/model/path.ts";

const PATH: Path = {
  encapsulation: "udp",
  local: { address: "192.0.2.1", port: 1701 },
  remote: { address: "2001:db8::7", port: 1701 },
};
const SILENCE = {
  cause: "timeout",
  text: "10 retransmissions of HELLO unanswered, last packet heard 71 s ago",
} as const;
const CONSEQUENCE = {
  cause: "connection",
  text: `connection closed: ${SILENCE.text}`,
  because: SILENCE,
} as const;

Deno.test("a session that ends with its connection tells the whole chain", () => {
  const news = newsOfChange({
    kind: "session",
    name: "lan",
    connection: "site-b",
    state: "closed",
    reason: CONSEQUENCE,
  });
  assertEquals(
    news.text,
    "session lan down: connection closed: 10 retransmissions of HELLO unanswered, " +
      "last packet heard 71 s ago",
  );
  assertEquals(news.causes, ["connection closed", SILENCE.text]);
  assertEquals([news.connection, news.session, news.state], ["site-b", "lan", "idle"]);
});

Deno.test("a connection's life in words", () => {
  const connection = { kind: "connection", name: "site-b", path: PATH } as const;
  const texts = [
    newsOfChange({ ...connection, state: "connecting" }),
    newsOfChange({ ...connection, state: "established", hostName: "lan-b" }),
    newsOfChange({ ...connection, state: "closed", reason: SILENCE }),
  ].map(({ text }) => text);
  assertEquals(texts, [
    "connection site-b connecting to [2001:db8::7]:1701",
    "connection site-b up: lan-b at [2001:db8::7]:1701",
    `connection site-b down: ${SILENCE.text}`,
  ]);
});

Deno.test("circuits, failures and reloads in words", () => {
  const circuit = { kind: "circuit", name: "lan", connection: undefined } as const;
  const names = { connection: "site-b", session: null };
  const texts: News[] = [
    newsOfChange({ ...circuit, end: "remote", state: "down" }),
    failureNews(names, { lastError: "no route", retryAt: new Date(1_500) }, new Date(0)),
    failureNews({ ...names, session: "lan" }, { lastError: "no bridge br0" }),
    reloadNews(1, 0, true),
    reloadNews(0, 2, false),
  ];
  assertEquals(texts.map(({ text }) => text), [
    "session lan: the peer's circuit is down",
    "connection site-b waiting: next attempt in 1.5 s: no route",
    "session lan idle: no bridge br0",
    "reload: 1 change",
    "reload refused: the configuration has 2 mistakes",
  ]);
});

Deno.test("a reason without a cause is a chain of one, no reason is none", () => {
  assertEquals(causesOf(SILENCE), [SILENCE.text]);
  assertEquals(causesOf(undefined), []);
});

async function read(response: Response, until: string): Promise<string> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(until)) break;
  }
  return text;
}

Deno.test("whoever listens gets what it asks for: the latest, what it has missed, what comes", async () => {
  const feed = new EventFeed();
  for (let change = 1; change <= 3; change++) feed.announce(reloadNews(change, 0, true));
  const latest = feed.respond({ recent: 1 });
  const missed = feed.respond({ after: 1 });
  const coming = feed.respond({});
  feed.announce(reloadNews(4, 0, true));
  const ids = async (response: Response) =>
    [...(await read(response, "4 changes")).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  assertEquals(await ids(latest), [3, 4]);
  assertEquals(await ids(missed), [2, 3, 4]);
  assertEquals(await ids(coming), [4]);
});

Deno.test("a reader that does not read misses some, and is told how many", async () => {
  const feed = new EventFeed();
  const response = feed.respond({});
  for (let change = 0; change < 1_500; change++) feed.announce(reloadNews(change, 0, true));
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? "";
  while (!text.includes("998 changes")) text += (await reader.read()).value;
  feed.announce(reloadNews(9_999, 0, true));
  while (!text.includes("9999 changes")) text += (await reader.read()).value;
  assertStringIncludes(text, "event: missed");
  const told = Number(/"missed":(\d+)/.exec(text)?.[1]);
  const seen = [...text.matchAll(/^event: event$/gm)].length;
  assertEquals(told + seen, 1_501);
  feed.close();
  assertEquals((await reader.read()).done, true);
});
