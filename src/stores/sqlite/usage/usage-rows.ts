/**
 * The sums of what was used, by minute, hour and day. They are gathered in memory while a group of entries is written,
 * and added to the tables in the group's own transaction, so that entries and sums always agree.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { Entry } from "../../../domain/audit/entry.ts"
import { binOf } from "./latency-bins.ts"

const grainMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

const keyColumns = [
  "grain",
  "bucket",
  "principal",
  "principal_id",
  "key",
  "team",
  "service",
  "tool",
  "tags",
  "outcome",
]
const sumColumns = ["started", "calls", "duration_us", "compute_us", "bytes_in", "bytes_out", "cost_micro_usd"]
const columns = [...keyColumns, ...sumColumns]

// A number is bound as a float: without the cast the sum would be one too, and lose its lower digits.
const addUsage = `INSERT INTO usage (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})
  ON CONFLICT DO UPDATE SET ${sumColumns.map((name) => `${name} = ${name} + CAST(excluded.${name} AS INTEGER)`).join(", ")}`

const addLatency = `INSERT INTO latencies (bucket, tool, bin, calls) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET calls = calls + CAST(excluded.calls AS INTEGER)`

/** Of one service, told apart by name, since the log was opened. */
const mostResources = 1_000

type Row = { readonly key: readonly (string | number)[]; readonly sums: number[] }
type Latency = { readonly bucket: number; readonly tool: string; readonly bin: number; calls: number }

export class UsageRows {
  readonly #addUsage: StatementSync
  readonly #addLatency: StatementSync
  readonly #rows = new Map<string, Row>()
  readonly #latencies = new Map<string, Latency>()
  readonly #resources = new Map<string, Set<string>>()

  constructor(db: DatabaseSync) {
    this.#addUsage = db.prepare(addUsage)
    this.#addLatency = db.prepare(addLatency)
  }

  /** @param bytesIn of the arguments that came with the `start` of an `end` */
  count(entry: Entry, bytesIn: number): void {
    if ((entry.kind !== "start" && entry.kind !== "end") || entry.targetKind === "operation") return
    const sums = entry.kind === "start" ? [1, 0, 0, 0, 0, 0, 0] : sumsOf(entry, bytesIn)
    for (const [grain, ms] of Object.entries(grainMs)) this.#add([grain, startOf(entry.timeMs, ms)], entry, sums)
    if (entry.kind === "end" && entry.durationMs !== undefined) this.#addBin(entry, entry.durationMs)
  }

  /** To be called in the transaction of the entries counted. */
  write(): void {
    for (const { key, sums } of this.#rows.values()) this.#addUsage.run(...key, ...sums)
    for (const { bucket, tool, bin, calls } of this.#latencies.values()) {
      this.#addLatency.run(bucket, tool, bin, calls)
    }
    this.#rows.clear()
    this.#latencies.clear()
  }

  #add(bucket: readonly [string, number], entry: Entry, sums: readonly number[]): void {
    const { principal = "", principalId = "", keyId = "", team = "", service = "" } = entry
    const target = this.#targetOf(entry)
    const outcome = entry.kind === "start" ? "" : (entry.outcome ?? "")
    const tags = (entry.tags ?? []).join("\n")
    const key = [...bucket, principal, principalId, keyId, team, service, target, tags, outcome]
    const name = JSON.stringify(key)
    const row = this.#rows.get(name)
    if (row) sums.forEach((sum, index) => (row.sums[index] = (row.sums[index] ?? 0) + sum))
    else this.#rows.set(name, { key, sums: [...sums] })
  }

  /** Of resources there are as many as there are URIs: those beyond a number count for their service alone. */
  #targetOf({ targetKind, service = "", target = "" }: Entry): string {
    if (targetKind !== "resource") return target
    const known = this.#resources.get(service) ?? new Set<string>()
    this.#resources.set(service, known)
    if (known.size < mostResources) known.add(target)
    return known.has(target) ? target : ""
  }

  #addBin(entry: Entry, durationMs: number): void {
    const [bucket, tool, bin] = [startOf(entry.timeMs, grainMs.hour), this.#targetOf(entry), binOf(durationMs)]
    const name = `${bucket} ${bin} ${tool}`
    const latency = this.#latencies.get(name)
    if (latency) latency.calls += 1
    else this.#latencies.set(name, { bucket, tool, bin, calls: 1 })
  }
}

/** What a caller answered to questions of the service went in as well. */
function sumsOf(entry: Entry, argumentBytes: number): number[] {
  const { durationMs = 0, computeMs = 0, costMicroUsd = 0, result, detail } = entry
  const bytesIn = argumentBytes + Number(detail?.["answeredBytes"] ?? 0)
  const [durationUs, computeUs] = [Math.round(durationMs * 1_000), Math.round(computeMs * 1_000)]
  return [0, 1, durationUs, computeUs, bytesIn, result?.bytes ?? 0, Math.round(costMicroUsd)]
}

function startOf(timeMs: number, ms: number): number {
  return Math.floor(timeMs / ms) * ms
}
