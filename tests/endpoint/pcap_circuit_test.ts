/** Capture files as attachment, end to end on loopback: what is played here is recorded there. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { AttachmentOptions, PayloadOptions, Session } from "../../mod.ts";
import { runProgram } from "../../src/cli/namespaces.ts";
import { playableLinkTypes, recordedLinkType } from "../../src/endpoint/link_types.ts";
import { readCapture } from "../../src/endpoint/pcapng.ts";
import type { PseudowireType } from "../../src/model/pseudowire_type.ts";
import { root, testRequiring } from "../harness/requires.ts";
import { captureFile } from "./captures.ts";
import { eventually } from "../harness/eventually.ts";
import { frameOf, link, type Linked, next, openFileCount, openLocal } from "./loopback.ts";

const SECRET = "loopback";
const PEERS = [{ name: "near", secret: SECRET }];

interface Kind {
  readonly pseudowire: PseudowireType;
  readonly options: PayloadOptions;
  readonly frames: readonly Uint8Array[];
}

const KINDS: readonly Kind[] = [
  { pseudowire: "ethernet", options: {}, frames: [frameOf(1), frameOf(2, 9018)] },
  { pseudowire: "ethernet-vlan", options: {}, frames: [frameOf(3)] },
  {
    pseudowire: "frame-relay",
    options: { frameRelay: { dlci: 100 } },
    frames: [Uint8Array.of(0x18, 0x41, 3, 0xcc, 0x45)],
  },
  { pseudowire: "hdlc", options: { hdlc: "cisco" }, frames: [Uint8Array.of(0x0f, 0, 8, 0, 0x45)] },
  { pseudowire: "hdlc", options: { hdlc: "ppp" }, frames: [Uint8Array.of(0xff, 3, 0, 0x21, 0x45)] },
  { pseudowire: "ppp", options: {}, frames: [Uint8Array.of(0xff, 3, 0xc0, 0x21, 9, 0, 0, 4)] },
];

/** A session of this kind with what is given at either end. */
async function openBetween(
  { near, far }: Linked,
  { pseudowire, options }: Pick<Kind, "pseudowire" | "options">,
  [here, there]: readonly [AttachmentOptions, AttachmentOptions],
): Promise<readonly [Session, Session]> {
  const answering = next(far.sessionRequests())
    .then((request) => request.accept({ ...options, attach: there }));
  const session = await near.openSession({ name: "line", pseudowire, ...options, attach: here });
  return [session, await answering];
}

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "longwire-pcap-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const { pseudowire, options, frames } of KINDS) {
  const hdlc = options.hdlc ?? "";
  Deno.test(`${pseudowire} ${hdlc}: frames of one file arrive in another`, async () => {
    await using near = await openLocal("near");
    await using far = await openLocal("far", PEERS);
    await withFolder(async (folder) => {
      const [play, record] = [`${folder}/in.pcap`, `${folder}/out.pcapng`];
      const linkType = playableLinkTypes(pseudowire).at(-1)!;
      const timed = frames.map((octets, index) => ({ octets, atMs: 5 * index }));
      await Deno.writeFile(play, captureFile("pcap", linkType, timed));
      const linked = await link(near, far, { secret: SECRET });
      const [, there] = await openBetween(linked, { pseudowire, options }, [
        { kind: "pcap", play },
        { kind: "pcap", record },
      ]);
      await eventually(() => there.counters().receivedFrames === frames.length);
      const arrived = () => [...readCapture(Deno.readFileSync(record))];
      await eventually(() => arrived().length === frames.length);
      assertEquals(arrived().map(({ octets }) => octets), frames);
      const recorded = recordedLinkType(pseudowire, options.hdlc);
      assert(arrived().every((packet) => packet.linkType === recorded));
    });
  });
}

Deno.test("a file in a loop goes on, and its session gives everything back", async () => {
  const before = await openFileCount();
  {
    await using near = await openLocal("near");
    await using far = await openLocal("far", PEERS);
    await withFolder(async (folder) => {
      const play = `${folder}/in.pcapng`;
      await Deno.writeFile(play, captureFile("pcapng", 1, [{ octets: frameOf(1), atMs: 0 }]));
      const linked = await link(near, far, { secret: SECRET });
      const record = `${folder}/out.pcap`;
      const [here, there] = await openBetween(linked, { pseudowire: "ethernet", options: {} }, [
        { kind: "pcap", play, pace: "fast", loop: true },
        { kind: "pcap", record },
      ]);
      await eventually(() => there.counters().receivedFrames > 100);
      await here.close();
      await there.closed;
    });
  }
  assertEquals(await openFileCount(), before);
});

Deno.test("a file that cannot be played ends the attempt and says why", async () => {
  await using near = await openLocal("near");
  await using far = await openLocal("far", PEERS);
  await withFolder(async (folder) => {
    const play = `${folder}/in.pcap`;
    const { near: connection } = await link(near, far, { secret: SECRET });
    const open = () => connection.openSession({ attach: { kind: "pcap", play } });
    await assertRejects(open, Error, `${play} cannot be played: No such file`);
    await Deno.writeFile(play, captureFile("pcap", 107, [{ octets: frameOf(1), atMs: 0 }]));
    await assertRejects(open, Error, "has frames of link type 107 (Frame Relay)");
    const neither = () => connection.openSession({ attach: { kind: "pcap" } });
    await assertRejects(neither, TypeError, "neither a file to play nor one to record into");
  });
});

testRequiring(
  [root],
  "a full disk ends the recording with a whole frame, and nothing else",
  async () => {
    await using near = await openLocal("near");
    await using far = await openLocal("far", PEERS);
    await withFolder(async (folder) => {
      const [play, disk] = [`${folder}/in.pcap`, `${folder}/disk`];
      const record = `${disk}/out.pcap`;
      await Deno.writeFile(play, captureFile("pcap", 1, [{ octets: frameOf(1, 1514), atMs: 0 }]));
      await Deno.mkdir(disk);
      await mount("mount", "-t", "tmpfs", "-o", "size=16k", "longwire-test", disk);
      try {
        const linked = await link(near, far, { secret: SECRET });
        const [here, there] = await openBetween(linked, { pseudowire: "ethernet", options: {} }, [
          { kind: "pcap", play, pace: "fast", loop: true },
          { kind: "pcap", record },
        ]);
        await eventually(() => there.counters().receivedFrames > 100);
        assertEquals([here.state, there.state], ["established", "established"]);
        await here.close();
        await there.closed;
        // Whoever goes on with the file later must find a whole one: a header of 24 octets, and one of
        // 16 before each frame, of which there is room for ten and a half.
        assertEquals((await Deno.stat(record)).size, 24 + 10 * (16 + 1514));
      } finally {
        await mount("umount", disk);
      }
    });
  },
);

async function mount(...command: string[]): Promise<void> {
  const { code, stderr } = await runProgram(command);
  assertEquals(code, 0, stderr);
}
