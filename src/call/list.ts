/**
 * The lists: the same story as a call, for everything at once. They show exactly what authorize.ts would let through,
 * and what was shown is on record before it leaves.
 */

import type { ItemKind } from "../domain/catalog.ts"
import type { Answer } from "../mcp/message.ts"
import type { Listed } from "../domain/catalog.ts"
import { toRaw } from "../mcp/raw-json.ts"
import type { CallAudit } from "./audit.ts"
import type { CallRequest, Steps } from "./call.ts"
import type { Cursors } from "./cursor.ts"
import { writePage } from "./list-pages.ts"
import type { Known } from "./resolve.ts"
import { viewOf, type View } from "./view.ts"

export const listMethods: Readonly<Record<string, { readonly kind: ItemKind; readonly member: string }>> = {
  "tools/list": { kind: "tools", member: "tools" },
  "prompts/list": { kind: "prompts", member: "prompts" },
  "resources/list": { kind: "resources", member: "resources" },
  "resources/templates/list": { kind: "templates", member: "resourceTemplates" },
}

const pageSize = 1_000

export type ListSteps = Pick<Steps, "authenticate"> &
  Pick<CallAudit, "shown" | "refused"> & { readonly cursors: Cursors }

/** For how long a service's list may be kept by who is given it now, in ms. */
export type ListTtl = (service: string, kind: ItemKind) => number

/** @throws GatewayError `unauthenticated`, `audit_unavailable`; `invalid` for a cursor that is not ours */
export async function list(
  { steps, listTtlMs }: { readonly steps: ListSteps; readonly listTtlMs: ListTtl },
  known: Known,
  call: CallRequest,
): Promise<Answer> {
  const { caller, mount, request } = call
  const principal = steps.authenticate(caller)
  const { kind, member } = listMethods[request.method] ?? { kind: "tools", member: "tools" }
  const view = viewOf(known, principal, { mount, kind, client: request.client, from: call })
  const { items } = view
  const after = steps.cursors.read(call)
  const start = after === undefined ? 0 : placeAfter(items, after)
  const page = items.slice(start, start + pageSize)
  const result = new Map([
    ["resultType", toRaw("complete")],
    ["ttlMs", toRaw(ttlOf(view, (service) => listTtlMs(service, kind)))],
    ["cacheScope", toRaw("private")], // what is shown depends on who asks
    [member, writePage(known.catalog, view, { kind, era: request.client.era, start, items: page })],
  ])
  const last = page.at(-1)
  if (last && last !== items.at(-1)) result.set("nextCursor", toRaw(steps.cursors.write(call, last.name)))
  const detail = { items: items.length, shown: page.length, digest: view.digest() }
  await steps.shown(principal, call, { kind: "list", detail })
  return { result }
}

/** Where the names begin that come after this one, whether or not it is still there. */
function placeAfter(items: readonly Listed[], name: string): number {
  let [from, to] = [0, items.length]
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((items[middle]?.name ?? "") > name) to = middle
    else from = middle + 1
  }
  return from
}

/** The least of the parts that are seen here; what the gateway itself offers may change at any time. */
function ttlOf({ items, entries, services, isPassing }: View, ttlOfService: (service: string) => number): number {
  if (isPassing || entries.length === 0 || items.length > entries.length) return 0
  let least = Number.POSITIVE_INFINITY
  for (const service of services) least = Math.min(least, ttlOfService(service))
  return least
}
