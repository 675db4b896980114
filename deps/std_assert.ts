/** `@std/assert`, typed here because npm `deno-std` ships the code without its types. */
// deno-lint-ignore-file no-explicit-any
import * as std from "deno-std/assert/mod.js";

type Class<T> = abstract new (...args: any[]) => T;
interface Assertions {
  assert(condition: unknown, message?: string): asserts condition;
  assertEquals<T>(actual: T, expected: T, message?: string): void;
  assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  assertGreater<T>(actual: T, than: T, message?: string): void;
  assertLess<T>(actual: T, than: T, message?: string): void;
  assertLessOrEqual<T>(actual: T, than: T, message?: string): void;
  assertMatch(actual: string, expected: RegExp, message?: string): void;
  assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  assertStringIncludes(actual: string, expected: string, message?: string): void;
  assertThrows<E extends Error>(fn: () => unknown, type: Class<E>, includes?: string): E;
  assertThrows(fn: () => unknown): unknown;
  assertRejects<E extends Error>(
    fn: () => PromiseLike<unknown>,
    type: Class<E>,
    includes?: string,
  ): Promise<E>;
  assertRejects(fn: () => PromiseLike<unknown>): Promise<unknown>;
  fail(message?: string): never;
}
const typed = std as unknown as Assertions;

export const assert: Assertions["assert"] = typed.assert;
export const assertEquals: Assertions["assertEquals"] = typed.assertEquals;
export const assertNotEquals: Assertions["assertNotEquals"] = typed.assertNotEquals;
export const assertStrictEquals: Assertions["assertStrictEquals"] = typed.assertStrictEquals;
export const assertGreater: Assertions["assertGreater"] = typed.assertGreater;
export const assertLess: Assertions["assertLess"] = typed.assertLess;
export const assertLessOrEqual: Assertions["assertLessOrEqual"] = typed.assertLessOrEqual;
export const assertMatch: Assertions["assertMatch"] = typed.assertMatch;
export const assertNotMatch: Assertions["assertNotMatch"] = typed.assertNotMatch;
export const assertStringIncludes: Assertions["assertStringIncludes"] = typed.assertStringIncludes;
export const assertThrows: Assertions["assertThrows"] = typed.assertThrows;
export const assertRejects: Assertions["assertRejects"] = typed.assertRejects;
export const fail: Assertions["fail"] = typed.fail;
