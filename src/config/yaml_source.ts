/**
 * A YAML file with its positions: plain values out of it, and for every path of keys the place in
 * the text.
 *
 * All scalars come out as the text that was written ("failsafe" schema); `forms.ts` gives them
 * meaning. Whatever stands behind a key that names a secret is struck out of the lines shown.
 */

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import { nearestWord } from "./forms.ts";
import type { Mistake, Place } from "./mistake.ts";

/** Keys and indices from the top of the file down. */
export type KeyPath = readonly (string | number)[];

/** Aliases that may be expanded: a configuration has few, an alias bomb has many. */
const MAX_ALIASES = 100;

const NO_TAGS = "tags have no meaning here; leave it out";

/** Our words for what the parser finds; its own may quote the file, and so a secret. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_ALIAS: "this alias is not valid; write *NAME of an anchor that stands before it",
  BAD_INDENT: "the indentation does not fit the lines above, or a bracket is not closed",
  BLOCK_AS_IMPLICIT_KEY: "a second `key:` on one line; write one key to a line, or quote the text",
  BLOCK_IN_FLOW: "an indented block inside brackets; close the bracket first",
  DUPLICATE_KEY: "this key stands here twice; keep one of them",
  MISSING_CHAR: "a quote, comma, colon or bracket is missing",
  MULTILINE_IMPLICIT_KEY: "expected `key: value` here",
  MULTIPLE_DOCS: "a second document begins here; a configuration is one document",
  TAB_AS_INDENT: "a tab indents this line; YAML is indented with spaces",
  TAG_RESOLVE_FAILED: NO_TAGS,
  UNEXPECTED_TOKEN: "this is not expected here",
};

/** Tags that say of a value what it is anyway. */
const PLAIN_TAG = /^(!|tag:yaml\.org,2002:(str|seq|map))$/;

/** A parsed file. */
export class YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** What is wrong with it as YAML; `value` is `undefined` then. */
  readonly mistakes: readonly Mistake[];
  readonly #text: string;
  readonly #shown: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#document = parseDocument(text, {
      schema: "failsafe",
      lineCounter: this.#lines,
      prettyErrors: false,
    }) as unknown as Document;
    this.#shown = strikeSecrets(text, this.#document);
    const problems = [
      ...[...this.#document.errors, ...this.#document.warnings].map((problem) =>
        this.#syntaxMistake(problem.pos[0], SYNTAX[problem.code] ?? "this is not valid YAML")
      ),
      ...oddKeys(this.#document).map((offset) =>
        this.#syntaxMistake(offset, "a key is one word here, not a list or a block")
      ),
    ];
    // The parser has named the tags that it does not know.
    if (problems.length === 0) {
      problems.push(
        ...converted(this.#document).map((offset) => this.#syntaxMistake(offset, NO_TAGS)),
      );
    }
    const { value, wrong } = plainValue(this.#document, problems.length > 0);
    this.value = value;
    this.mistakes = wrong === undefined ? problems : [this.#syntaxMistake(0, wrong)];
  }

  /** Where the value of a path is; where there is none, the nearest key above it. */
  valuePlace(path: KeyPath): Place {
    const { node, key, whole } = this.#find(path);
    const written = whole && node !== undefined && rangeLength(node) > 0;
    return this.#placeOf(written ? node : key ?? node);
  }

  /** Where the last key of a path is. */
  keyPlace(path: KeyPath): Place {
    const { node, key } = this.#find(path);
    return this.#placeOf(key ?? node);
  }

  /** The path as it stands in the file: where a list may be one value, that has no index. */
  written(path: KeyPath): KeyPath {
    return path.filter((part, index) => part !== 0 || isSeq(this.#find(path.slice(0, index)).node));
  }

  #syntaxMistake(offset: number, message: string): Mistake {
    return { severity: "error", key: "", message, place: this.#placeAt(offset, 1) };
  }

  #placeOf(node: Node | undefined): Place {
    const range = node?.range;
    return range ? this.#placeAt(range[0], range[1] - range[0]) : this.#placeAt(0, 1);
  }

  #placeAt(offset: number, length: number): Place {
    // The parser reports an unclosed bracket or quote at the end, where there is nothing to show.
    const at = Math.min(offset, Math.max(0, this.#text.trimEnd().length - 1));
    const { line, col } = this.#lines.linePos(at);
    const start = this.#lines.lineStarts[line - 1] ?? 0;
    const text = this.#shown.slice(start).split(/\r?\n/, 1)[0] ?? "";
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col), text, length };
  }

  /** Walks down as far as the path goes: the value's node, and the key that it stands behind. */
  #find(path: KeyPath): { node: Node | undefined; key: Node | undefined; whole: boolean } {
    let node = this.#resolve(this.#document.contents);
    let key: Node | undefined;
    for (const part of path) {
      if (isSeq(node) && typeof part === "number" && part < node.items.length) {
        node = this.#resolve(node.items[part]);
        key = node;
      } else if (isMap(node) && typeof part === "string") {
        const pair = node.items.find((item) => keyText(item) === part);
        if (pair === undefined) return { node, key, whole: false };
        key = isNode(pair.key) ? pair.key : key;
        node = this.#resolve(pair.value);
      } else if (part !== 0) return { node, key, whole: false };
    }
    return { node, key, whole: true };
  }

  #resolve(node: unknown): Node | undefined {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    return isNode(target) ? target : undefined;
  }
}

function rangeLength(node: Node): number {
  return node.range ? node.range[1] - node.range[0] : 0;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : "";
}

/** Where keys stand that are no single words. */
function oddKeys(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (isNode(key) && !isScalar(key) && key.range) offsets.push(key.range[0]);
    },
  });
  return offsets;
}

/** Where tags have made other values of a text, a list or a map: octets of `!!binary`, sets. */
function converted(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Value(_, node) {
      if (node.tag !== undefined && !PLAIN_TAG.test(node.tag) && node.range) {
        offsets.push(node.range[0]);
      }
    },
  });
  return offsets;
}

function plainValue(document: Document, broken: boolean): { value: unknown; wrong?: string } {
  if (broken) return { value: undefined };
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
  } catch (error) {
    // The parser throws a ReferenceError for an alias without anchor, and for too many of them.
    const wrong = error instanceof ReferenceError
      ? "an alias has no anchor before it, or aliases expand to too much"
      : "this YAML cannot be read";
    return { value: undefined, wrong };
  }
}

const SECRET_WORD = /secret|passw|psk|cookie/i;
/** A cookie's length, where the cookie itself could be written by mistake. */
const HARMLESS = /^\d$/;
const SECRET_KEYS = ["secret", "receiveCookie", "transmitCookie"];
const PLACES_OF_SECRETS = new Set(["file", "credential", "environment"]);

function namesSecret(key: string): boolean {
  return SECRET_WORD.test(key) || nearestWord(key, SECRET_KEYS) !== undefined;
}

/** The text with every character of a secret replaced; positions stay what they are. */
function strikeSecrets(text: string, document: Document): string {
  const ranges: (readonly [number, number])[] = [];
  visit(document, {
    Pair(_, pair) {
      if (!namesSecret(keyText(pair)) || !isNode(pair.value)) return;
      collectSecrets(pair.value, ranges);
      return visit.SKIP;
    },
  });
  if (document.errors.length > 0) {
    // Brackets and quotes cannot be trusted now: strike whole lines rather than one too few.
    for (const match of text.matchAll(/^.*?(?:se?cre?t|passw|psk|cookie)[^:\n]*:(.*)$/gim)) {
      const end = match.index + match[0].length;
      ranges.push([end - (match[1] ?? "").length, end]);
    }
  }
  return ranges.reduce(
    (shown, [from, to]) =>
      shown.slice(0, from) + shown.slice(from, to).replaceAll(/\S/g, "*") + shown.slice(to),
    text,
  );
}

function collectSecrets(value: Node, ranges: (readonly [number, number])[]): void {
  if (isMap(value)) {
    for (const pair of value.items) {
      if (!PLACES_OF_SECRETS.has(keyText(pair)) && isNode(pair.value)) {
        collectSecrets(pair.value, ranges);
      }
    }
  } else if (isSeq(value)) {
    for (const item of value.items) if (isNode(item)) collectSecrets(item, ranges);
  } else if (isScalar(value) && value.range && !HARMLESS.test(String(value.value))) {
    ranges.push([value.range[0], value.range[1]]);
  }
}
