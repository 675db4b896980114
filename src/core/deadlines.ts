/**
 * Named instants, and which of them comes first.
 *
 * A timer here is a name with an instant: nothing runs by itself, the owner asks what is due. Read
 * RFC 3931 §4.2 and §4.4 for what the control plane keeps time for.
 */

interface Entry<Name> {
  readonly name: Name;
  readonly at: number;
}

/**
 * A set of deadlines, at most one per name. Setting, clearing and taking cost O(log n): a binary
 * heap in which a replaced or cleared entry stays until it reaches the top or outnumbers the live.
 */
export class Deadlines<Name> {
  readonly #instants = new Map<Name, Entry<Name>>();
  #heap: Entry<Name>[] = [];

  /** Sets the deadline of this name, in place of the one it had. */
  set(name: Name, at: number): void {
    if (this.#instants.get(name)?.at === at) return;
    const entry = { name, at };
    this.#instants.set(name, entry);
    if (this.#heap.length > 2 * this.#instants.size + 16) this.#rebuild();
    else this.#push(entry);
  }

  clear(name: Name): void {
    this.#instants.delete(name);
  }

  /** The instant of this name, if it has one. */
  at(name: Name): number | undefined {
    return this.#instants.get(name)?.at;
  }

  /** The earliest instant of all. */
  next(): number | undefined {
    return this.#top()?.at;
  }

  /** Removes and answers a name that is due, the earliest first; `undefined` when none is. */
  takeDue(now: number): Name | undefined {
    const top = this.#top();
    if (top === undefined || top.at > now) return undefined;
    this.#instants.delete(top.name);
    this.#pop();
    return top.name;
  }

  #top(): Entry<Name> | undefined {
    let top = this.#heap[0];
    while (top !== undefined && this.#instants.get(top.name) !== top) {
      this.#pop();
      top = this.#heap[0];
    }
    return top;
  }

  #rebuild(): void {
    this.#heap = [...this.#instants.values()].sort((a, b) => a.at - b.at);
  }

  #push(entry: Entry<Name>): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent]!;
      if (above.at <= entry.at) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

/** The earlier of two instants, either of which may not be. */
export function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
