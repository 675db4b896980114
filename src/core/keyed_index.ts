/**
 * Members by any of their keys, where keys are shared and change.
 */

const NONE: ReadonlySet<never> = new Set();

/** An index of members, each under the keys that it was last given. */
export class KeyedIndex<Member> {
  readonly #members = new Map<string, Set<Member>>();
  readonly #keys = new Map<Member, readonly string[]>();

  /** How many members have any key. */
  get size(): number {
    return this.#keys.size;
  }

  /** Those that have any key. */
  members(): IterableIterator<Member> {
    return this.#keys.keys();
  }

  /** Those under a key. */
  find(key: string): ReadonlySet<Member> {
    return this.#members.get(key) ?? NONE;
  }

  /** Gives a member these keys in place of those that it had. */
  set(member: Member, keys: readonly string[]): void {
    for (const key of this.#keys.get(member) ?? []) {
      const members = this.#members.get(key)!;
      members.delete(member);
      if (members.size === 0) this.#members.delete(key);
    }
    if (keys.length === 0) this.#keys.delete(member);
    else this.#keys.set(member, keys);
    for (const key of keys) {
      const members = this.#members.get(key);
      if (members === undefined) this.#members.set(key, new Set([member]));
      else members.add(member);
    }
  }
}
