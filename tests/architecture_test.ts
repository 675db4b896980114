/**
 * What DESIGN.md sections 2, 3 and 9 say of the tree, checked against the tree: the arrows between
 * folders, no cycles, file sizes, file names, the opening comment. Reads the source, runs nothing.
 */

import { assertEquals } from "@std/assert";
import { importFault, pathInSource, resolveSpecifier } from "./lint/layer_table.ts";

const ROOT = new URL("../", import.meta.url);
const HARD_LIMIT = 600;

/** Tables may be as long as the RFC's. */
const TABLES = new Set(["src/wire/avp_registry.ts", "src/wire/message_rules.ts"]);

interface SourceFile {
  /** From the project's root: `src/wire/avp.ts`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function* filesBelow(folder: string): Generator<SourceFile> {
  for (const entry of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(`${path}/`);
    else if (path.endsWith(".ts")) yield { path, text: Deno.readTextFileSync(new URL(path, ROOT)) };
  }
}

const SOURCES = [...filesBelow("src/")];
const ALL = [...SOURCES, ...filesBelow("tests/"), ...filesBelow("deps/")];

/** Every import and re-export of a file; block comments go first, they hold examples. */
function importsOf({ text }: SourceFile): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const found: Import[] = [];
  const from = /^(?:import|export)\s+(type\s)?[^;"']*?from\s+"([^"]+)"/gm;
  for (const match of code.matchAll(from)) {
    found.push({ specifier: match[2]!, typeOnly: match[1] !== undefined });
  }
  for (const match of code.matchAll(/^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm)) {
    found.push({ specifier: (match[1] ?? match[2])!, typeOnly: false });
  }
  return found;
}

/** The graph of what runs: type-only imports are gone by then, and may point both ways. */
function valueGraph(): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const file of SOURCES) {
    const targets = importsOf(file)
      .filter((found) => !found.typeOnly && found.specifier.startsWith("."))
      .map((found) => resolveSpecifier(file.path, found.specifier));
    graph.set(file.path, targets);
  }
  return graph;
}

function findCycle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return undefined;
    done.add(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle !== undefined) return cycle;
    }
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

Deno.test("imports point down, io stands alone, core and dataplane never meet", () => {
  const faults = SOURCES.flatMap((file) =>
    importsOf(file).flatMap(({ specifier, typeOnly }) => {
      const fault = importFault(pathInSource(`/${file.path}`)!, specifier, typeOnly);
      return fault === undefined ? [] : [`${file.path}: ${fault}`];
    })
  );
  assertEquals(faults, []);
});

Deno.test("no file is, by way of its imports, its own foundation", () => {
  assertEquals(findCycle(valueGraph()), undefined);
});

Deno.test("the cycle finder finds one", () => {
  const graph = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]);
  assertEquals(findCycle(graph), ["b", "c", "b"]);
});

Deno.test("every import of the program is seen by the reader of imports", () => {
  const text = `import { a } from "./a.ts";\nimport type {\n  B,\n} from "./b.ts";\n` +
    `export * from "./c.ts";\n/* import "./no.ts" */\nawait import("./d.ts");\nimport "./e.ts";\n`;
  assertEquals(importsOf({ path: "src/x.ts", text }), [
    { specifier: "./a.ts", typeOnly: false },
    { specifier: "./b.ts", typeOnly: true },
    { specifier: "./c.ts", typeOnly: false },
    { specifier: "./d.ts", typeOnly: false },
    { specifier: "./e.ts", typeOnly: false },
  ]);
});

Deno.test("mod.ts shows the endpoint, and types of the model", () => {
  const text = Deno.readTextFileSync(new URL("mod.ts", ROOT));
  const faults = importsOf({ path: "mod.ts", text })
    .filter(({ specifier, typeOnly }) =>
      !specifier.startsWith("./src/endpoint/") &&
      !(typeOnly && specifier.startsWith("./src/model/"))
    )
    .map((found) => found.specifier);
  assertEquals(faults, []);
});

Deno.test("only io/libc.ts opens a library", () => {
  const openers = SOURCES.filter((file) => file.text.includes("dlopen(")).map((file) => file.path);
  assertEquals(openers.filter((path) => path !== "src/io/libc.ts"), []);
});

Deno.test("no file is longer than 600 lines, tables apart", () => {
  const long = ALL.filter((file) => !TABLES.has(file.path))
    .map((file) => `${file.path}: ${file.text.split("\n").length - 1}`)
    .filter((line) => Number(line.split(": ")[1]) > HARD_LIMIT);
  assertEquals(long, []);
});

Deno.test("files are named in snake_case after a noun, not after a drawer", () => {
  const drawers = /(^|\/)(utils?|helpers?|common|types|misc|index)(\/|\.ts$)/;
  const faults = ALL.map((file) => file.path)
    .filter((path) => drawers.test(path) || !/^[a-z0-9_/]+\.ts$/.test(path));
  assertEquals(faults, []);
});

Deno.test("every file opens with a comment that says what it is", () => {
  const faults = ALL.filter((file) => !file.text.replace(/^#!.*\n/, "").startsWith("/**"))
    .map((file) => file.path);
  assertEquals(faults, []);
});

Deno.test("there is no barrel besides mod.ts, and nothing is left to do later", () => {
  const marker = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
  const faults = ALL.flatMap(({ path, text }) => {
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    const left = code.replaceAll(/^export\s[^;]*?from\s+"[^"]+";/gm, "").trim();
    const barrel = left === "" && code.includes(" from ");
    return [
      ...(barrel ? [`${path}: only re-exports`] : []),
      ...(marker.test(text) ? [`${path}: a note for later`] : []),
    ];
  });
  assertEquals(faults, []);
});

Deno.test("what tests need, the gate installs; dpkg itself is on every Debian", () => {
  const gate = Deno.readTextFileSync(new URL(".ci/run", ROOT));
  const installed = /apt-get install [^]*?>/.exec(gate)?.[0].split(/\s+/) ?? [];
  const needed = ALL.flatMap(({ text }) =>
    [...text.matchAll(/\bprogram\("[^"]+",\s*"([^"]+)"\)/g)].map(([, name]) => name!)
  );
  assertEquals(needed.includes("xl2tpd"), true, "the needs are found");
  const missing = new Set(needed).difference(new Set([...installed, "dpkg"]));
  assertEquals([...missing], []);
});
