/**
 * The sums of what was used, by minute, hour and day. Those of a group of entries are one row of `usage_recent`, written
 * in the group's own transaction, so that entries and sums always agree; they are added to the tables once in a second
 * and a few at a time (usage-folding.ts). The views `usage` and `latencies` show both together.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { Entry } from "../../../domain/audit/entry.ts"
import { binOf } from "./latency-bins.ts"
import { UsageFolding } from "./usage-folding.ts"
import type { Latency, Used } from "./usage-tally.ts"

const minuteMs = 60_000
const hourMs = 3_600_000

/** Of one service, told apart by name, since the log was opened. */
const mostResources = 1_000

export class UsageRows {
  readonly #insert: StatementSync
  readonly #folding: UsageFolding
  /** Of the group, each as JSON. */
  #sums: string[] = []
  #latencies: string[] = []
  readonly #resources = new Map<string, Set<string>>()

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare("INSERT INTO usage_recent (sums, latencies) VALUES (?, ?)")
    this.#folding = new UsageFolding(db)
  }

  /** @param bytesIn of the arguments that came with the `start` of an `end` */
  count(entry: Entry, bytesIn: number): void {
    if ((entry.kind !== "start" && entry.kind !== "end") || entry.targetKind === "operation") return
    const tool = this.#targetOf(entry)
    this.#add(usedIn(entry, tool), entry.kind === "start" ? began : sumsOf(entry, bytesIn))
    if (entry.kind === "start" || entry.durationMs === undefined) return
    this.#addLatency({ bucket: startOf(entry.timeMs, hourMs), tool, bin: binOf(entry.durationMs) })
  }

  /** To be called in the transaction of the entries counted. */
  write(): void {
    if (this.#sums.length === 0) return
    this.#insert.run(`[${this.#sums.join(",")}]`, `[${this.#latencies.join(",")}]`)
    this.#sums = []
    this.#latencies = []
  }

  /** Whether `fold` should not wait any longer. */
  get isDue(): boolean {
    return this.#folding.isDue
  }

  /** To be called in a transaction. */
  fold(): void {
    this.write() // what is folded must not be left to be written
    this.#folding.fold()
  }

  #add(used: Used, sums: readonly number[]): void {
    const name = JSON.stringify(used)
    this.#sums.push(`${name.slice(0, -1)},${sums.join(",")}]`)
    this.#folding.recent.add(name, used, sums)
  }

  #addLatency(latency: Latency): void {
    this.#latencies.push(`[${latency.bucket},${JSON.stringify(latency.tool)},${latency.bin},1]`)
    this.#folding.recent.addLatency(latency, 1)
  }

  /** Of resources there are as many as there are URIs: those beyond a number count for their service alone. */
  #targetOf({ targetKind, service = "", target = "" }: Entry): string {
    if (targetKind !== "resource") return target
    const known = this.#resources.get(service) ?? new Set<string>()
    this.#resources.set(service, known)
    if (known.size < mostResources) known.add(target)
    return known.has(target) ? target : ""
  }
}

const began = [1, 0, 0, 0, 0, 0, 0] as const

function usedIn(entry: Entry, tool: string): Used {
  const { principal = "", principalId = "", keyId = "", team = "", service = "", tags = [] } = entry
  const outcome = entry.kind === "start" ? "" : (entry.outcome ?? "")
  return [
    startOf(entry.timeMs, minuteMs),
    principal,
    principalId,
    keyId,
    team,
    service,
    tool,
    tags.join("\n"),
    outcome,
  ]
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
