/** What was used, added up in memory: by minute and by all that usage is told apart by, and latencies by hour. */

/** The minute; then principal, its id, key, team, service, tool, tags and outcome, which is '' where starts are counted. */
export type Used = readonly [minute: number, ...names: readonly string[]]
type Latency = { readonly bucket: number; readonly tool: string; readonly bin: number }

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

  add(used: Used, sums: readonly number[]): void {
    this.#addNamed(JSON.stringify(used), used, sums)
  }

  addLatency(latency: Latency, calls = 1): void {
    const { bucket, tool, bin } = latency
    const name = `${bucket} ${bin} ${tool}`
    const row = this.#latencies.get(name)
    if (row) row.calls += calls
    else this.#latencies.set(name, { bucket, tool, bin, calls })
  }

  merge(other: UsageTally): void {
    for (const [name, { used, sums }] of other.#rows) this.#addNamed(name, used, sums)
    for (const latency of other.latencies()) this.addLatency(latency, latency.calls)
  }

  clear(): void {
    this.#rows.clear()
    this.#latencies.clear()
  }

  /** JSON: of each row, what was used and its sums in one array. */
  sumsText(): string {
    return `[${Array.from(this.#rows, ([name, { sums }]) => `${name.slice(0, -1)},${sums.join(",")}]`).join(",")}]`
  }

  latenciesText(): string {
    return JSON.stringify(
      Array.from(this.latencies(), ({ bucket, tool, bin, calls }) => [bucket, tool, bin, calls]),
    )
  }

  #addNamed(name: string, used: Used, sums: readonly number[]): void {
    const row = this.#rows.get(name)
    if (row === undefined) this.#rows.set(name, { used, sums: [...sums] })
    else for (const [index, sum] of sums.entries()) row.sums[index] = (row.sums[index] ?? 0) + sum
  }
}
