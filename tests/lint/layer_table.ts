/**
 * The arrows of DESIGN.md section 3 as data: which folder of `src/` may import which, and what the
 * pure folders may not touch. The lint plugin and `tests/architecture_test.ts` both read it, so an
 * editor and the gate give the same answer.
 */

/** What one layer may import. */
export interface Layer {
  /** Folders of `src/`, or single files below them, whose values and types it may use. */
  readonly imports: readonly string[];
  /** Folders it may name types of only. */
  readonly typesOf?: readonly string[];
  /** Modules that are not ours: exact specifiers, or prefixes ending in `/` or `:`. */
  readonly foreign?: readonly string[];
}

const BELOW_ENDPOINT = [
  "model",
  "crypto",
  "wire",
  "core",
  "pseudowire",
  "ppp",
  "dataplane",
  "io",
] as const;

/** Layers by folder; a path with a `.ts` is one file that differs from its folder. */
export const LAYERS: Readonly<Record<string, Layer>> = {
  "model": { imports: [] },
  "crypto": { imports: [], foreign: ["node:crypto"] },
  "wire": { imports: ["model", "crypto"] },
  "core": { imports: ["model", "wire", "crypto"] },
  "pseudowire": { imports: ["model", "wire"] },
  "ppp": { imports: ["model", "wire/byte_reader.ts", "wire/byte_writer.ts", "crypto"] },
  "dataplane": { imports: ["model", "wire", "pseudowire"] },
  "dataplane/worker.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/dataplane.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/handover.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/kernel_error.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/kernel_port.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/rehearsal.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/socket_sink.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/socket_source.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/steering.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "dataplane/tap_port.ts": { imports: ["model", "wire", "pseudowire", "io"] },
  "io": { imports: [], foreign: ["node:"] },
  "endpoint": { imports: BELOW_ENDPOINT, foreign: ["node:", "@logtape/logtape"] },
  "config": {
    imports: [
      "model",
      "endpoint/addresses.ts",
      "endpoint/attachment_options.ts",
      "endpoint/options.ts",
      "endpoint/payload_options.ts",
      "endpoint/playback.ts",
    ],
    foreign: ["node:", "yaml", "valibot", "@valibot/to-json-schema", "@std/"],
  },
  "daemon": {
    imports: ["endpoint", "config"],
    typesOf: ["model"],
    foreign: ["node:", "@std/", "@logtape/logtape", "@opentelemetry/"],
  },
  "cli": {
    imports: ["daemon", "config", "endpoint", "wire/dissect.ts"],
    typesOf: ["model"],
    foreign: ["node:", "@std/", "@logtape/logtape"],
  },
  "main.ts": { imports: ["cli", "daemon/process_signals.ts", "dataplane/worker_thread.ts"] },
};

/** Folders that take time, randomness and octets as arguments and ask for nothing (TASTE 1). */
export const PURE_FOLDERS: ReadonlySet<string> = new Set([
  "model",
  "wire",
  "core",
  "pseudowire",
  "ppp",
]);

/** Names no pure folder may use: clocks, timers, randomness, the runtime, output. */
export const IMPURE_NAMES: ReadonlySet<string> = new Set([
  "Date",
  "Temporal",
  "performance",
  "setTimeout",
  "setInterval",
  "clearTimeout",
  "clearInterval",
  "queueMicrotask",
  "crypto",
  "Deno",
  "process",
  "Worker",
  "fetch",
  "console",
]);

/** The files that may ask which version is spoken (DESIGN section 1, third idea). */
export const VERSION_AWARE_FILES: ReadonlySet<string> = new Set([
  "wire/first_look.ts",
  "core/negotiation.ts",
  "dataplane/session_row.ts",
  "dataplane/descriptor_check.ts",
]);

/** The part of a path after its last `/src/`, or `undefined` for a file outside `src/`. */
export function pathInSource(file: string): string | undefined {
  const at = file.replaceAll("\\", "/").lastIndexOf("/src/");
  return at < 0 ? undefined : file.slice(at + "/src/".length);
}

/** The folder of a path below `src/`: `wire/avp.ts` -> `wire`; `main.ts` -> `main.ts`. */
export function folderOf(path: string): string {
  return path.split("/")[0]!;
}

/** The layer that a file below `src/` belongs to, or `undefined` where DESIGN.md names none. */
export function layerOf(path: string): Layer | undefined {
  return LAYERS[path] ?? LAYERS[folderOf(path)];
}

/** Resolves a relative specifier against a path below `src/`; leaving `src/` gives `../…`. */
export function resolveSpecifier(from: string, specifier: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") {
      if (parts.length === 0 || parts[0] === "..") parts.push("..");
      else parts.pop();
    } else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function covers(allowed: readonly string[], path: string): boolean {
  return allowed.some((entry) => entry === path || path.startsWith(`${entry}/`));
}

/** Why the file `from` may not import `specifier`, or `undefined` where it may. */
export function importFault(
  from: string,
  specifier: string,
  typeOnly: boolean,
): string | undefined {
  const layer = layerOf(from);
  if (layer === undefined) return `no layer is known for ${from} (DESIGN.md section 3)`;
  if (!specifier.startsWith(".")) {
    const foreign = layer.foreign ?? [];
    const allowed = foreign.some((entry) =>
      entry === specifier || (/[/:]$/.test(entry) && specifier.startsWith(entry))
    );
    return allowed ? undefined : `${folderOf(from)} may not import ${specifier}`;
  }
  const target = resolveSpecifier(from, specifier);
  if (folderOf(target) === folderOf(from)) return undefined;
  if (covers(layer.imports, target)) return undefined;
  if (typeOnly && covers(layer.typesOf ?? [], target)) return undefined;
  return `${folderOf(from)} may not import ${target}`;
}
