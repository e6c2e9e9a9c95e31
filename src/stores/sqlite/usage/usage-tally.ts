/** What was used, added up in memory: by minute and by all that usage is told apart by, and latencies by hour. */

/** The minute; then principal, its id, key, team, service, tool, tags and outcome, which is '' where starts are counted. */
export type Used = readonly [minute: number, ...names: readonly string[]]
export type Latency = { readonly bucket: number; readonly tool: string; readonly bin: number }

type Tallied = { readonly used: Used; readonly sums: number[] }
type TalliedLatency = Latency & { calls: number }

export class UsageTally {
  readonly #rows = new Map<string, Tallied>()
  readonly #latencies = new Map<string, TalliedLatency>()

  get size(): number {
    return this.#rows.size
  }

  rows(): Iterable<Tallied> {
    return this.#rows.values()
  }

  latencies(): Iterable<TalliedLatency> {
    return this.#latencies.values()
  }

  /** @param name JSON of what was used */
  add(name: string, used: Used, sums: readonly number[]): void {
    const row = this.#rows.get(name)
    if (row && isExact(row.sums, sums)) return addTo(row.sums, sums)
    if (row) this.#rows.set(`${name} ${this.#rows.size}`, row)
    this.#rows.set(name, { used, sums: [...sums] })
  }

  addLatency({ bucket, tool, bin }: Latency, calls: number): void {
    const name = `${bucket} ${bin} ${tool}`
    const row = this.#latencies.get(name)
    if (row) row.calls += calls
    else this.#latencies.set(name, { bucket, tool, bin, calls })
  }

  clear(): void {
    this.#rows.clear()
    this.#latencies.clear()
  }
}

function addTo(sums: number[], more: readonly number[]): void {
  for (let index = 0; index < sums.length; index += 1) sums[index] = (sums[index] ?? 0) + (more[index] ?? 0)
}

/** A table holds larger sums than a number does. */
function isExact(sums: readonly number[], more: readonly number[]): boolean {
  return sums.every((sum, index) => sum + (more[index] ?? 0) <= Number.MAX_SAFE_INTEGER)
}
