/**
 * Whether a call can be made where nothing is kept from one request to the next: not by an operation, no round of a call
 * that asks, no task, and nothing that a service could make wait for its client. Whoever is not sure says no, since the
 * process that keeps everything takes any call.
 */

import type { Offer } from "../domain/catalog.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import { askableOf, askingMethods } from "../mcp/asking.ts"
import { authorize } from "./authorize.ts"
import type { CallRequest } from "./call.ts"
import { resolve, type Known } from "./resolve.ts"
import type { Target } from "./target.ts"
import { givesTasks, knowsTasks, taskSupportOf } from "./tasks/support.ts"

const kept = ["requestState", "inputResponses", "task"] as const

/** @returns the service that would be called; undefined also where the call would be refused */
export function standsAlone(known: Known, principal: ActivePrincipal, call: CallRequest): string | undefined {
  const { method, client, params } = call.request
  if (client.era !== "modern" || !askingMethods.has(method) || kept.some((member) => params.has(member)))
    return undefined
  const target = findTarget(known, principal, call)
  if (target?.kind !== "item" && target?.kind !== "resource") return undefined
  const offer = known.catalog.offers.get(target.entry.service)
  if (!offer || mayAsk(offer, call) || mayBecomeTask(offer, target, call)) return undefined
  return offer.service
}

function findTarget(known: Known, principal: ActivePrincipal, call: CallRequest): Target | undefined {
  try {
    const target = resolve(known, principal, call)
    authorize(known, principal, target, { request: call })
    return target
  } catch {
    return undefined // its refusal is another's to say, and to record
  }
}

/** A legacy service asks in the middle of the call, which then has to wait. */
function mayAsk({ era }: Offer, { request: { client } }: CallRequest): boolean {
  return era === "legacy" && askableOf(client).size > 0
}

function mayBecomeTask(offer: Offer, target: Target, { request: { client } }: CallRequest): boolean {
  const support = target.kind === "item" ? taskSupportOf(offer, target.entry) : "forbidden"
  return support === "required" || (knowsTasks(client) && (support !== "forbidden" || givesTasks(offer)))
}
