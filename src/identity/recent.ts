/** Remembers a bounded number of things and forgets first what was not asked for longest. */
export class Recent<T> {
  readonly #max: number
  /** In the order of last use, since a Map keeps the order in which keys were put. */
  readonly #kept = new Map<string, T>()
  #newest: string | undefined

  constructor(max: number) {
    this.#max = max
  }

  get(key: string): T | undefined {
    const value = this.#kept.get(key)
    if (value !== undefined && key !== this.#newest) this.#renew(key, value)
    return value
  }

  set(key: string, value: T): void {
    this.#renew(key, value)
    const [oldest] = this.#kept.size > this.#max ? this.#kept.keys() : []
    if (oldest !== undefined) this.#kept.delete(oldest)
  }

  delete(key: string): void {
    this.#kept.delete(key)
  }

  #renew(key: string, value: T): void {
    this.#kept.delete(key)
    this.#kept.set(key, value)
    this.#newest = key
  }
}
