/**
 * PPP in L2TP over bad lines: clients that call an LNS, or are called by it, in either version. Every
 * call ends opened at both ends, which then agree and carry packets, or ended, with a reason that
 * somebody was told; and when all is closed nothing is left behind.
 *
 * Read RFC 2661 §5.2 and §5.4, and RFC 1661 §3 first.
 */

import { assert, assertEquals } from "@std/assert";
import type { OutgoingSessionSettings, SessionSettings } from "../../src/core/lcce_config.ts";
import type { PppDownReason } from "../../src/ppp/ppp_effect.ts";
import type { PppSettings } from "../../src/ppp/ppp_settings.ts";
import { ALL_CELLS, type Cell, V3_UDP } from "../harness/cells.ts";
import { CLEAN, type Impairment } from "../harness/link.ts";
import type { End } from "../harness/pair.ts";
import { ascii } from "../harness/peer_message.ts";
import { Prng } from "../harness/prng.ts";
import { anyTwo, assertAgreement, expectedReason, sharedNetworks } from "../ppp/any_links.ts";
import { user } from "../ppp/two_links.ts";
import { addressOf, Network } from "./network.ts";
import { type Call, PppSite } from "./ppp_site.ts";

/** What became of a call. */
export type CallOutcome = "opened" | "refused" | "timed out";

/** What a run gave, and how much time passed in it. */
export interface CallsRun {
  readonly outcomes: readonly CallOutcome[];
  readonly virtualMs: number;
}

const STORM_MS = 30_000;

/** Long enough for a half-open connection to be found out by its HELLO: 60 s and a cycle of 71 s. */
const CALM_MS = 200_000;

/** What a link may end of where one end is not who it says. */
const DISBELIEF: readonly PppDownReason[] = ["authentication-failed", "credentials-refused"];

/** What a link may end of where too much is lost: frames, or its session's own messages. */
const LOSSES: readonly PppDownReason[] = [
  "lcp-timeout",
  "echo-timeout",
  "authentication-timeout",
  "no-network-protocol",
];

/** One client and the LNS. */
interface Client {
  readonly address: string;
  readonly index: number;
  /** Settings of its link at its own end, and at the LNS'. */
  readonly own: PppSettings;
  readonly lns: PppSettings;
  readonly sequencing: "none" | "all";
  /** Whether the LNS calls it, by OCRQ, and not it the LNS, by ICRQ. */
  readonly isCalled: boolean;
  readonly isImpostor: boolean;
}

/** An IPv4 packet without content, from nowhere to nowhere. */
const PACKET = Uint8Array.fromHex("4500001400000000403b0000" + "0a0000010a000002");

function anyClient(prng: Prng, index: number): Client {
  const [own, lns] = anyTwo(prng);
  const isImpostor = own.credentials !== undefined && prng.chance(0.2);
  const credentials = { ...own.credentials, ...user("joe", "another word") };
  return {
    index,
    address: addressOf(index),
    own: isImpostor ? { ...own, credentials } : own,
    lns,
    sequencing: prng.pick(["none", "all"] as const),
    isCalled: prng.chance(0.3),
    isImpostor,
  };
}

function anyImpairment(prng: Prng): Impairment {
  return {
    ...CLEAN,
    loss: prng.pick([0, 0.1, 0.3]),
    duplication: prng.pick([0, 0.2]),
    reordering: prng.pick([0, 0.2]),
    holdMs: 300,
    delayMs: 1 + prng.below(100),
    jitterMs: prng.pick([0, 50]),
  };
}

/** Links have both routed and bridged frames; only what is routed is sent here. */
function sessionSettings({ sequencing }: Pick<Client, "sequencing">): SessionSettings {
  return {
    pseudowire: "ppp",
    payload: { framing: "routed" },
    cookieLength: 8,
    sublayer: sequencing === "all" ? "default" : "none",
    sequencing,
    circuitStatus: 1,
  };
}

function callOf(client: Client): OutgoingSessionSettings {
  const call = client.isCalled ? "outgoing" : "incoming";
  return { ...sessionSettings(client), call, remoteEndId: ascii("dialin") };
}

/** A network whose first endpoint is the LNS, and what each carries. */
class Calls {
  readonly network: Network;
  readonly sites: PppSite[] = [];
  readonly clients: readonly Client[];

  constructor(seed: number, impairment: Impairment, prng: Prng) {
    const cell: Cell = ALL_CELLS[seed % ALL_CELLS.length]!;
    const isMixed = cell === V3_UDP && prng.chance(0.5);
    const endpoints = 2 + prng.below(3);
    this.clients = Array.from(
      { length: endpoints - 1 },
      (_, index) => anyClient(prng, index + 1),
    );
    const network: Network = new Network({
      cell,
      endpoints,
      seed,
      impairment,
      settings: (index) => ({
        hideAvps: prng.chance(0.5),
        ...(isMixed ? { version: index === 0 ? "auto" : prng.pick([2, 3, "auto"] as const) } : {}),
      }),
      manners: {
        acceptsConnection: () => true,
        // Who is asked wants the same as who asks, as two ends of one link are set up.
        sessionSettings: () => sessionSettings({ sequencing: "none" }),
      },
      traffic: (end, index) => this.#site(end, index, new Prng(prng.uint32())),
    });
    this.network = network;
    for (const client of this.clients) network.plan(prng.below(2_000), () => this.#dial(client));
  }

  #site(end: End, index: number, prng: Prng): PppSite {
    const site: PppSite = new PppSite({
      end,
      prng,
      send: (path, octets) => this.network.send(path, octets, this.network.now),
      settingsFor: (peer) => index === 0 ? this.#clientAt(peer).lns : this.clients[index - 1]!.own,
      onConnectionUp: ({ connection, path }) => {
        if (index > 0) return;
        const client = this.#clientAt(path.remote.address);
        if (client.isCalled) end.openSession(connection, callOf(client), this.network.now);
      },
    });
    this.sites[index] = site;
    return site;
  }

  #clientAt(address: string): Client {
    return this.clients.find((client) => client.address === address)!;
  }

  #dial(client: Client): void {
    const end = this.network.ends[client.index]!;
    const { now } = this.network;
    const connection = end.connect(now, this.network.pathBetween(client.index, 0));
    if (!client.isCalled) end.openSession(connection, callOf(client), now);
  }

  /** What has become of a client's call; throws where that is not as it must be. */
  judge(client: Client, impairment: Impairment): CallOutcome {
    const [lns, own] = [this.sites[0]!, this.sites[client.index]!];
    const theirs = lns.callsWith(client.address);
    const ours = own.callsWith(addressOf(0));
    assertEquals([theirs.length, ours.length], [ours.length, theirs.length], "one end alone");
    const [there, here] = [theirs[0], ours[0]];
    if (there === undefined || here === undefined) return this.#judgeEnd(client, impairment.loss);
    assertOpened(client, here, there, impairment);
    return "opened";
  }

  #judgeEnd(client: Client, loss: number): CallOutcome {
    const ends = this.#endsOf(client);
    const told = new Set(ends.flatMap((end) => end.told("down").map(({ reason }) => reason)));
    const expected = mustEnd(client);
    if (expected.some((reason) => told.has(reason))) return "refused";
    assert(loss > 0, `ended for nothing: ${[...told]}, not ${expected}`);
    const isGivenUp = this.sites[client.index]!.reasons.some(({ cause, text }) =>
      cause !== "local" && text.length > 0
    );
    const isLost = LOSSES.some((reason) => told.has(reason));
    assert(isGivenUp || isLost, `nobody was told why: ${[...told]}`);
    return "timed out";
  }

  /** Both ends of all links that there have been between a client and the LNS. */
  #endsOf({ address, index }: Client) {
    return [
      ...this.sites[0]!.calls.filter(({ peer }) => peer === address),
      ...this.sites[index]!.calls,
    ]
      .flatMap(({ link }) => link === undefined ? [] : [link]);
  }

  /** A packet each way over every call that has IPv4, on a line that is well. */
  checkPackets(): void {
    const [lns] = this.sites;
    const open = this.clients.filter(({ index }) =>
      this.sites[index]!.callsWith(addressOf(0))[0]?.link?.link.status.open.includes("ipv4")
    );
    for (const { address, index } of open) {
      lns!.transmit(address, PACKET);
      this.sites[index]!.transmit(addressOf(0), PACKET);
    }
    this.network.run(1_000);
    for (const { address, index } of open) {
      assertEquals(lns!.takePackets(address), [PACKET], `from ${address}`);
      assertEquals(this.sites[index]!.takePackets(addressOf(0)), [PACKET], `to ${address}`);
    }
  }

  checkNothingLeft(): void {
    for (const site of this.sites) {
      assertEquals(site.nextTimeout(), Infinity, "a link's timer is left behind");
      for (const { link, isOver } of site.calls) {
        assert(isOver, "a call is left behind");
        if (link !== undefined) assertEquals(link.told("down").length, 1, "the ends of a link");
      }
    }
  }
}

/** Why a client's call has to end, any of these; none where it has to open. */
function mustEnd({ own, lns, isImpostor }: Client): readonly PppDownReason[] {
  const reason = expectedReason(own, lns);
  const isDisbelieved = isImpostor && lns.authenticate !== undefined;
  return [...(reason === undefined ? [] : [reason]), ...(isDisbelieved ? DISBELIEF : [])];
}

function assertOpened(client: Client, here: Call, there: Call, impairment: Impairment): void {
  assertEquals(mustEnd(client), [], "opened all the same");
  const [a, b] = [here.link, there.link];
  assert(a !== undefined && b !== undefined, "a session without its link");
  assertEquals([a.link.status.phase, b.link.status.phase], ["network", "network"]);
  const shared = sharedNetworks(client.own, client.lns);
  for (const { link } of [a, b]) assertEquals([...link.status.open].sort(), shared);
  const { reordering, jitterMs = 0 } = impairment;
  const isInOrder = [here, there].every(({ descriptor }) => descriptor.receiveSequencing === "all");
  // PPP relies on order (V2-DP-07): numbers restore it, so that no old request is acknowledged.
  if (isInOrder || reordering + jitterMs === 0) assertAgreement(a, b);
}

/** Runs one seed; throws where something is not as it must be. */
export function runCalls(seed: number): CallsRun {
  const prng = new Prng(seed ^ 0x5a5a5a);
  const impairment = anyImpairment(prng);
  const calls = new Calls(seed, impairment, prng);
  const { network, clients } = calls;
  const begin = network.now;
  network.run(STORM_MS);
  network.calmDown(CALM_MS);
  const outcomes = clients.map((client) => calls.judge(client, impairment));
  calls.checkPackets();
  network.closeAll();
  calls.checkNothingLeft();
  return { outcomes, virtualMs: network.now - begin };
}
