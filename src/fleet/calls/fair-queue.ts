/** Who waits, taken in turn: the first of each owner, again and again, whatever each of them has waiting. */

export class FairQueue<T> {
  /** Whoever's turn it is stands first; nobody who has none waiting is here. */
  readonly #lines = new Map<string, Set<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  countOf(owner: string): number {
    return this.#lines.get(owner)?.size ?? 0
  }

  add(owner: string, item: T): void {
    const line = this.#lines.get(owner)
    if (line) line.add(item)
    else this.#lines.set(owner, new Set([item]))
    this.#size++
  }

  take(): T | undefined {
    const [first] = this.#lines
    if (!first) return undefined
    const [owner, line] = first
    const [item] = line
    if (item === undefined) return undefined
    this.delete(owner, item)
    // Behind all the others.
    if (this.#lines.delete(owner)) this.#lines.set(owner, line)
    return item
  }

  delete(owner: string, item: T): void {
    const line = this.#lines.get(owner)
    if (!line?.delete(item)) return
    this.#size--
    if (line.size === 0) this.#lines.delete(owner)
  }

  /** Removes the newest of the owner who has most, if that is more than so many. */
  dropFromLargest(moreThan: number): T | undefined {
    let largest: string | undefined
    let most = moreThan
    for (const [owner, { size }] of this.#lines) {
      if (size <= most) continue
      largest = owner
      most = size
    }
    if (largest === undefined) return undefined
    const newest = [...(this.#lines.get(largest) ?? [])].at(-1)
    if (newest !== undefined) this.delete(largest, newest)
    return newest
  }
}
