/** The meter step: what the call took and cost. Quotas hear of it here, the usage figures through the audit entry. */

import { costOf, type Cost } from "../domain/cost.ts"
import type { RpcError } from "../mcp/message.ts"
import { objectPieces, toRawObject, writeObject } from "../mcp/raw-json.ts"
import type { OpenCall } from "./call.ts"
import type { Target } from "./target.ts"

export type Measured = {
  /** In ms with three decimals. */
  readonly durationMs: number
  readonly computeMs: number
  readonly costMicroUsd: number
  /** The pieces of the answer's JSON text; none without an answer. */
  readonly result: readonly Buffer[]
}

/** @param clock in ms, never jumps */
export function meter(call: OpenCall, clock: () => number): void {
  call.measured = measure(call, clock)
  const { allowance, isRecorded, request, measured } = call
  if (!allowance) return
  if (!isRecorded) return allowance.giveBack() // it was never made
  const { computeMs, costMicroUsd, result } = measured
  allowance.settle({ bytes: bytesInOf(call) + lengthOf(result), computeMs, costMicroUsd })
  request.onQuotas?.(allowance.states)
}

function measure(call: OpenCall, clock: () => number): Measured {
  const { answer, target } = call
  const result = answer?.result ? objectPieces(answer.result) : errorPieces(answer?.error)
  const computeMs = toMicros(call.computeMs ?? 0)
  const bytes = bytesInOf(call) + lengthOf(result)
  const costMicroUsd = target && call.isRecorded ? costOf(costRuleOf(target), { computeMs, bytes }) : 0
  return { durationMs: toMicros(clock() - call.beganMs), computeMs, costMicroUsd, result }
}

/** Members of a request that name its target, or that a record says elsewhere. */
const named = new Set(["name", "uri", "ref", "arguments", "requestState"])
const traced = new Set(["traceparent", "tracestate", "baggage"])

/**
 * The pieces of the JSON text of what the caller sent for the service to work on: its arguments, and where there is
 * more, all of it as one object. Nothing that reaches a service is outside of its digest and its size.
 */
export function sentOf({ request: { request } }: Pick<OpenCall, "request">): readonly Buffer[] {
  const { params, meta } = request
  const args = params.get("arguments")
  const others = [...params].filter(([name]) => !named.has(name))
  const said = new Map([...meta].filter(([name]) => !traced.has(name)))
  if (others.length === 0 && said.size === 0) return args ? [args] : []
  const all = new Map([...(args ? [["arguments", args] as const] : []), ...others])
  return objectPieces(said.size > 0 ? all.set("_meta", writeObject(said)) : all)
}

/** The bytes of it, and of what the caller answered to questions meanwhile. */
export function bytesInOf(call: Pick<OpenCall, "request" | "answeredBytes">): number {
  return lengthOf(sentOf(call)) + (call.answeredBytes ?? 0)
}

export function costRuleOf(target: Target): Cost | undefined {
  return target.kind === "item" ? target.entry.item.cost : undefined
}

function errorPieces(error: RpcError | undefined): readonly Buffer[] {
  if (!error) return []
  const { code, message, data } = error
  return objectPieces(new Map([...toRawObject({ code, message }), ...(data ? [["data", data] as const] : [])]))
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

function toMicros(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
