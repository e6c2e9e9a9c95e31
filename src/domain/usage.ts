/** What was used, by whom and of what: sums of the `end` entries of the audit log, kept by minute, hour and day. */

import type { Page } from "./collection.ts"

export const usageDimensions = ["principal", "key", "team", "service", "tool", "tag", "outcome"] as const
export type UsageDimension = (typeof usageDimensions)[number]

export const grains = ["minute", "hour", "day"] as const
export type Grain = (typeof grains)[number]

export type UsageSums = {
  /** Those that were begun and have ended, whatever their outcome. */
  readonly calls: number
  /** Of them, those whose outcome was neither `ok` nor `input_required`. */
  readonly errors: number
  readonly durationMs: number
  readonly computeMs: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly costMicroUsd: number
}

export type UsageRow = UsageSums & {
  /** The value of each dimension asked for; empty where a call had none. */
  readonly group: Readonly<Partial<Record<UsageDimension, string>>>
  /** The start of the bucket; absent without a grain. */
  readonly timeMs?: number
}

export type UsageRequest = {
  readonly by: readonly UsageDimension[]
  /** Inclusive, cut down to the minute (the hour, the day where nothing finer is kept). */
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
  readonly per?: Grain
  readonly only?: Readonly<Partial<Record<Exclude<UsageDimension, "tag">, string>>>
  readonly cursor?: string
  readonly limit: number
}

export type ToolUsage = UsageSums & {
  readonly p50Ms?: number
  readonly p95Ms?: number
  readonly p99Ms?: number
  readonly outcomes: Readonly<Record<string, number>>
}

/** One charge of the past, as quotas count it again after a restart. `timeMs` may be later than it was, never earlier. */
export type PastUse = {
  readonly timeMs: number
  readonly principalId: string
  readonly keyId: string
  readonly team: string
  readonly service: string
  readonly tool: string
  /** Begun at this time. */
  readonly calls: number
  /** Ended at this time. */
  readonly bytes: number
  readonly computeMs: number
  readonly costMicroUsd: number
}

export interface Usage {
  sum(request: UsageRequest): Promise<Page<UsageRow>>
  ofTool(tool: string, range: { readonly fromMs: number; readonly toMs: number }): Promise<ToolUsage>
  /** In the order of time, exact to the entry for the last hour and to the minute before it. */
  past(sinceMs: number, nowMs: number): AsyncIterable<PastUse>
}
