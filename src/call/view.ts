/**
 * What one principal sees at one endpoint: the entries of the catalog that it may use, in order. Built once for a
 * catalog and a set of grants, then shared by every list and every listener that asks again.
 */

import { createHash } from "node:crypto"
import { listingOf, type Catalog, type Entry, type ItemKind, type Listed } from "../domain/catalog.ts"
import type { CompiledGrants } from "../domain/permission.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { ManagementResource } from "../domain/tool.ts"
import type { ClientFacts } from "../mcp/message.ts"
import type { CompiledPolicies } from "../domain/policy/compiled-policies.ts"
import { circumstancesOf, mayUse, type From } from "./authorize.ts"
import type { Known } from "./resolve.ts"
import { canUse, knowsTasks } from "./tasks/support.ts"

export type View = {
  readonly items: readonly Listed[]
  /** Those of the items that services offer. */
  readonly entries: readonly Entry[]
  /** The services of those. */
  readonly services: ReadonlySet<string>
  /** Whether it is another at another time, from another address or for another client. */
  readonly isPassing: boolean
  /** Equal for two views that list the same; computed when first asked for. */
  digest(): string
}

type Places = Map<string, View>

const views = new WeakMap<CompiledPolicies, WeakMap<Catalog, WeakMap<CompiledGrants, Places>>>()
/** Of one principal: who comes as many clients in turn is shown each view anew. */
const maxPlaces = 256

/** Which of the things that a principal may use at an endpoint: of one kind, and for one client. */
export type Scope = {
  readonly mount: string | undefined
  readonly kind: ItemKind
  /** Where it is asked from. */
  readonly from: From
  /** Who asks, where it matters what its client can do. */
  readonly client?: ClientFacts
}

export function viewOf(known: Known, principal: ActivePrincipal, scope: Scope): View {
  const { mount, kind, client } = scope
  const byPlace = placesOf(known, principal)
  const around = aroundOf(known, principal, scope)
  const place = `${kind} ${client && !knowsTasks(client) ? "plain" : "full"} ${around} ${mount ?? ""}`
  const view = byPlace.get(place) ?? buildView(known, principal, scope)
  if (byPlace.size >= maxPlaces) byPlace.clear()
  byPlace.set(place, view)
  return view
}

function placesOf({ policies, catalog }: Known, { may }: ActivePrincipal): Places {
  const byCatalog = views.get(policies) ?? new WeakMap<Catalog, WeakMap<CompiledGrants, Places>>()
  views.set(policies, byCatalog)
  const byGrants = byCatalog.get(catalog) ?? new WeakMap<CompiledGrants, Places>()
  byCatalog.set(catalog, byGrants)
  const places = byGrants.get(may) ?? new Map<string, View>()
  byGrants.set(may, places)
  return places
}

/** What the conditions of policies on time, address and client come to: equal for all who are shown the same. */
function aroundOf(known: Known, { principal }: ActivePrincipal, { from }: Scope): string {
  if (known.policies.isEmpty) return ""
  const conditions = known.policies.circumstancesOf(principal)
  if (conditions.length === 0) return ""
  const around = circumstancesOf(known, from)
  return conditions.map(({ judge }) => sayJudged(judge(around))).join("")
}

function sayJudged(judged: boolean | undefined): string {
  if (judged === undefined) return "?"
  return judged ? "+" : "-"
}

function buildView(known: Known, principal: ActivePrincipal, { mount, kind, client, from }: Scope): View {
  const listing = listingOf(known.catalog, mount)?.entries[kind] ?? []
  const taken = mount === undefined ? ownNames[kind](known) : nothing
  const granted = listing.filter((entry) => !taken.has(entry.listed.name) && mayUse(known, principal, from, entry))
  const entries = client ? granted.filter((entry) => canUse(known.catalog, entry, client)) : granted
  const offered = entries.map(({ listed }) => listed)
  const items = mount === undefined ? merge(own[kind](known, principal), offered) : offered
  const services = new Set(entries.map(({ service }) => service))
  let digest: string | undefined
  const isPassing = !known.policies.isEmpty && known.policies.circumstancesOf(principal.principal).length > 0
  return { items, entries, services, isPassing, digest: () => (digest ??= digestOf(items)) }
}

/** What the gateway itself has of each kind. */
const own: Readonly<Record<ItemKind, (known: Known, principal: ActivePrincipal) => readonly Listed[]>> = {
  tools: ({ managementTools }, { may }) =>
    [...managementTools.values()]
      .filter(({ permission }) => may.holds(permission))
      .map(({ name, definition }) => ({ name, modern: definition, legacy: definition })),
  resources: ({ managementResources }, principal) => readable(managementResources, principal),
  prompts: () => [],
  templates: ({ managementTemplates }, principal) => readable(managementTemplates, principal),
}

function readable(
  resources: ReadonlyMap<string, ManagementResource>,
  { may }: ActivePrincipal,
): readonly Listed[] {
  return [...resources.values()]
    .filter(({ tool }) => may.holds(tool.permission))
    .map(({ uri, definition }) => ({ name: uri, modern: definition, legacy: definition }))
}

const nothing: ReadonlyMap<string, unknown> = new Map()

/** The names that mean the gateway's own, for whoever may not use that too: a service without prefix cannot take them. */
const ownNames: Readonly<Record<ItemKind, (known: Known) => ReadonlyMap<string, unknown>>> = {
  tools: ({ managementTools }) => managementTools,
  resources: () => nothing, // their scheme is reserved
  prompts: () => nothing,
  templates: () => nothing,
}

function merge(own: readonly Listed[], offered: readonly Listed[]): readonly Listed[] {
  if (own.length === 0) return offered
  return [...own, ...offered].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function digestOf(items: readonly Listed[]): string {
  const digest = createHash("sha256")
  for (const { modern } of items) digest.update(modern)
  return digest.digest("base64url")
}
