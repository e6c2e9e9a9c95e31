/** The meter step: what the call took and cost. Quotas hear of it here, the usage figures through the audit entry. */

import { costOf, type Cost } from "../domain/cost.ts"
import type { Digested } from "../domain/audit/entry.ts"
import { largeFirst } from "../mcp/large-members.ts"
import type { RpcError } from "../mcp/message.ts"
import { objectPieces, toRawObject } from "../mcp/raw-json.ts"
import type { OpenCall } from "./call.ts"
import { bytesInOf, lengthOf } from "./sent.ts"
import type { Target } from "./target.ts"

export type Measured = {
  /** In ms with three decimals. */
  readonly durationMs: number
  readonly computeMs: number
  readonly costMicroUsd: number
  /** In and out. */
  readonly bytes: number
  /** The pieces of the answer's JSON text; none without an answer. Of one that was passed on, its digest. */
  readonly result: readonly Buffer[] | Digested
}

/** @param clock in ms, never jumps */
export function meter(call: OpenCall, clock: () => number): void {
  call.measured = measure(call, clock)
  const { allowance, isRecorded, request, measured } = call
  if (!allowance) return
  if (!isRecorded) return allowance.giveBack() // it was never made
  allowance.settle(measured)
  request.onQuotas?.(allowance.states)
}

function measure(call: OpenCall, clock: () => number): Measured {
  const { target } = call
  const result = resultOf(call)
  const computeMs = toMicros(call.computeMs ?? 0)
  const bytes = bytesInOf(call) + bytesOf(result)
  const costMicroUsd = target && call.isRecorded ? costOf(costRuleOf(target), { computeMs, bytes }) : 0
  return { durationMs: toMicros(clock() - call.beganMs), computeMs, costMicroUsd, bytes, result }
}

/** Large members come first, so that a result has one digest, whether it went in parts or as a whole. */
function resultOf({ answer, large }: OpenCall): Measured["result"] {
  if (large) return large.end(answer?.result)
  return answer?.result ? objectPieces(largeFirst(answer.result)) : errorPieces(answer?.error)
}

export function costRuleOf(target: Target): Cost | undefined {
  return target.kind === "item" ? target.entry.item.cost : undefined
}

function errorPieces(error: RpcError | undefined): readonly Buffer[] {
  if (!error) return []
  const { code, message, data } = error
  return objectPieces(new Map([...toRawObject({ code, message }), ...(data ? [["data", data] as const] : [])]))
}

function bytesOf(result: Measured["result"]): number {
  return "bytes" in result ? result.bytes : lengthOf(result)
}

function toMicros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
