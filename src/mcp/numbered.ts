/**
 * What is open, by numbers given in turn and never twice.
 *
 * Not a Map: one that lives long and changes with every call leaves a chain of outgrown tables behind, which keep all
 * they ever held alive until the next full collection. At thousands of calls a second that is a third of their cost.
 */

type Numbering<T> = { readonly number: number; readonly item: T }

const leastSlots = 64

export class Numbered<T> {
  /** Each item stands in the slot of its number's low bits. */
  #slots: (Numbering<T> | undefined)[] = emptySlots(leastSlots)
  #lastNumber = 0
  #size = 0

  /** The last number that was given. */
  get last(): number {
    return this.#lastNumber
  }

  get size(): number {
    return this.#size
  }

  get(number: number): T | undefined {
    const slot = this.#slots[number % this.#slots.length]
    return slot?.number === number ? slot.item : undefined
  }

  /** @returns its number */
  add(item: T): number {
    if (this.#size * 2 >= this.#slots.length) this.#grow()
    // The number of a slot that is still taken is passed over.
    do this.#lastNumber += 1
    while (this.#slots[this.#lastNumber % this.#slots.length])
    this.#slots[this.#lastNumber % this.#slots.length] = { number: this.#lastNumber, item }
    this.#size += 1
    return this.#lastNumber
  }

  delete(number: number): void {
    if (this.get(number) === undefined) return
    this.#slots[number % this.#slots.length] = undefined
    this.#size -= 1
  }

  items(): T[] {
    return this.#slots.flatMap((slot) => (slot ? [slot.item] : []))
  }

  /** Numbers that differ in their low bits differ in one more of them too. */
  #grow(): void {
    const slots: (Numbering<T> | undefined)[] = emptySlots(this.#slots.length * 2)
    for (const slot of this.#slots) if (slot) slots[slot.number % slots.length] = slot
    this.#slots = slots
  }
}

function emptySlots(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined)
}
