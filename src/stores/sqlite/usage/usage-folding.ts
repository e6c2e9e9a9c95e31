/**
 * Adds what `usage_recent` holds to the tables of sums, in one transaction with the removal of it there: a tool that was
 * called a thousand times meanwhile costs them one row of each grain, as one that was called once does.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite"
import { UsageTally, type Used } from "./usage-tally.ts"

const grainMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
/** More would keep what waits to be recorded waiting for too long. */
const mostRows = 1_024

const keyColumns = "grain, bucket, principal, principal_id, key, team, service, tool, tags, outcome".split(", ")
const sumColumns = "started, calls, duration_us, compute_us, bytes_in, bytes_out, cost_micro_usd".split(", ")
const columns = [...keyColumns, ...sumColumns]

// A number is bound as a float: without the cast the sum would be one too, and lose its lower digits.
const addUsage = `INSERT INTO usage_sums (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})
  ON CONFLICT DO UPDATE SET ${sumColumns.map((name) => `${name} = ${name} + CAST(excluded.${name} AS INTEGER)`).join(", ")}`

const addLatency = `INSERT INTO latency_sums (bucket, tool, bin, calls) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET calls = calls + CAST(excluded.calls AS INTEGER)`

type RecentRow = { readonly sums: string; readonly latencies: string }

export class UsageFolding {
  readonly #db: DatabaseSync
  readonly #addUsage: StatementSync
  readonly #addLatency: StatementSync
  /** What `usage_recent` holds, or will hold with the transaction that is under way. */
  readonly recent = new UsageTally()

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#addUsage = db.prepare(addUsage)
    this.#addLatency = db.prepare(addLatency)
    for (const row of db.prepare("SELECT sums, latencies FROM usage_recent").iterate()) {
      this.#read(row as RecentRow)
    }
  }

  get isDue(): boolean {
    return this.recent.size >= mostRows
  }

  /** To be called in a transaction. */
  fold(): void {
    if (this.recent.size === 0) return
    for (const [grain, ms] of Object.entries(grainMs)) this.#addTo(grain, ms)
    for (const { bucket, tool, bin, calls } of this.recent.latencies()) {
      this.#addLatency.run(bucket, tool, bin, calls)
    }
    this.#db.exec("DELETE FROM usage_recent")
    this.recent.clear()
  }

  #addTo(grain: string, ms: number): void {
    const tally = new UsageTally()
    for (const { used, sums } of this.recent.rows()) {
      const [minute, ...names] = used
      const coarser: Used = [Math.floor(minute / ms) * ms, ...names]
      tally.add(JSON.stringify(coarser), coarser, sums)
    }
    for (const { used, sums } of tally.rows()) this.#addUsage.run(grain, ...used, ...sums)
  }

  /** Left by a crash. */
  #read({ sums, latencies }: RecentRow): void {
    for (const [minute, ...rest] of JSON.parse(sums) as [number, ...(string | number)[]][]) {
      const names = rest.slice(0, -sumColumns.length).map(String)
      const used: Used = [minute, ...names]
      this.recent.add(JSON.stringify(used), used, rest.slice(-sumColumns.length).map(Number))
    }
    for (const [bucket, tool, bin, calls] of JSON.parse(latencies) as [number, string, number, number][]) {
      this.recent.addLatency({ bucket, tool, bin }, calls)
    }
  }
}
