/**
 * First in, first out, at the same cost however many wait: an array's `shift` moves all the others.
 */

/** Items from this many on are moved to the front, once most of the array is behind. */
const LEAST_TO_COMPACT = 1024;

/** A queue. */
export class Queue<Item> {
  #items: Item[] = [];
  #first = 0;

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Removes and answers the oldest. */
  shift(): Item | undefined {
    const item = this.#items[this.#first];
    if (this.#first === this.#items.length) return undefined;
    this.#first++;
    if (this.#first === this.#items.length) {
      this.#items = [];
      this.#first = 0;
    } else if (this.#first >= LEAST_TO_COMPACT && 2 * this.#first > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}
