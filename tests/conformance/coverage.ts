/**
 * Which requirement is shown by which test: reads `requirements.md` and the names of all tests, and
 * writes `COVERAGE.md`. A test claims rows by ending its name in their IDs, `[V3-REL-03, A-14]`.
 *
 * `deno task coverage` writes the page; with `--check` it only says whether the page is up to date.
 * An ID that `requirements.md` does not have is an error: it would claim what nobody asked.
 */

import { DEVIATIONS, LATER } from "./later.ts";

const HERE = new URL("./", import.meta.url);
const TESTS = new URL("../", import.meta.url);

interface Requirement {
  readonly id: string;
  readonly where: string;
  readonly level: string;
}

interface Section {
  readonly title: string;
  readonly rows: readonly Requirement[];
}

/** A test, as it is named in its file. */
interface Claim {
  readonly file: string;
  readonly name: string;
}

/** The sections of `requirements.md` with their rows, in its order. */
export function readSections(markdown: string): Section[] {
  const sections: { title: string; rows: Requirement[] }[] = [];
  for (const line of markdown.split("\n")) {
    const heading = /^#{2,3} (.*)$/.exec(line);
    if (heading) sections.push({ title: heading[1]!, rows: [] });
    const row = /^\| ([A-Z][A-Z0-9-]*-\d+) *\| (.*?) *\| (.*?) *\|/.exec(line);
    if (row) sections.at(-1)!.rows.push({ id: row[1]!, where: row[2]!, level: row[3]! });
  }
  return sections.filter((section) => section.rows.length > 0);
}

/** The test names of one source file that claim requirements, with the IDs they claim. */
export function readClaims(file: string, source: string): [id: string, claim: Claim][] {
  const named = /(["'`])((?:(?!\1)[^\\\n]|\\.)*?) ?\[((?:[A-Z][A-Z0-9-]*-\d+(?:, )?)+)\]\1/g;
  return [...source.matchAll(named)].flatMap((match) =>
    match[3]!.split(", ").map((id): [string, Claim] => [id, { file, name: match[2]! }])
  );
}

function* testFiles(folder: URL, below = "tests/"): Generator<[path: string, url: URL]> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    if (entry.isDirectory) {
      yield* testFiles(new URL(`${entry.name}/`, folder), `${below}${entry.name}/`);
    } else if (entry.name.endsWith("_test.ts")) {
      yield [`${below}${entry.name}`, new URL(entry.name, folder)];
    }
  }
}

function collectClaims(): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const [path, url] of testFiles(TESTS)) {
    if (path.endsWith("/coverage_test.ts")) continue;
    for (const [id, claim] of readClaims(path, Deno.readTextFileSync(url))) {
      const known = claims.get(id);
      if (known) known.push(claim);
      else claims.set(id, [claim]);
    }
  }
  return claims;
}

/** Permissions bind nobody: a MAY that is not shown is no gap. */
function binds({ level }: Requirement): boolean {
  return level !== "MAY" && level !== "reading";
}

function reasonIn(reasons: typeof DEVIATIONS, id: string): string | undefined {
  return reasons.find(([prefixes]) => prefixes.some((prefix) => id.startsWith(prefix)))?.[1];
}

function reasonFor(id: string): string {
  const deviation = reasonIn(DEVIATIONS, id);
  if (deviation !== undefined) return `deviation: ${deviation}`;
  const later = reasonIn(LATER, id);
  return later === undefined ? "not yet" : `not yet: ${later}`;
}

function summaryLine({ title, rows }: Section, claims: Map<string, Claim[]>): string {
  const binding = rows.filter(binds);
  const shown = binding.filter(({ id }) => claims.has(id)).length;
  const deviations =
    binding.filter(({ id }) => !claims.has(id) && reasonIn(DEVIATIONS, id) !== undefined).length;
  const all = rows.filter(({ id }) => claims.has(id)).length;
  const open = binding.length - shown - deviations;
  return `| ${title} | ${shown} of ${binding.length} | ${deviations} | ${open} | ${all} of ${rows.length} |`;
}

function sectionTable({ title, rows }: Section, claims: Map<string, Claim[]>): string[] {
  const lines = rows.map(({ id, where, level }) => {
    const tests = claims.get(id)?.map(({ file, name }) =>
      `${name.replaceAll("|", "\\|")} (${file.replace("tests/", "").replace("_test.ts", "")})`
    );
    return `| ${id} | ${where} | ${level} | ${tests?.join("; ") ?? `_${reasonFor(id)}_`} |`;
  });
  return [
    `## ${title}`,
    "",
    "| ID | Where | Level | Shown by |",
    "|---|---|---|---|",
    ...lines,
    "",
  ];
}

/** The whole page. Throws where a test claims an ID that does not exist. */
export function composePage(sections: readonly Section[], claims: Map<string, Claim[]>): string {
  const known = new Set(sections.flatMap(({ rows }) => rows.map(({ id }) => id)));
  for (const [id, [claim]] of claims) {
    if (!known.has(id)) throw new Error(`${claim!.file}: "${claim!.name}" claims unknown ${id}`);
  }
  return [
    "# Coverage",
    "",
    "Which requirement of `requirements.md` is shown by which test. Made by `deno task coverage`",
    "from the IDs at the end of test names; do not edit. Names in `${…}` stand for one test per",
    "protocol version, encapsulation and authentication.",
    "",
    "Binding rows are all but MAY and readings. A deviation is a binding row that is not kept, or",
    "cannot arise, for the reason that stands in its place; an open row is neither shown nor one.",
    "",
    "| Section | Binding rows shown | Deviations | Open | All rows shown |",
    "|---|---|---|---|---|",
    ...sections.map((section) => summaryLine(section, claims)),
    summaryLine(
      { title: "**Total**", rows: sections.flatMap((section) => section.rows) },
      claims,
    ),
    "",
    ...sections.flatMap((section) => sectionTable(section, claims)),
  ].join("\n");
}

/** Whether two pages say the same: `deno fmt` pads tables and breaks lines. */
function sameWords(a: string, b: string): boolean {
  const words = (page: string) => page.replaceAll(/[\s|-]+/g, " ").trim();
  return words(a) === words(b);
}

if (import.meta.main) {
  const page = composePage(
    readSections(Deno.readTextFileSync(new URL("requirements.md", HERE))),
    collectClaims(),
  );
  const target = new URL("COVERAGE.md", HERE);
  if (!Deno.args.includes("--check")) Deno.writeTextFileSync(target, page);
  else if (!sameWords(page, Deno.readTextFileSync(target))) {
    console.error("tests/conformance/COVERAGE.md is out of date: run `deno task coverage`");
    Deno.exit(1);
  }
}
