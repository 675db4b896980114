/**
 * Talks to the running daemon: HTTP and JSON over its unix socket.
 *
 * `node:http` is used because `fetch` over a unix socket asks for network permissions besides; it is
 * loaded by whoever asks, and not by the daemon.
 */

import type { IncomingMessage } from "node:http";
import { DEFAULT_CONTROL_SOCKET } from "../config/configuration.ts";
import type { Invocation } from "./command.ts";

/** Nobody answers on the control socket. */
export class DaemonNotReachable extends Error {
  override readonly name = "DaemonNotReachable";
}

/** The daemon has nothing of that name. */
export class NoSuchObject extends Error {
  override readonly name = "NoSuchObject";
}

/** The daemon's answer. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One server-sent event. */
export interface ServerEvent {
  readonly type: string;
  /** Parsed from JSON. */
  readonly data: unknown;
}

/** A daemon, as a command line sees it. */
export interface ControlClient {
  readonly socket: string;
  /**
   * Asks, and waits for the answer.
   *
   * @throws {DaemonNotReachable} when nobody is there.
   */
  ask(method: "GET" | "POST", path: string): Promise<Answer>;
  /**
   * Listens to server-sent events until `signal` gives up, or the daemon ends.
   *
   * @throws {DaemonNotReachable} when nobody is there, or the daemon dies.
   */
  listen(path: string, signal: AbortSignal): AsyncIterableIterator<ServerEvent>;
  /** Reads an answer's octets as they come, likewise. */
  read(path: string, signal: AbortSignal): AsyncIterableIterator<Uint8Array>;
}

/** The daemon that `--socket`, `$LONGWIRE_SOCKET` or the default names. */
export function daemonOf({ value }: Invocation): ControlClient {
  return daemonAt(value("socket") ?? Deno.env.get("LONGWIRE_SOCKET") ?? DEFAULT_CONTROL_SOCKET);
}

/** The daemon that listens on a socket. */
export function daemonAt(socket: string): ControlClient {
  return {
    socket,
    ask: (method, path) => ask(socket, method, path),
    listen: (path, signal) => listen(socket, path, signal),
    read: (path, signal) => read(socket, path, signal),
  };
}

async function ask(socketPath: string, method: string, path: string): Promise<Answer> {
  const http = await import("node:http");
  const answer = Promise.withResolvers<Answer>();
  const request = http.request({ socketPath, method, path, agent: false }, (response) => {
    const chunks: string[] = [];
    response.setEncoding("utf-8");
    response.on("data", (chunk: string) => chunks.push(chunk));
    response.on("error", (error: Error) => answer.reject(notReachable(socketPath, error)));
    response.on("end", () => {
      answer.resolve({ status: response.statusCode ?? 0, body: parseBody(chunks.join("")) });
    });
  });
  request.on("error", (error: Error) => answer.reject(notReachable(socketPath, error)));
  request.end();
  return await answer.promise;
}

async function* listen(
  socketPath: string,
  path: string,
  signal: AbortSignal,
): AsyncIterableIterator<ServerEvent> {
  const decoder = new TextDecoder();
  const texts = async function* () {
    for await (const chunk of read(socketPath, path, signal)) {
      yield decoder.decode(chunk, { stream: true });
    }
  };
  yield* serverEvents(texts());
}

async function* read(
  socketPath: string,
  path: string,
  signal: AbortSignal,
): AsyncIterableIterator<Uint8Array> {
  const http = await import("node:http");
  const answer = Promise.withResolvers<IncomingMessage>();
  const request = http.request({ socketPath, path, agent: false }, answer.resolve);
  request.on("error", (error: Error) => answer.reject(notReachable(socketPath, error)));
  const onAbort = () => void request.destroy();
  signal.addEventListener("abort", onAbort);
  request.end();
  try {
    const response = await answer.promise;
    if (response.statusCode !== 200) throw await refusal(response);
    yield* response;
  } catch (error) {
    if (signal.aborted) return;
    // A daemon that ends may take the connection down before the stream's own end has left.
    const isBroken = error instanceof Error && "code" in error;
    throw isBroken && !(error instanceof DaemonNotReachable)
      ? new DaemonNotReachable(`the daemon on ${socketPath} has ended`, { cause: error })
      : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    request.destroy();
  }
}

async function refusal(response: IncomingMessage): Promise<Error> {
  response.setEncoding("utf-8");
  const chunks = await Array.fromAsync<string>(response);
  const status = response.statusCode ?? 0;
  const text = answerError({ status, body: parseBody(chunks.join("")) });
  return status === 404 ? new NoSuchObject(text) : new Error(text);
}

/** Takes a stream of server-sent events apart. Only the fields that the daemon sends are known. */
export async function* serverEvents(
  chunks: AsyncIterable<string>,
): AsyncIterableIterator<ServerEvent> {
  let rest = "";
  for await (const chunk of chunks) {
    const records = (rest + chunk).split("\n\n");
    rest = records.pop() ?? "";
    for (const record of records) {
      const type = /^event: (.*)$/m.exec(record)?.[1];
      const data = /^data: (.*)$/m.exec(record)?.[1];
      if (type !== undefined && data !== undefined) yield { type, data: JSON.parse(data) };
    }
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function notReachable(socket: string, error: Error): DaemonNotReachable {
  const code = "code" in error ? String(error.code) : "";
  const causes: Readonly<Record<string, string>> = {
    ENOENT: "there is no such socket; is the daemon running?",
    ECONNREFUSED: "nobody listens there any more; the daemon has died or was killed",
    ECONNRESET: "it ended before it had answered",
    EACCES: "permission denied; it is for the daemon's user and group",
  };
  const cause = causes[code] ?? error.message;
  return new DaemonNotReachable(`cannot reach the daemon on ${socket}: ${cause}`, { cause: error });
}

/** What a daemon's answer says went wrong. */
export function answerError({ status, body }: Answer): string {
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : body;
  return `the daemon answers: ${typeof error === "string" && error !== "" ? error : status}`;
}
