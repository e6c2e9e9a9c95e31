/**
 * How operations ask the human behind the caller's client: through the bridge, as services do, so that clients of both eras
 * are asked in their own way. What is asked, and what follows: operations/changes/confirm.ts.
 */

import { clientName } from "../call/entry-facts.ts"
import { askableOf } from "../mcp/asking.ts"
import type { ClientFacts, Exchange, Request } from "../mcp/message.ts"
import { fromRaw, noMembers, readString, toRawObject } from "../mcp/raw-json.ts"
import type { ConfirmWay, Confirming } from "../operations/changes/confirm.ts"

export type ConfirmingOptions = Pick<Confirming, "again" | "waitMs" | "onConfirmed"> & {
  readonly request: Request
  readonly exchange: Exchange
  /** Where people reach the gateway; undefined where they cannot. */
  readonly publicUrl: string | undefined
}

const method = "elicitation/create"

export function waysOf(client: ClientFacts, publicUrl: string | undefined): ReadonlySet<ConfirmWay> {
  const raw = askableOf(client).get("elicitation")
  if (!raw) return new Set()
  const modes = fromRaw(raw) as object
  const ways = new Set<ConfirmWay>()
  if ("form" in modes || !("url" in modes)) ways.add("form")
  if ("url" in modes && publicUrl !== undefined) ways.add("url")
  return ways
}

/** Of a plan, for people. */
export function pageOf(publicUrl: string | undefined, planId: string): string | undefined {
  return publicUrl === undefined ? undefined : `${publicUrl}/plans/${encodeURIComponent(planId)}`
}

export function confirmingOf(options: ConfirmingOptions): Confirming | undefined {
  const { request, exchange, publicUrl, again, waitMs, onConfirmed } = options
  const { client } = request
  const ways = waysOf(client, publicUrl)
  const { ask } = exchange
  if (ways.size === 0 || !ask) return undefined
  return {
    ways,
    client: (client.info && clientName(client.info)) ?? "a client without a name",
    pageOf: (planId) => pageOf(publicUrl, planId) ?? "",
    ask: async (params) => {
      const question = {
        ...request,
        method,
        params: toRawObject(params),
        meta: noMembers,
        progressToken: undefined,
      }
      const { result } = await ask(question, exchange.signal)
      if (!result) return undefined
      const content = result.get("content")
      return { action: readString(result.get("action")) ?? "cancel", content: content && fromRaw(content) }
    },
    again,
    waitMs,
    onConfirmed,
  }
}
