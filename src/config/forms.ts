/**
 * The forms that single values of the configuration have: durations, numbers, octets, choices, names.
 *
 * YAML is read without types, so that an unquoted `00112233` or `no` stays what was written; what
 * a value means is decided here, by the key that it belongs to. A reading that fails says what is
 * wrong and what would be right. Each form also says what it is in JSON Schema, for editors.
 */

import { closestString, levenshteinDistance } from "@std/text";

/** JSON Schema of one value. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What reading a text gave: a value, or why there is none. */
export type Reading<T> = { readonly value: T } | { readonly wrong: string };

/** How one kind of value is read, and described to editors. */
export interface Form<T> {
  readonly read: (text: string) => Reading<T>;
  readonly json: JsonSchema;
}

/** A refusal that quotes what was written. */
export function wrong(text: string, problem: string): { readonly wrong: string } {
  return { wrong: `${JSON.stringify(text)} ${problem}` };
}

/** The nearest of the words to a mistyped one, or `undefined` where none is near. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const nearest = closestString(word, words, { caseSensitive: false });
  const distance = levenshteinDistance(word.toLowerCase(), nearest.toLowerCase());
  return distance <= Math.max(1, Math.floor(word.length / 3)) ? nearest : undefined;
}

/** `a, b or c`. */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** One of a few words. */
export function choice<const W extends string>(...words: readonly W[]): Form<W> {
  return {
    json: { enum: [...words] },
    read: (text) => {
      const found = words.find((word) => word === text);
      if (found !== undefined) return { value: found };
      const nearest = nearestWord(text, words);
      const hint = nearest === undefined ? `write ${listWords(words)}` : `did you mean ${nearest}?`;
      return wrong(text, `is not one of ${listWords(words)}; ${hint}`);
    },
  };
}

/** `true` or `false`, and nothing else. */
export const BOOLEAN: Form<boolean> = {
  json: { type: "boolean" },
  read: (text) => {
    if (text === "true" || text === "false") return { value: text === "true" };
    if (/^(yes|on|y|1|no|off|n|0)$/i.test(text)) {
      const meant = /^(yes|on|y|1)$/i.test(text);
      return wrong(text, `is neither true nor false; write ${meant}`);
    }
    return wrong(text, "is neither true nor false");
  },
};

/** A whole number in decimal, or in hexadecimal after `0x`. */
export function integer(minimum: number, maximum: number): Form<number> {
  const range = `write a whole number from ${minimum} to ${maximum}`;
  return {
    json: { type: "integer", minimum, maximum },
    read: (text) => {
      if (!/^(0|[1-9]\d*|0x[\da-f]+)$/i.test(text)) {
        return wrong(text, `is no whole number; ${range}`);
      }
      const value = Number(text);
      return value >= minimum && value <= maximum
        ? { value }
        : wrong(text, `is out of range; ${range}`);
    },
  };
}

/** One of a few numbers. */
export function numberChoice<const N extends number>(...numbers: readonly N[]): Form<N> {
  const words = numbers.map(String);
  return {
    json: { enum: [...numbers] },
    read: (text) => {
      const value = numbers.find((number) => String(number) === text);
      return value === undefined ? wrong(text, `is not ${listWords(words)}`) : { value };
    },
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function formatDuration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** A duration with its unit, in milliseconds. */
export function duration(minimum: number, maximum: number): Form<number> {
  return {
    json: { type: "string", pattern: "^(0|[0-9]+(\\.[0-9]+)?(ms|s|m|h))$" },
    read: (text) => {
      const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text);
      if (match === null) return wrong(text, "is no duration; write for example 500ms, 60s or 2m");
      const [, digits = "", unit] = match;
      if (unit === undefined && Number(digits) !== 0) {
        return wrong(text, `has no unit; write for example ${text}s`);
      }
      const value = Math.round(Number(digits) * (UNITS[unit ?? "ms"] ?? 1));
      if (value < minimum) return wrong(text, `is too short; at least ${formatDuration(minimum)}`);
      if (value > maximum) return wrong(text, `is too long; at most ${formatDuration(maximum)}`);
      return { value };
    },
  };
}

const SIZE_UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

function formatSize(octets: number): string {
  const unit = Object.keys(SIZE_UNITS).findLast((name) => octets % SIZE_UNITS[name]! === 0) ?? "B";
  return `${octets / SIZE_UNITS[unit]!}${unit}`;
}

/** A size with its unit, in octets: powers of 1,000, as `status` tells them. */
export function size(minimum: number, maximum: number): Form<number> {
  return {
    json: { type: "string", pattern: "^[0-9]+(\\.[0-9]+)?(B|kB|MB|GB|TB)$" },
    read: (text) => {
      const match = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB)?$/.exec(text);
      if (match === null) return wrong(text, "is no size; write for example 500kB, 10MB or 1.5GB");
      const [, digits = "", unit] = match;
      if (unit === undefined) return wrong(text, `has no unit; write for example ${text}MB`);
      const value = Math.round(Number(digits) * SIZE_UNITS[unit]!);
      if (value < minimum) return wrong(text, `is too little; at least ${formatSize(minimum)}`);
      if (value > maximum) return wrong(text, `is too much; at most ${formatSize(maximum)}`);
      return { value };
    },
  };
}

/** Text of at least one character whose octets fit a limit. */
export function text(longest: number, pattern?: RegExp, rule?: string): Form<string> {
  return {
    json: { type: "string", minLength: 1 },
    read: (value) => {
      if (value === "") return { wrong: "nothing is written here" };
      if (pattern !== undefined && !pattern.test(value)) {
        return wrong(value, rule ?? "is not valid");
      }
      const octets = new TextEncoder().encode(value).length;
      if (octets > longest) return wrong(value, `has ${octets} octets; at most ${longest}`);
      return { value };
    },
  };
}

/** A cookie: hexadecimal octets after `0x`. What is wrong does not quote it, for it is a secret. */
export function cookie(lengths: readonly number[]): Form<Uint8Array> {
  const right = `write 0x and ${listWords(lengths.map((length) => String(2 * length)))} digits`;
  return {
    json: { type: "string", pattern: "^0x([0-9a-fA-F]{2})*$" },
    read: (value) => {
      const digits = /^0x((?:[\da-f]{2})*)$/i.exec(value)?.[1];
      if (digits === undefined) return { wrong: `this is not octets in hexadecimal; ${right}` };
      const length = digits.length / 2;
      if (!lengths.includes(length)) return { wrong: `this cookie has ${length} octets; ${right}` };
      return { value: octetsOfHex(digits) };
    },
  };
}

function octetsOfHex(digits: string): Uint8Array {
  const pairs = digits.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
}

/** A Remote End ID: text, or octets after `0x`. The AVP has room for 1,017 of them. */
export const REMOTE_END_ID: Form<string | Uint8Array> = {
  json: { type: "string", minLength: 1 },
  read: (value) => {
    const digits = /^0x((?:[\da-f]{2})+)$/i.exec(value)?.[1];
    if (digits === undefined) return text(1_017).read(value);
    return digits.length / 2 > 1_017
      ? { wrong: `has ${digits.length / 2} octets; at most 1017` }
      : { value: octetsOfHex(digits) };
  },
};

/** An absolute path of a unix socket; the kernel's `sun_path` has room for 107 octets. */
export const SOCKET_PATH: Form<string> = text(
  107,
  /^\/[^\0]*$/,
  "is no absolute path; write for example /run/longwire/control.sock",
);

/** A network interface's name: at most 15 octets, no slash, no space (`dev_valid_name`). */
export const INTERFACE_NAME: Form<string> = text(
  15,
  /^(?!\.{1,2}$)[^/:\s]+$/,
  "is no interface name; write at most 15 characters without slash, colon or space",
);

/** A namespace: a name below /run/netns, or a path. */
export const NAMESPACE: Form<string> = text(
  255,
  /^(\/.+|(?!\.{1,2}$)[^/\s]+)$/,
  "is no network namespace; write a name of `ip netns`, or a path",
);

/** `auto`, or an MTU that the kernel lets an Ethernet interface have. */
export const MTU: Form<number | "auto"> = {
  json: { anyOf: [{ const: "auto" }, { type: "integer", minimum: 68, maximum: 9_004 }] },
  read: (value) => {
    if (value === "auto") return { value };
    const reading = integer(68, 9_004).read(value);
    return "value" in reading ? reading : { wrong: `${reading.wrong}, or auto` };
  },
};

/** A DSCP as a number, or where it comes from. */
export const DSCP: Form<number | "copy" | "priority"> = {
  json: { anyOf: [{ enum: ["copy", "priority"] }, { type: "integer", minimum: 0, maximum: 63 }] },
  read: (value) => {
    if (value === "copy" || value === "priority") return { value };
    const reading = integer(0, 63).read(value);
    return "value" in reading ? reading : { wrong: `${reading.wrong}, copy or priority` };
  },
};

/** A TCP segment size, or where it comes from. */
export const SEGMENT_SIZE: Form<number | "auto" | "keep"> = {
  json: { anyOf: [{ enum: ["auto", "keep"] }, { type: "integer", minimum: 88, maximum: 65_495 }] },
  read: (value) => {
    if (value === "auto" || value === "keep") return { value };
    const reading = integer(88, 65_495).read(value);
    return "value" in reading ? reading : { wrong: `${reading.wrong}, auto or keep` };
  },
};
