/** The reliable channel by itself: RFC 3931 §4.2, Appendix A and Appendix B as traces. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ReliableChannel, retransmissionCycleMs } from "../../src/core/reliable_channel.ts";

const RETRANSMISSION = { initialMs: 1000, capMs: 8000, limit: 10 };

type Channel = ReliableChannel<string, string>;

function channel(peerWindow?: number, receiveWindow = 16): Channel {
  const made: Channel = new ReliableChannel(RETRANSMISSION, receiveWindow);
  if (peerWindow !== undefined) made.setPeerWindow(peerWindow);
  return made;
}

/** Everything that may be transmitted now, as "message Ns/Nr". */
function transmissions(from: Channel, now: number): string[] {
  const sent: string[] = [];
  for (let next = from.nextTransmission(now); next; next = from.nextTransmission(now)) {
    sent.push(`${next.message} ${next.ns}/${next.nr}`);
  }
  return sent;
}

function acknowledgement(from: Channel): string {
  const { ns, nr } = from.takeAcknowledgement();
  return `ACK ${ns}/${nr}`;
}

function delivered(from: Channel): string[] {
  const messages: string[] = [];
  for (let next = from.takeDelivered(); next; next = from.takeDelivered()) messages.push(next);
  return messages;
}

Deno.test("Appendix B.1: a control connection is established in lock step [V3-REL-06, V3-HDR-09, V3-HDR-10]", () => {
  const [a, b] = [channel(), channel()];
  a.enqueue("SCCRQ");
  assertEquals(transmissions(a, 0), ["SCCRQ 0/0"]);
  assertEquals(b.receive(0, 0, "SCCRQ", 0), "accepted");
  b.enqueue("SCCRP");
  assertEquals(transmissions(b, 0), ["SCCRP 0/1"]);
  a.receive(0, 1, "SCCRP", 0);
  a.enqueue("SCCCN");
  assertEquals(transmissions(a, 0), ["SCCCN 1/1"]);
  b.receive(1, 1, "SCCCN", 0);
  assertEquals(b.owesAcknowledgement, true);
  assertEquals(acknowledgement(b), "ACK 1/2");
});

Deno.test("Appendix B.2: a lost reply is retransmitted on its sender's own timer [V3-REL-33, V3-REL-03, V3-REL-12]", () => {
  const [a, b] = [channel(), channel()];
  for (const [ns, nr] of [[0, 0], [1, 1]] as const) {
    a.enqueue("set-up");
    transmissions(a, 0);
    b.receive(ns, nr, "set-up", 0);
    if (ns === 0) {
      b.enqueue("SCCRP");
      transmissions(b, 0);
      a.receive(0, 1, "SCCRP", 0);
    } else a.receiveAcknowledgement(2, 0);
  }
  delivered(b);
  a.enqueue("ICRQ");
  assertEquals(transmissions(a, 0), ["ICRQ 2/1"]);
  b.receive(2, 1, "ICRQ", 5);
  b.enqueue("ICRP");
  assertEquals(transmissions(b, 5), ["ICRP 1/3"]);
  // The ICRP is lost; A's timer started first, so it fires first.
  assertEquals(a.handleTimeout(1000), "retransmit");
  assertEquals(transmissions(a, 1000), ["ICRQ 2/1"]);
  assertEquals(b.receive(2, 1, "ICRQ", 1002), "duplicate");
  assertEquals(acknowledgement(b), "ACK 2/3");
  // Here it may go out again as well, which is not in the RFC's trace; it is lost, too.
  assertEquals(transmissions(b, 1002), ["ICRP 1/3"]);
  assertEquals(a.receiveAcknowledgement(3, 1004), true);
  assertEquals(b.handleTimeout(1005), "retransmit");
  assertEquals(transmissions(b, 1005), ["ICRP 1/3"]);
  assertEquals(a.receive(1, 3, "ICRP", 1007), "accepted");
  a.enqueue("ICCN");
  assertEquals(transmissions(a, 1007), ["ICCN 3/2"]);
  b.receive(3, 2, "ICCN", 1009);
  assertEquals(acknowledgement(b), "ACK 2/4");
  assertEquals(delivered(b), ["ICRQ", "ICCN"]);
});

/** A channel whose one message went out at 0 and, by its timer, at 1 s and 3 s. */
function unheard(): Channel {
  const made = channel();
  made.receive(0, 0, "ICRQ", 0);
  made.enqueue("ICRP");
  assertEquals(transmissions(made, 0), ["ICRP 0/1"]);
  for (const at of [1000, 3000]) {
    assertEquals(made.handleTimeout(at), "retransmit");
    assertEquals(transmissions(made, at), ["ICRP 0/1"]);
  }
  return made;
}

Deno.test("a peer that repeats itself gets the oldest unheard message again as its acknowledgement, and the timer is as it was [V3-REL-03, V3-REL-13]", () => {
  const sender = unheard();
  assertEquals(sender.receive(0, 0, "ICRQ", 5000), "duplicate");
  assertEquals(transmissions(sender, 5000), ["ICRP 0/1"]);
  assertEquals(sender.owesAcknowledgement, false);
  assertEquals(sender.timeoutAt, 7000);
  assertEquals(sender.unanswered?.retransmissions, 2);
  assertEquals(sender.handleTimeout(7000), "retransmit");
  assertEquals(sender.timeoutAt, 15_000);
});

Deno.test("what went out a moment ago does not go again for a copy that the network made [V3-REL-03]", () => {
  const sender = unheard();
  for (const at of [3100, 3499]) {
    assertEquals(sender.receive(0, 0, "ICRQ", at), "duplicate");
    assertEquals(transmissions(sender, at), []);
  }
  sender.receive(0, 0, "ICRQ", 3500);
  sender.receive(0, 0, "ICRQ", 3500);
  assertEquals(transmissions(sender, 3500), ["ICRP 0/1"]);
  sender.receive(0, 0, "ICRQ", 3600);
  assertEquals(transmissions(sender, 3600), []);
  assertEquals(acknowledgement(sender), "ACK 1/1");
});

Deno.test("a repetition that acknowledges everything repeats nothing, and one that acknowledges the oldest repeats the next [V3-REL-07]", () => {
  const sender = unheard();
  assertEquals(sender.receive(0, 1, "ICRQ", 5000), "duplicate");
  assertEquals(transmissions(sender, 5000), []);
  for (const message of ["m1", "m2"]) sender.enqueue(message);
  assertEquals(transmissions(sender, 6000), ["m1 1/1", "m2 2/1"]);
  assertEquals(sender.receive(0, 2, "ICRQ", 6600), "duplicate");
  assertEquals(transmissions(sender, 6600), ["m2 2/1"]);
});

Deno.test("Appendix A: slow start doubles up to SSTHRESH, then growth is linear [V3-REL-25, V3-REL-26, V3-REL-27, V3-REL-28]", () => {
  const sender = channel(8);
  for (let i = 0; i < 100; i++) sender.enqueue("m");
  const flights: number[] = [];
  let acknowledged = 0;
  for (let round = 0; round < 5; round++) {
    const flight = transmissions(sender, 0).length;
    flights.push(flight);
    for (let i = 0; i < flight; i++) sender.receiveAcknowledgement(++acknowledged, 0);
  }
  assertEquals(flights, [1, 2, 4, 8, 8]);
});

Deno.test("Appendix A: a retransmission halves SSTHRESH and begins again with one [V3-REL-29, V3-REL-27]", () => {
  const sender = channel(8);
  for (let i = 0; i < 100; i++) sender.enqueue("m");
  let acknowledged = 0;
  for (let round = 0; round < 4; round++) {
    const flight = transmissions(sender, 0).length;
    for (let i = 0; i < flight; i++) sender.receiveAcknowledgement(++acknowledged, 0);
  }
  assertEquals(transmissions(sender, 0).length, 8);
  assertEquals(sender.handleTimeout(1000), "retransmit");
  assertEquals(transmissions(sender, 1000), ["m 15/0"]);
  assertEquals(sender.snapshot().slowStartThreshold, 4);
  // The peer had lost all eight: the whole flight goes again as the window opens.
  const windows: number[] = [];
  for (let i = 0; i < 14; i++) {
    sender.receiveAcknowledgement(++acknowledged, 1000);
    windows.push(sender.snapshot().congestionWindow);
    transmissions(sender, 1000);
  }
  assertEquals(windows, [2, 3, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6]);
});

Deno.test("messages that a retransmission overtakes go out again only as far as they are missing [V3-REL-29]", () => {
  const sender = channel(4);
  for (let i = 0; i < 6; i++) sender.enqueue(`m${i}`);
  transmissions(sender, 0);
  sender.receiveAcknowledgement(1, 0);
  assertEquals(transmissions(sender, 0), ["m1 1/0", "m2 2/0"]);
  sender.handleTimeout(1000);
  assertEquals(transmissions(sender, 1000), ["m1 1/0"]);
  // The peer held m2 and needs no second one.
  sender.receiveAcknowledgement(3, 1010);
  assertEquals(transmissions(sender, 1010), ["m3 3/0", "m4 4/0"]);
});

Deno.test("a peer with a window of 65,535 is sent no more than its duplicates can be told from [V3-REL-02, V3-REL-20, V2-REL-02]", () => {
  const half = 0x8000;
  const [sender, receiver] = [channel(65_535), channel(undefined, 65_535)];
  for (let number = 0; number < 3 * half; number++) sender.enqueue("m");
  const received = { flight: 0, most: 0, messages: 0 };
  for (let next = sender.nextTransmission(0); next; next = sender.nextTransmission(0)) {
    const flight = [next];
    for (let more = sender.nextTransmission(0); more; more = sender.nextTransmission(0)) {
      flight.push(more);
    }
    received.most = Math.max(received.most, flight.length);
    for (const { ns, nr, message } of flight) {
      assertEquals(receiver.receive(ns, nr, message, 0), "accepted");
      received.messages += delivered(receiver).length;
      sender.receiveAcknowledgement(receiver.takeAcknowledgement().nr, 0);
    }
  }
  assertEquals([received.most, received.messages], [half, 3 * half]);
});

Deno.test("each interval is twice the one before, up to the cap; then the peer is given up [V3-REL-11, V3-REL-13, V3-REL-15, V3-REL-17]", () => {
  const sender = channel();
  sender.enqueue("HELLO");
  transmissions(sender, 0);
  const gaps: number[] = [];
  let now = 0;
  for (;;) {
    const at = sender.timeoutAt!;
    gaps.push((at - now) / 1000);
    now = at;
    assertEquals(sender.handleTimeout(now - 1), "waiting");
    if (sender.handleTimeout(now) === "exhausted") break;
    assertEquals(transmissions(sender, now), ["HELLO 0/0"]);
  }
  assertEquals(gaps, [1, 2, 4, 8, 8, 8, 8, 8, 8, 8, 8]);
  assertEquals(now, retransmissionCycleMs(RETRANSMISSION));
  assertEquals(sender.snapshot().retransmissions, 10);
});

Deno.test("an Nr that acknowledges what was never sent flushes nothing [V3-REL-08]", () => {
  const sender = channel();
  sender.enqueue("ICRQ");
  sender.enqueue("HELLO");
  transmissions(sender, 0);
  assertEquals(sender.receiveAcknowledgement(2, 0), false);
  assertEquals(sender.receive(0, 2, "x", 0), "invalid-nr");
  assertEquals(delivered(sender), []);
  assertEquals(sender.snapshot().inFlight, 1);
  assertEquals(sender.receiveAcknowledgement(0xffff, 0), true, "that one was only late");
  assertEquals(sender.snapshot().inFlight, 1);
});

Deno.test("the last message needs no open congestion window, and those not yet sent are forgotten [V3-CC-12, V3-REL-32]", () => {
  const sender = channel();
  sender.enqueue("SCCRQ");
  transmissions(sender, 0);
  sender.enqueue("never");
  sender.enqueueLast("StopCCN");
  assertEquals(transmissions(sender, 0), ["StopCCN 1/0"]);
  const narrow = channel(1);
  narrow.enqueue("HELLO");
  transmissions(narrow, 0);
  narrow.enqueueLast("StopCCN");
  assertEquals(transmissions(narrow, 0), [], "the peer's window is still the peer's");
});

Deno.test("what is sent again out of turn keeps its numbers, and has all its time and attempts before it [V3-REL-12]", () => {
  const sender = channel();
  sender.resend(0);
  sender.enqueue("SCCRQ");
  sender.resend(0);
  assertEquals(sender.timeoutAt, undefined, "nothing is out");
  transmissions(sender, 0);
  assertEquals(sender.handleTimeout(1000), "retransmit");
  transmissions(sender, 1000);
  assertEquals(sender.timeoutAt, 3000);
  sender.resend(1200);
  assertEquals(transmissions(sender, 1200), ["SCCRQ 0/0"]);
  assertEquals(sender.timeoutAt, 2200);
  sender.receiveAcknowledgement(1, 1300);
  sender.resend(1300);
  assertEquals(transmissions(sender, 1300), [], "the peer has it");
});

Deno.test("what is far ahead is as good as lost, what is a little ahead waits [V3-REL-05, V3-REL-09]", () => {
  const receiver = channel(undefined, 4);
  assertEquals(receiver.receive(4, 0, "e", 0), "out-of-window");
  assertEquals(receiver.receive(2, 0, "c", 0), "held");
  assertEquals(receiver.receive(1, 0, "b", 0), "held");
  assertEquals([receiver.owesAcknowledgement, delivered(receiver)], [false, []]);
  assertEquals(receiver.receive(0, 0, "a", 0), "accepted");
  assertEquals(delivered(receiver), ["a", "b", "c"]);
  assertEquals(acknowledgement(receiver), "ACK 0/3");
});

/** What the network does to each datagram: it is lost, or arrives, or is overtaken by the next. */
const anyFate = fc.constantFrom("lost" as const, "arrives" as const, "overtaken" as const);

Deno.test("whatever a network does at first, all messages arrive in order and once [V3-REL-05, V3-REL-21]", () => {
  const window = fc.integer({ min: 1, max: 6 });
  fc.assert(fc.property(fc.array(anyFate, { maxLength: 80 }), window, (fates, size) => {
    const [a, b] = [channel(size), channel(undefined, size)];
    const sent = Array.from({ length: 20 }, (_, index) => `m${index}`);
    sent.forEach((message) => a.enqueue(message));
    const got: string[] = [];
    const onTheWay: (() => void)[] = [];
    const carry = (arrive: () => void) => {
      const fate = fates.shift() ?? "arrives";
      if (fate === "arrives") onTheWay.unshift(arrive);
      if (fate === "overtaken") onTheWay.push(arrive);
    };
    for (let now = 0; !a.isDrained; now = a.timeoutAt ?? now) {
      a.handleTimeout(now);
      do {
        for (let next = a.nextTransmission(now); next; next = a.nextTransmission(now)) {
          const { ns, nr, message } = next;
          assert(a.snapshot().inFlight <= size, "more in flight than the window allows");
          carry(() => {
            b.receive(ns, nr, message, now);
            got.push(...delivered(b));
            const answer = b.takeAcknowledgement();
            carry(() => void a.receiveAcknowledgement(answer.nr, now));
          });
        }
        onTheWay.shift()?.();
      } while (onTheWay.length > 0);
    }
    assertEquals(got, sent);
  }));
});
