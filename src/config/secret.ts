/**
 * Shared secrets: read from where the configuration says, held so that no log, error or JSON can
 * show them by accident.
 *
 * Read RFC 3931 §4.3 for what they protect (V3-AUTH-21: two of them during a rollover).
 */

import { isAbsolute, join } from "node:path";

/** Where a secret is kept. The configuration itself never holds one. */
export type SecretSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "credential"; readonly name: string }
  | { readonly kind: "environment"; readonly variable: string };

/** A shared secret that does not let itself be printed. */
export class Secret {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.#octets = octets.slice();
  }

  /** A copy of the octets, for the library only. */
  reveal(): Uint8Array {
    return this.#octets.slice();
  }

  /** Whether both are the same; for comparing configurations, not for authenticating peers. */
  equals(other: Secret): boolean {
    return this.#octets.length === other.#octets.length &&
      this.#octets.every((octet, index) => octet === other.#octets[index]);
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("Deno.customInspect")](): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}

/** What reading a secret gave: the secret, and what is unwise about its place; or why not. */
export type SecretReading =
  | { readonly secret: Secret; readonly warning?: string }
  | { readonly wrong: string };

/** Reads a secret; relative files are beside the configuration, in `directory`. */
export function readSecret(source: SecretSource, directory: string): SecretReading {
  switch (source.kind) {
    case "file":
      return readSecretFile(
        isAbsolute(source.path) ? source.path : join(directory, source.path),
        true,
      );
    case "credential": {
      const credentials = Deno.env.get("CREDENTIALS_DIRECTORY");
      if (credentials === undefined) {
        return {
          wrong: `credential ${source.name} cannot be read: $CREDENTIALS_DIRECTORY is not set; ` +
            `start with systemd's LoadCredential=${source.name}:FILE`,
        };
      }
      // systemd makes the directory readable for the unit's user alone.
      return readSecretFile(join(credentials, source.name), false);
    }
    case "environment":
      return readSecretVariable(source.variable);
  }
}

function readSecretVariable(variable: string): SecretReading {
  const value = Deno.env.get(variable);
  if (value === undefined) return { wrong: `environment variable ${variable} is not set` };
  if (value === "") return { wrong: `environment variable ${variable} is empty` };
  return { secret: new Secret(new TextEncoder().encode(value)) };
}

function readSecretFile(path: string, judgeMode: boolean): SecretReading {
  let octets: Uint8Array;
  let mode: number;
  try {
    octets = Deno.readFileSync(path);
    mode = Deno.statSync(path).mode ?? 0;
  } catch (error) {
    return { wrong: `cannot read the secret's file ${path}: ${fileProblem(error)}` };
  }
  const secret = new Secret(withoutLineEnd(octets));
  if (octets.length === 0 || secret.equals(new Secret(new Uint8Array()))) {
    return { wrong: `the secret's file ${path} is empty` };
  }
  const readers = [...(mode & 0o040 ? ["its group"] : []), ...(mode & 0o004 ? ["everybody"] : [])];
  if (!judgeMode || readers.length === 0) return { secret };
  return {
    secret,
    warning: `${path} can be read by ${readers.join(" and ")}; run: chmod 600 ${path}`,
  };
}

/** Editors end a file with a line end that is no part of the secret. */
function withoutLineEnd(octets: Uint8Array): Uint8Array {
  let end = octets.length;
  if (octets[end - 1] === 0x0a) end--;
  if (end < octets.length && octets[end - 1] === 0x0d) end--;
  return octets.subarray(0, end);
}

/** Why a file cannot be read, in a few words. */
export function fileProblem(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) {
    return `this program runs without the permission to read it (deno run --allow-read)`;
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
