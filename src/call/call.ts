/**
 * One call, top to bottom: every request for a tool, a prompt, a resource, a completion or a management operation
 * takes these steps in this order. The order is a security property, so it is plain code; what varies does so inside
 * a step. Lists take the same decision in list.ts, subscriptions in listen.ts.
 *
 * Drawn with the error branch of each step: docs/lifecycle.md.
 */

import type { DecisionWithShadow } from "../domain/policy/decide.ts"
import type { ActivePrincipal, Caller } from "../domain/principal.ts"
import type { Answer, Exchange, Request } from "../mcp/message.ts"
import type { EntryFacts } from "./entry-facts.ts"
import type { LargeResult } from "./large-result.ts"
import type { Allowance, AllowanceState } from "./limit.ts"
import type { Measured } from "./meter.ts"
import type { Target } from "./target.ts"

export type CallRequest = {
  readonly caller: Caller
  /** The service whose own endpoint was called; undefined for the endpoint of all. */
  readonly mount: string | undefined
  /** The network address it comes from, as the door knows it; none on the gateway's own stdin. */
  readonly source?: string | undefined
  readonly request: Request
  readonly exchange: Exchange
  /** Told how the quotas stand that the call counts against, by doors that can say so. */
  readonly onQuotas?: (states: readonly AllowanceState[]) => void
  /** Told under which id it goes into the audit log, for doors that say so of what services answer. */
  readonly onOpen?: (callId: string) => void
}

/** What is known of a call so far; each step that succeeds adds to it. */
export type OpenCall = {
  readonly id: string
  readonly request: CallRequest
  /** The pieces of the JSON text of what the caller sent for its service to work on: sent.ts. */
  readonly sent: readonly Buffer[]
  readonly traceId: string
  /** Epoch ms, and the same moment on a clock that never jumps. */
  readonly arrivedMs: number
  readonly beganMs: number
  principal?: ActivePrincipal
  target?: Target
  /** Where there are policies that could decide. */
  decision?: DecisionWithShadow
  /** What its entries have in common, once one is made. */
  facts?: EntryFacts
  allowance?: Allowance | undefined
  /** Set once its start is on record. */
  isRecorded?: true
  /** How long its service has taken, in ms. */
  computeMs?: number
  /** The id of the plan that the human at the caller's client has confirmed. */
  confirmedPlan?: string
  /** Of what its caller answered to questions of the service, and how many there were. */
  answeredBytes?: number
  questions?: number
  /** Takes the members of the answer that go ahead of it. */
  large?: LargeResult
  answer?: Answer
  thrown?: unknown
  /** The call id of its refusal's entry, which may stand for others too. */
  refusedAs?: string
  measured?: Measured
}

type MayWait<T> = T | Promise<T>

export type Steps = {
  open(request: CallRequest): OpenCall
  /** @throws GatewayError `unauthenticated` where the credential was good once and is no longer */
  authenticate(caller: Caller): ActivePrincipal
  /** @throws GatewayError `not_found`, `invalid` */
  resolve(principal: ActivePrincipal, call: CallRequest): Target
  /** @throws GatewayError `not_found`, worded as for what does not exist; `forbidden` for these arguments alone */
  authorize(principal: ActivePrincipal, target: Target, call: OpenCall): void
  /**
   * @returns undefined for operations, which no quota counts: nobody can lock the gateway's own doors. How fast one
   *   principal performs them is limited all the same.
   * @throws GatewayError `quota_exceeded`, `overloaded`
   */
  limit(principal: ActivePrincipal, target: Target, call: OpenCall): MayWait<Allowance | undefined>
  /** @throws GatewayError `audit_unavailable` */
  auditStart(call: OpenCall): Promise<void>
  route(principal: ActivePrincipal, target: Target, call: OpenCall): Promise<Answer>
  meter(call: OpenCall): void
  /** @throws GatewayError `audit_unavailable` */
  auditEnd(call: OpenCall): Promise<void>
  /** What was thrown, as the caller is told it. */
  refusal(call: OpenCall): unknown
}

export async function call(steps: Steps, request: CallRequest): Promise<Answer> {
  const call = steps.open(request)
  try {
    call.principal = steps.authenticate(request.caller)
    call.target = steps.resolve(call.principal, request)
    steps.authorize(call.principal, call.target, call)
    call.allowance = await steps.limit(call.principal, call.target, call)
    await steps.auditStart(call) // nothing reaches a service that is not on record first
    call.isRecorded = true
    call.answer = await steps.route(call.principal, call.target, call)
  } catch (thrown) {
    call.thrown = thrown
  }
  steps.meter(call)
  await steps.auditEnd(call) // refusals too; never on the caller's signal; without it no answer leaves
  if (call.answer) return call.answer
  throw steps.refusal(call)
}
