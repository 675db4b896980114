/**
 * Endpoints with a translator of addresses between them (NAT): neither sees the other's own address
 * or port. To who calls, the other end is behind it; to who answers, the caller is.
 *
 * Read RFC 3931 §4.1.2.2 and RFC 2661 §8.1 first.
 */

import { assertEquals } from "@std/assert";
import type { Session } from "../../mod.ts";
import { carry, frameOf, next, openLocal } from "./loopback.ts";

const SECRET = "translated";
const STREAMS = { kind: "streams" } as const;

function bound(hostname: string): Deno.DatagramConn & { readonly addr: Deno.NetAddr } {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  return socket as Deno.DatagramConn & { readonly addr: Deno.NetAddr };
}

/** Hands datagrams on to the endpoint behind it, and its answers back, from addresses of its own. */
class Translator implements AsyncDisposable {
  readonly #outside = bound("127.0.0.3");
  readonly #inside = bound("127.0.0.4");
  readonly #carrying = Promise.all([this.#inwards(), this.#outwards()]);
  #caller: Deno.Addr | undefined;
  /** The endpoint behind it. */
  behind: Deno.NetAddr | undefined;

  /** Where callers find the endpoint. */
  get outside(): Deno.NetAddr {
    return this.#outside.addr;
  }

  /** Where the endpoint finds its caller. */
  get inside(): Deno.NetAddr {
    return this.#inside.addr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#outside.close();
    this.#inside.close();
    await this.#carrying;
  }

  async #inwards(): Promise<void> {
    for await (const [octets, caller] of this.#outside) {
      this.#caller = caller;
      if (this.behind !== undefined) await this.#inside.send(octets, this.behind);
    }
  }

  async #outwards(): Promise<void> {
    for await (const [octets] of this.#inside) {
      if (this.#caller !== undefined) await this.#outside.send(octets, this.#caller);
    }
  }
}

/** A frame that any pseudowire carries as it is: of PPP it is a packet of IPv4. */
function anyFrame(seed: number): Uint8Array {
  const frame = frameOf(seed);
  frame.set([0xff, 0x03, 0x00, 0x21]);
  return frame;
}

for (const version of [3, 2, "auto"] as const) {
  Deno.test(`through a translator of addresses, version ${version}: set-up, frames both ways, the end [V3-UDP-07, V3-UDP-08, V2-UDP-02]`, async () => {
    // The first, so that it carries the last acknowledgements of the endpoints' end.
    await using translator = new Translator();
    await using far = await openLocal("far", [{ name: "near", secret: SECRET, version }]);
    await using near = await openLocal("near");
    translator.behind = { transport: "udp", hostname: "127.0.0.1", port: far.listening[0]!.port };
    const answering = next(far.connectionRequests()).then((request) => request.accept());
    const { hostname, port } = translator.outside;
    const connection = await near.connect(`${hostname}:${port}`, { version, secret: SECRET });
    const accepted = await answering;
    const attach = STREAMS;
    const pseudowire = version === 2 ? "ppp" : "ethernet";
    const requested = next(accepted.sessionRequests());
    const opening = connection.openSession({ remoteEndId: "lan", attach, pseudowire });
    const theirs: Session = await (await requested).accept({ attach });
    const ours = await opening;
    const frames = [anyFrame(1), anyFrame(2)];
    assertEquals(await carry(ours, theirs, frames), frames);
    assertEquals(await carry(theirs, ours, frames), frames);
    const remote = (endpoint: typeof far) => endpoint.status().connections[0]!.remote;
    assertEquals([remote(near).address, remote(near).port], [hostname, port]);
    assertEquals(
      [remote(far).address, remote(far).port],
      [translator.inside.hostname, translator.inside.port],
    );
    await accepted.close();
    assertEquals((await ours.closed).cause, "connection");
    assertEquals((await connection.closed).cause, "remote");
  });
}
