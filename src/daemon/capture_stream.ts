/**
 * Captures by name, as pcapng: what the daemon knows of a connection or session decides which
 * packets are meant.
 */

import { parseRemote } from "../endpoint/addresses.ts";
import type { Capture, CaptureSelection } from "../endpoint/capture.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { resolveHost } from "../endpoint/resolve_host.ts";
import type { Configuration, TapConfiguration } from "../config/configuration.ts";
import { LINK_TYPES } from "../endpoint/link_types.ts";
import { pcapngHeader, pcapngMissed, pcapngPacket } from "../endpoint/pcapng.ts";
import type { DaemonStatus } from "./status.ts";
import { VERSION } from "./version.ts";

/** Octets that wait for a reader before packets are left out of the capture. */
const MOST_UNREAD_OCTETS = 32 << 20;

/** Nothing has that name, or it has nothing to be captured at the moment. */
export class NothingToCapture extends Error {
  override readonly name = "NothingToCapture";
}

/**
 * Which packets a name means: of a connection or a static session, outside; of a session, written
 * `CONNECTION/SESSION` where a connection has several, inside.
 *
 * @throws {NothingToCapture} for a name of nothing.
 */
export async function captureSelection(
  name: string,
  inner: boolean,
  configuration: Configuration,
  status: DaemonStatus,
): Promise<CaptureSelection> {
  return inner
    ? innerSelection(name, configuration, status)
    : await outerSelection(name, configuration, status);
}

async function outerSelection(
  name: string,
  { connections, static: statics }: Configuration,
  status: DaemonStatus,
): Promise<CaptureSelection> {
  const [connectionName] = name.split("/");
  const connection = connections.find((each) => each.name === connectionName);
  const session = statics.find((each) => each.name === name);
  const meant = connection ?? session;
  if (meant === undefined) throw new NothingToCapture(`there is no connection or session ${name}`);
  const now = status.connections.find((each) => each.name === connectionName);
  const isUp = connection !== undefined && now !== undefined && now.local.port !== 0;
  const localPort = isUp ? now.local.port : session?.localPort;
  const host = isUp ? now.remote.address : parseRemote(meant.remote).host;
  const [remote] = await resolveHost(host);
  if (remote === undefined) throw new NothingToCapture(`${host} has no address`);
  const port = localPort === undefined ? {} : { localPort };
  return { kind: "outer", encapsulation: meant.encapsulation, remote, ...port };
}

function innerSelection(
  name: string,
  { connections, static: statics }: Configuration,
  status: DaemonStatus,
): CaptureSelection {
  const sessions = connections.flatMap((connection) =>
    connection.sessions.map((session) => ({
      names: connection.sessions.length === 1
        ? [connection.name, `${connection.name}/${session.name}`]
        : [`${connection.name}/${session.name}`],
      attach: session.attach,
      now: status.connections.find((each) => each.name === connection.name)
        ?.sessions.find((each) => each.name === session.name),
    }))
  );
  const all = [
    ...sessions,
    ...statics.map(({ name, attach }) => ({
      names: [name],
      attach,
      now: status.static.find((each) => each.name === name),
    })),
  ];
  const found = all.find(({ names }) => names.includes(name));
  if (found === undefined) {
    const known = all.map(({ names }) => names.at(-1)).join(", ");
    throw new NothingToCapture(`there is no session ${name}; there are: ${known}`);
  }
  const { attach, now } = found;
  if (now?.interface === null || now?.interface === undefined) {
    throw new NothingToCapture(`${name} has no interface now`);
  }
  return { kind: "inner", interface: now.interface, ...namespaceOf(attach) };
}

function namespaceOf({ namespace }: TapConfiguration): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

/** A response whose body is a pcapng file that goes on until its reader leaves. */
export function captureResponse(
  endpoint: Pick<Endpoint, "capture">,
  selection: CaptureSelection,
  onEnd: (close: () => void) => () => void,
): Response {
  let capture: Capture;
  let forget: () => void;
  let missed = 0;
  const [linkType, interfaceName] = selection.kind === "inner"
    ? [LINK_TYPES.ethernet, selection.interface]
    : [LINK_TYPES.ip, selection.kind === "outer" ? `to ${selection.remote}` : "any"];
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => {
      stream.enqueue(pcapngHeader(linkType, interfaceName, `longwire ${VERSION}`));
      capture = endpoint.capture(selection, (packet) => {
        if ((stream.desiredSize ?? 0) <= 0) missed++;
        else stream.enqueue(pcapngPacket(packet));
      });
      forget = onEnd(() => {
        missed += capture.takeMissed();
        capture.close();
        if (missed > 0) stream.enqueue(pcapngMissed(missed));
        stream.close();
      });
    },
    cancel: () => {
      forget();
      capture.close();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: MOST_UNREAD_OCTETS }));
  return new Response(body, { headers: { "content-type": "application/x-pcapng" } });
}
