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
import { mayUse } from "./authorize.ts"
import type { Known } from "./resolve.ts"
import { canUse, knowsTasks } from "./tasks/support.ts"

export type View = {
  readonly items: readonly Listed[]
  /** Those of the items that services offer. */
  readonly entries: readonly Entry[]
  /** The services of those. */
  readonly services: ReadonlySet<string>
  /** Equal for two views that list the same; computed when first asked for. */
  digest(): string
}

const views = new WeakMap<Catalog, WeakMap<CompiledGrants, Map<string, View>>>()

/** Which of the things that a principal may use at an endpoint: of one kind, and for one client. */
export type Scope = {
  readonly mount: string | undefined
  readonly kind: ItemKind
  /** Who asks, where it matters what its client can do. */
  readonly client?: ClientFacts
}

export function viewOf(known: Known, principal: ActivePrincipal, scope: Scope): View {
  const { mount, kind, client } = scope
  const byGrants = views.get(known.catalog) ?? new WeakMap<CompiledGrants, Map<string, View>>()
  views.set(known.catalog, byGrants)
  const byPlace = byGrants.get(principal.may) ?? new Map<string, View>()
  byGrants.set(principal.may, byPlace)
  const place = `${kind} ${client && !knowsTasks(client) ? "plain" : "full"} ${mount ?? ""}`
  const view = byPlace.get(place) ?? buildView(known, principal, scope)
  byPlace.set(place, view)
  return view
}

function buildView(known: Known, principal: ActivePrincipal, { mount, kind, client }: Scope): View {
  const listing = listingOf(known.catalog, mount)?.entries[kind] ?? []
  const taken = mount === undefined ? ownNames[kind](known) : nothing
  const granted = listing.filter(
    ({ listed, canonicalName }) => !taken.has(listed.name) && mayUse(principal, kind, canonicalName),
  )
  const entries = client ? granted.filter((entry) => canUse(known.catalog, entry, client)) : granted
  const offered = entries.map(({ listed }) => listed)
  const items = mount === undefined ? merge(own[kind](known, principal), offered) : offered
  const services = new Set(entries.map(({ service }) => service))
  let digest: string | undefined
  return { items, entries, services, digest: () => (digest ??= digestOf(items)) }
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
