/**
 * One call, top to bottom: every request for a tool, a prompt, a resource, a completion or a management operation
 * takes these steps in this order. The order is a security property, so it is plain code; what varies does so inside
 * a step. Lists take the same decision in list.ts, subscriptions in listen.ts.
 *
 * Drawn with the error branch of each step: docs/lifecycle.md.
 */

import type { ActivePrincipal, Caller } from "../domain/principal.ts"
import type { Answer, Exchange, Request } from "../mcp/message.ts"
import type { Target } from "./target.ts"

export type CallRequest = {
  readonly caller: Caller
  /** The service whose own endpoint was called; undefined for the endpoint of all. */
  readonly mount: string | undefined
  readonly request: Request
  readonly exchange: Exchange
}

export type Steps = {
  /** @throws GatewayError `unauthenticated` where the credential was good once and is no longer */
  authenticate(caller: Caller): ActivePrincipal
  /** @throws GatewayError `not_found`, `invalid` */
  resolve(principal: ActivePrincipal, call: CallRequest): Target
  /** @throws GatewayError `not_found`, worded as for what does not exist */
  authorize(principal: ActivePrincipal, target: Target): void
  route(principal: ActivePrincipal, target: Target, call: CallRequest): Promise<Answer>
}

export async function call(steps: Steps, request: CallRequest): Promise<Answer> {
  const principal = steps.authenticate(request.caller)
  const target = steps.resolve(principal, request)
  steps.authorize(principal, target)
  return steps.route(principal, target, request)
}
