/** One session's PPP: what its peer is granted, over all that the peer may do meanwhile. */

import { assertEquals } from "@std/assert";
import type { DataPath } from "../../src/endpoint/data_path.ts";
import type { PppAttempt, PppGrant } from "../../src/endpoint/ppp_access.ts";
import { PppSession } from "../../src/endpoint/ppp_session.ts";
import { resolvePpp } from "../../src/endpoint/resolve_ppp.ts";
import type { SessionDescriptor } from "../../src/model/session_descriptor.ts";
import { PppLink } from "../../src/ppp/ppp_link.ts";
import { Prng } from "../harness/prng.ts";
import { user } from "../ppp/two_links.ts";

const END = { address: "192.0.2.1", port: 1701 };

const DESCRIPTOR: SessionDescriptor = {
  version: 3,
  path: { encapsulation: "udp", local: END, remote: END },
  pseudowire: "ppp",
  localSessionId: 1,
  remoteSessionId: 2,
  receiveCookie: new Uint8Array(),
  transmitCookie: new Uint8Array(),
  receiveSublayer: "none",
  transmitSublayer: "none",
  receiveSequencing: "none",
  transmitSequencing: "none",
};

/** A grant, and how often it was given back. */
class Granted {
  returned = 0;
  readonly grant: PppGrant = { allowed: true, release: () => this.returned++ };
}

/** A session, its peer, which says its password by PAP, and who answers the attempts by hand. */
class Scene {
  readonly answers: ((grant: PppGrant) => void)[] = [];
  readonly session: PppSession;
  #peer!: PppLink;
  #onPunt: DataPath["onPunt"] = () => {};

  constructor() {
    const admit = (_attempt: PppAttempt) =>
      new Promise<PppGrant>((resolve) => this.answers.push(resolve));
    const setPunt = (onPunt: DataPath["onPunt"]) => this.#onPunt = onPunt;
    const path = {
      set onPunt(onPunt: DataPath["onPunt"]) {
        setPunt(onPunt);
      },
      transmitPayloads: (frames: readonly Uint8Array[]) => {
        for (const frame of frames) this.#peer.handleFrame(frame, 0);
        return Promise.resolve();
      },
      setPppProtocols: () => Promise.resolve(),
      setRoutes: () => Promise.resolve(),
    };
    this.session = new PppSession({
      name: "s",
      connection: "c",
      options: resolvePpp({ authenticate: ["pap"], access: { admit }, echo: 0 }),
      tun: undefined,
      dataPath: path as unknown as DataPath,
      after: () => () => {},
      pathMtu: () => 1_500,
      close: () => {},
      onLinkUp: () => {},
      onAgreedMtu: () => {},
      onChange: () => {},
    });
    this.call();
    this.session.begin(DESCRIPTOR, {});
    this.talk();
  }

  /** The peer's LCP begins anew, as after a restart. */
  call(): void {
    this.#peer = new PppLink({ credentials: user("alice"), bridge: {} }, new Prng(1));
    this.#peer.open(0);
    this.#peer.lowerUp(0);
  }

  /** Frames pass until nobody has anything to say. */
  talk(): void {
    for (let effect = this.#peer.poll(); effect !== undefined; effect = this.#peer.poll()) {
      if (effect.kind === "transmit") this.#onPunt([new Uint8Array(effect.octets)]);
    }
  }

  async answer(index: number, { grant }: Granted): Promise<void> {
    this.answers[index]!(grant);
    await new Promise((resolve) => setTimeout(resolve));
    this.talk();
  }
}

Deno.test("a peer that proves itself again has given back what it had, before anybody is asked", async () => {
  const scene = new Scene();
  const [first, second] = [new Granted(), new Granted()];
  await scene.answer(0, first);
  assertEquals(first.returned, 0);
  scene.call();
  scene.talk();
  assertEquals([scene.answers.length, first.returned], [2, 1]);
  await scene.answer(1, second);
  assertEquals([first.returned, second.returned], [1, 0]);
  scene.session.end();
  assertEquals([first.returned, second.returned], [1, 1]);
});

Deno.test("what is granted when the session has ended is given back, and nothing twice", async () => {
  const scene = new Scene();
  const [first, second] = [new Granted(), new Granted()];
  await scene.answer(0, first);
  scene.call();
  scene.talk();
  scene.session.end();
  await scene.answer(1, second);
  assertEquals([first.returned, second.returned], [1, 1]);
});

Deno.test("an attempt that is answered after the next one does not take its place", async () => {
  const scene = new Scene();
  const [first, second] = [new Granted(), new Granted()];
  scene.call();
  scene.talk();
  assertEquals(scene.answers.length, 2);
  await scene.answer(1, second);
  await scene.answer(0, first);
  assertEquals([first.returned, second.returned], [1, 0]);
  scene.session.end();
  assertEquals([first.returned, second.returned], [1, 1]);
});
