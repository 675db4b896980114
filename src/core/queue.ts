/**
 * First in, first out, at the same cost however many wait: an array's `shift` moves all the others.
 */

/** Room that is kept for the next items once all are out. */
const ROOM_TO_KEEP = 1024;

/** A queue. */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #first = 0;
  #end = 0;

  get isEmpty(): boolean {
    return this.#first === this.#end;
  }

  get length(): number {
    return this.#end - this.#first;
  }

  /** The item that so many are before; `undefined` where there is none. */
  at(index: number): Item | undefined {
    return this.#items[this.#first + index];
  }

  push(item: Item): void {
    this.#items[this.#end++] = item;
  }

  /** Removes and answers the oldest. */
  shift(): Item | undefined {
    if (this.isEmpty) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first === this.#end) {
      this.#first = this.#end = 0;
      if (this.#items.length > ROOM_TO_KEEP) this.#items = [];
    } else if (this.#first >= ROOM_TO_KEEP && 2 * this.#first > this.#end) {
      this.#items = this.#items.slice(this.#first, this.#end);
      this.#end -= this.#first;
      this.#first = 0;
    }
    return item;
  }

  /** Leaves the oldest, so many of them at most. */
  truncate(length: number): void {
    this.#end = Math.min(this.#end, this.#first + length);
    this.#items.length = this.#end;
  }
}
