/**
 * The smallest RADIUS server that l2tpns can ask: one user, by CHAP (RFC 2865 §2.2, §3). A program of
 * its own, to be run where l2tpns is: `radius_stub.ts SECRET USER PASSWORD`.
 */

import { createHash } from "node:crypto";

const ACCESS_REQUEST = 1;
const ACCESS_ACCEPT = 2;
const ACCESS_REJECT = 3;
const ACCOUNTING_REQUEST = 4;
const ACCOUNTING_RESPONSE = 5;
const USER_NAME = 1;
const CHAP_PASSWORD = 3;
const CHAP_CHALLENGE = 60;
const HEADER = 20;

function md5(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

function attributesOf(packet: Uint8Array): Map<number, Uint8Array> {
  const attributes = new Map<number, Uint8Array>();
  for (let at = HEADER; at + 2 <= packet.length; at += Math.max(2, packet[at + 1]!)) {
    attributes.set(packet[at]!, packet.subarray(at + 2, at + packet[at + 1]!));
  }
  return attributes;
}

const [secret = "", user = "", password = ""] = Deno.args;
const octets = (text: string) => new TextEncoder().encode(text);

function isProven(packet: Uint8Array): boolean {
  const attributes = attributesOf(packet);
  const proof = attributes.get(CHAP_PASSWORD) ?? new Uint8Array();
  const challenge = attributes.get(CHAP_CHALLENGE) ?? packet.subarray(4, HEADER);
  const expected = md5(proof.subarray(0, 1), octets(password), challenge);
  return new TextDecoder().decode(attributes.get(USER_NAME)) === user &&
    expected.toHex() === proof.subarray(1).toHex();
}

const sockets = [1812, 1813].map((port) =>
  Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port })
);
console.error("ready");
await Promise.all(sockets.map(async (socket) => {
  for await (const [packet, from] of socket) {
    const answer = new Uint8Array(HEADER);
    answer[0] = packet[0] === ACCOUNTING_REQUEST
      ? ACCOUNTING_RESPONSE
      : packet[0] === ACCESS_REQUEST && isProven(packet)
      ? ACCESS_ACCEPT
      : ACCESS_REJECT;
    answer[1] = packet[1]!;
    answer[3] = HEADER;
    answer.set(packet.subarray(4, HEADER), 4);
    answer.set(md5(answer, octets(secret)), 4);
    await socket.send(answer, from);
  }
}));
