/**
 * Two control planes back to back: no link, no delay, a clock that the test moves. What a rough link
 * does to them is the harness's matter; this is for what the core's own tests need.
 */

import type { ConnectionHandle, Effect, SessionHandle } from "../../src/core/effect.ts";
import { Lcce } from "../../src/core/lcce.ts";
import type {
  ConnectionSettings,
  LcceConfig,
  OutgoingSessionSettings,
  SessionSettings,
} from "../../src/core/lcce_config.ts";
import type { Encapsulation, Path } from "../../src/model/path.ts";
import { Prng } from "../harness/prng.ts";

/** Plain L2TPv3 without a secret. */
export const SETTINGS: ConnectionSettings = {
  version: 3,
  authentication: "none",
  digest: "sha1",
  secrets: [],
  hideAvps: false,
  helloMs: 60_000,
  retransmission: { initialMs: 1000, capMs: 8000, limit: 10 },
  receiveWindow: 16,
};

export const SESSION: SessionSettings = {
  pseudowire: "ethernet",
  cookieLength: 8,
  sublayer: "default",
  sequencing: "none",
  circuitStatus: 1,
};

/** The settings of a session request for this circuit. */
export function call(remoteEndId: string): OutgoingSessionSettings {
  return { ...SESSION, remoteEndId: new TextEncoder().encode(remoteEndId) };
}

/** The path from `a` to `b` as `a` sees it. */
export function pathOf(a: string, b: string, encapsulation: Encapsulation = "udp"): Path {
  const port = encapsulation === "udp" ? 1701 : 0;
  return { encapsulation, local: { address: a, port }, remote: { address: b, port } };
}

type Kind = Effect["kind"];
type EffectOf<K extends Kind> = Extract<Effect, { kind: K }>;

/** One end: its control plane, and everything it has asked for. */
export class End {
  readonly lcce: Lcce;
  readonly address: string;
  readonly effects: Effect[] = [];
  /** Whether what was asked for is kept, for tests to see. */
  keeps = true;
  /** Whether requests are accepted as they come. */
  accepts = true;

  constructor(
    address: string,
    seed: number,
    settings: ConnectionSettings,
    config?: Partial<LcceConfig>,
  ) {
    this.address = address;
    const prng = new Prng(seed);
    this.lcce = new Lcce({
      hostName: `host-${address}`,
      routerId: seed,
      pseudowireCapabilities: ["ethernet", "ethernet-vlan"],
      findPeers: () => [{ name: "peer", settings }],
      ...config,
    }, { fill: (octets) => prng.fill(octets) });
  }

  told<K extends Kind>(kind: K): EffectOf<K>[] {
    return this.effects.filter((effect): effect is EffectOf<K> => effect.kind === kind);
  }
}

/** Two ends and the time between them. */
export class TwoLcces {
  readonly a: End;
  readonly b: End;
  now = 1_000_000;
  /** Decides whether a datagram arrives; all do unless a test says otherwise. */
  arrives: (octets: Uint8Array, from: End) => boolean = () => true;

  constructor(
    settings: Partial<ConnectionSettings> = {},
    configs: { a?: Partial<LcceConfig>; b?: Partial<LcceConfig> } = {},
    settingsOfB: Partial<ConnectionSettings> = settings,
  ) {
    this.a = new End("192.0.2.1", 1, { ...SETTINGS, ...settings }, configs.a);
    this.b = new End("192.0.2.2", 2, { ...SETTINGS, ...settingsOfB }, configs.b);
  }

  /** Lets both talk until neither has anything to say. */
  settle(): void {
    while (this.#drain(this.a, this.b) || this.#drain(this.b, this.a));
  }

  /** Moves the clock, firing timers on the way. */
  advance(ms: number): void {
    const end = this.now + ms;
    this.settle();
    for (;;) {
      const next = Math.min(
        this.a.lcce.nextTimeout() ?? Infinity,
        this.b.lcce.nextTimeout() ?? Infinity,
      );
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.a.lcce.handleTimeout(this.now);
      this.b.lcce.handleTimeout(this.now);
      this.settle();
    }
    this.now = end;
  }

  /** `a` asks `b` for a connection; both ends' handles of it. */
  connect(settings: Partial<ConnectionSettings> = {}, encapsulation: Encapsulation = "udp") {
    const path = pathOf(this.a.address, this.b.address, encapsulation);
    const a = this.a.lcce.connect(path, { ...SETTINGS, ...settings }, this.now);
    this.settle();
    return { a, b: this.b.told("connectionUp").at(-1)?.connection as ConnectionHandle };
  }

  openSession(connection: ConnectionHandle, remoteEndId = "lan"): SessionHandle {
    const session = this.a.lcce.openSession(connection, call(remoteEndId), this.now);
    this.settle();
    return session;
  }

  #drain(from: End, to: End): boolean {
    let busy = false;
    for (let effect = from.lcce.poll(); effect !== undefined; effect = from.lcce.poll()) {
      busy = true;
      if (from.keeps || effect.kind === "connectionUp") from.effects.push(effect);
      this.#apply(effect, from, to);
    }
    return busy;
  }

  #apply(effect: Effect, from: End, to: End): void {
    if (effect.kind === "connectionRequested" && from.accepts) {
      from.lcce.acceptConnection(effect.connection, this.now);
    } else if (effect.kind === "sessionRequested" && from.accepts) {
      from.lcce.acceptSession(effect.session, SESSION, this.now);
    } else if (effect.kind === "placeCall") {
      from.lcce.handleCallPlaced(effect.session, this.now);
    } else if (effect.kind === "transmit" && this.arrives(effect.octets, from)) {
      const { encapsulation, local, remote } = effect.path;
      const path = { encapsulation, local: remote, remote: local };
      to.lcce.handleDatagram(path, effect.octets, this.now);
    }
  }
}
