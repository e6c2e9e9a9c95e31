/**
 * A map that knows in which order its keys were used. A Map whose keys are set anew would do, but an iterator that
 * stays at its oldest keys keeps all the tables it ever had, and one begun anew walks over all that were dropped.
 */

type Node<V> = {
  readonly key: string
  value: V
  older: Node<V> | undefined
  newer: Node<V> | undefined
}

export class AgingMap<V> {
  readonly #nodes = new Map<string, Node<V>>()
  #oldest: Node<V> | undefined
  #newest: Node<V> | undefined
  /** Where {@link visit} goes on. */
  #next: Node<V> | undefined

  get size(): number {
    return this.#nodes.size
  }

  get(key: string): V | undefined {
    return this.#nodes.get(key)?.value
  }

  has(key: string): boolean {
    return this.#nodes.has(key)
  }

  /** The key is now the one used last. */
  set(key: string, value: V): void {
    const node = this.#nodes.get(key) ?? { key, value, older: undefined, newer: undefined }
    if (this.#nodes.has(key)) this.#unlink(node)
    else this.#nodes.set(key, node)
    node.value = value
    node.older = this.#newest
    node.newer = undefined
    if (this.#newest) this.#newest.newer = node
    else this.#oldest = node
    this.#newest = node
  }

  delete(key: string): void {
    const node = this.#nodes.get(key)
    if (!node) return
    this.#unlink(node)
    this.#nodes.delete(key)
  }

  deleteOldest(): void {
    if (this.#oldest) this.delete(this.#oldest.key)
  }

  /** One after the other from the oldest on, then from the oldest again. */
  visit(): readonly [string, V] | undefined {
    const node = this.#next ?? this.#oldest
    this.#next = node?.newer
    return node && [node.key, node.value]
  }

  #unlink(node: Node<V>): void {
    if (this.#next === node) this.#next = node.newer
    if (this.#oldest === node) this.#oldest = node.newer
    if (this.#newest === node) this.#newest = node.older
    if (node.older) node.older.newer = node.newer
    if (node.newer) node.newer.older = node.older
  }
}
