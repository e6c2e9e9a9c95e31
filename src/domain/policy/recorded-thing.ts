/** What an entry of the audit log was about, found again among what services offer now. */

import type { Entry as AuditEntry } from "../audit/entry.ts"
import { itemKinds, type Catalog, type ItemKind } from "../catalog.ts"
import type { PolicyThing } from "./item.ts"
import type { PolicyAction } from "./policy.ts"

const actions: Readonly<Record<string, PolicyAction>> = {
  "prompts/get": "get",
  "resources/read": "read",
  "completion/complete": "complete",
}

export function actionOf({ method = "" }: Pick<AuditEntry, "method">): PolicyAction {
  return actions[method] ?? "call"
}

type Index = Readonly<Record<ItemKind, ReadonlyMap<string, PolicyThing>>>

const indexes = new WeakMap<Catalog, Index>()

/** @returns undefined for what is not there any more, and for what was no thing of a service's */
export function thingOf(catalog: Catalog, entry: AuditEntry): PolicyThing | undefined {
  const { target, targetKind, service, method = "" } = entry
  if (target === undefined || targetKind === "operation") return undefined
  if (targetKind === undefined) return askedThing(catalog, method, target)
  const { tools, prompts, resources, templates } = indexOf(catalog)
  if (targetKind === "prompt") return prompts.get(target)
  if (targetKind === "tool") return tools.get(target) ?? ownMethod(catalog, entry)
  const listed = resources.get(target) ?? templates.get(target)
  if (listed || service === undefined || !catalog.offers.has(service)) return listed
  return { kind: "resources", service, canonicalName: target }
}

/** Of a call for which nothing was found then, under the name that it asked for. */
function askedThing({ all }: Catalog, method: string, name: string): PolicyThing | undefined {
  if (method === "tools/call") return all.byName.tools.get(name)
  if (method === "prompts/get") return all.byName.prompts.get(name)
  return method === "resources/read" ? all.byName.resources.get(name) : undefined
}

function ownMethod(
  { offers }: Catalog,
  { target = "", service = "", method = "" }: AuditEntry,
): PolicyThing | undefined {
  const isOwn = target === `${service}__${method}` && offers.has(service)
  return isOwn ? { kind: "tools", service, canonicalName: target } : undefined
}

function indexOf(catalog: Catalog): Index {
  const known = indexes.get(catalog)
  if (known) return known
  const { entries } = catalog.all
  const index = Object.fromEntries(
    itemKinds.map((kind) => [kind, new Map(entries[kind].map((entry) => [entry.canonicalName, entry]))]),
  ) as unknown as Index
  indexes.set(catalog, index)
  return index
}
