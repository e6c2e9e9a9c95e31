/**
 * What all services together offer: one immutable snapshot, compiled from each service's own lists and swapped whole
 * when one of them changes. A call sees one snapshot from its start to its end.
 *
 * Who may use which entry is left to permission.ts, how lists are fetched to the fleet.
 */

import type { Era } from "../mcp/message.ts"
import { toRaw, withMembers, writeObject, type RawJson, type RawObject } from "../mcp/raw-json.ts"
import type { Cost } from "./cost.ts"
import type { AuditRules, RelayTerms } from "./services/service.ts"
import { isReservedUri, matchesTemplate, ownUri, resourceName, sharedName, sharedUri } from "./naming.ts"

export const itemKinds = ["tools", "prompts", "resources", "templates"] as const
export type ItemKind = (typeof itemKinds)[number]

/** One tool, prompt, resource or template as its service describes it, after the rules of the service's file. */
export type Offered = {
  /** The service's own name for it; the URI of a resource, the URI template of a template. */
  readonly name: string
  /** Its name as the service's file renames it: what clients see, before any prefix. */
  readonly shownName: string
  readonly definition: RawObject
  /** The output schema to show legacy clients, where theirs must differ. */
  readonly legacyOutputSchema?: RawJson
  /** The service declares that calling it twice does no more than calling it once. */
  readonly repeatable?: boolean
  /** Suffix of an `Mcp-Param-*` header, lower case -> path of property names into the arguments. */
  readonly paramHeaders?: ReadonlyMap<string, readonly string[]>
  readonly cost?: Cost
  /** What a tool says of being run as a task: `forbidden`, `optional` or `required`. */
  readonly taskSupport?: string
}

export type Offer = {
  readonly service: string
  /** Whether its names carry the service's name in the list of all. */
  readonly prefix: boolean
  readonly items: Readonly<Record<ItemKind, readonly Offered[]>>
  /** As its service spoke when it was last heard. */
  readonly era: Era
  readonly capabilities: Readonly<Record<string, unknown>>
  readonly instructions: string | undefined
  /** What it has that nobody approved, by canonical names; absent where there is nothing. */
  readonly held?: Readonly<Record<ItemKind, readonly string[]>>
  readonly tags: readonly string[]
  readonly audit: AuditRules
  readonly terms: RelayTerms
}

/** One item of the compiled list. */
export type Entry = {
  readonly kind: ItemKind
  readonly service: string
  readonly item: Offered
  /** What grants speak of, whichever endpoint it is reached through. */
  readonly canonicalName: string
  readonly listed: Listed
}

/** The item as one endpoint lists it, ready to be sent. */
export type Listed = { readonly name: string; readonly modern: RawJson; readonly legacy: RawJson }

export type Catalog = {
  readonly offers: ReadonlyMap<string, Offer>
  readonly all: Listing
  /** Per service, under its own names. */
  readonly mounted: ReadonlyMap<string, Listing>
}

export type Listing = {
  /** Sorted by name. */
  readonly entries: Readonly<Record<ItemKind, readonly Entry[]>>
  readonly byName: Readonly<Record<ItemKind, ReadonlyMap<string, Entry>>>
}

export function compileCatalog(offers: readonly Offer[]): Catalog {
  const sorted = offers.toSorted(comparePrecedence)
  return {
    offers: new Map(sorted.map((offer) => [offer.service, offer])),
    all: compileListing(sorted, shared),
    mounted: new Map(sorted.map((offer) => [offer.service, compileListing([offer], own)])),
  }
}

/**
 * Which of two services keeps a name that both offer: one with a prefix before one without, which could else take any
 * other's names; then by name.
 */
function comparePrecedence(a: Offer, b: Offer): number {
  return Number(b.prefix) - Number(a.prefix) || compareNames(a.service, b.service)
}

/** How one endpoint names an item. */
type NameItem = (offer: Offer, kind: ItemKind, item: Offered) => string

const own: NameItem = (_offer, _kind, item) => item.shownName

const shared: NameItem = (offer, kind, item) => {
  const named = kind === "tools" || kind === "prompts"
  if (!offer.prefix && (named || !isReservedUri(item.shownName))) return item.shownName
  return named ? sharedName(offer.service, item.shownName) : sharedUri(offer.service, item.shownName)
}

function compileListing(offers: readonly Offer[], nameItem: NameItem): Listing {
  const compile = (kind: ItemKind): readonly Entry[] =>
    withoutCollisions(
      offers.flatMap((offer) => offer.items[kind].map((item) => compileEntry(offer, kind, item, nameItem))),
    )
  const entries = {
    tools: compile("tools"),
    prompts: compile("prompts"),
    resources: compile("resources"),
    templates: compile("templates"),
  }
  const index = (kind: ItemKind): ReadonlyMap<string, Entry> =>
    new Map(entries[kind].map((entry) => [entry.listed.name, entry]))
  return {
    entries,
    byName: {
      tools: index("tools"),
      prompts: index("prompts"),
      resources: index("resources"),
      templates: index("templates"),
    },
  }
}

/** Among equal names (services without prefix, names cut short) the first keeps it. */
function withoutCollisions(entries: readonly Entry[]): readonly Entry[] {
  const byName = new Map<string, Entry>()
  for (const entry of entries) if (!byName.has(entry.listed.name)) byName.set(entry.listed.name, entry)
  return [...byName.values()].sort((a, b) => compareNames(a.listed.name, b.listed.name))
}

function compileEntry(offer: Offer, kind: ItemKind, item: Offered, nameItem: NameItem): Entry {
  const { service } = offer
  return {
    kind,
    service,
    item,
    canonicalName: canonicalNameOf(service, kind, item.shownName),
    listed: listItem(nameItem(offer, kind, item), kind, item, { offer, isShared: nameItem !== own }),
  }
}

/** What grants speak of. */
export function canonicalNameOf(service: string, kind: ItemKind, shownName: string): string {
  return kind === "tools" || kind === "prompts" ? sharedName(service, shownName) : resourceName(service, shownName)
}

const nameMember: Readonly<Record<ItemKind, string>> = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  templates: "uriTemplate",
}

type Place = { readonly offer: Offer; readonly isShared: boolean }

function listItem(name: string, kind: ItemKind, item: Offered, { offer, isShared }: Place): Listed {
  const renamed =
    name === item.name ? item.definition : withMembers(item.definition, { [nameMember[kind]]: toRaw(name) })
  const definition = isShared ? withAppUri(renamed, offer.service) : renamed
  const modern = writeObject(withMembers(definition, { execution: undefined }))
  const outputSchema = item.legacyOutputSchema ?? definition.get("outputSchema")
  const execution = runsLegacyTasks(offer) ? definition.get("execution") : undefined
  const isSame = !item.legacyOutputSchema && !execution
  return {
    name,
    modern,
    legacy: isSame ? modern : writeObject(withMembers(definition, { outputSchema, execution })),
  }
}

/** Whether calls of its tools can be run as the tasks of 2025-11-25, which clients of that era ask for. */
export function runsLegacyTasks({ era, capabilities }: Pick<Offer, "era" | "capabilities">): boolean {
  const { tasks } = capabilities as { tasks?: { requests?: { tools?: { call?: unknown } } } }
  return era === "legacy" && tasks?.requests?.tools?.call !== undefined
}

/** The page of an MCP App that a tool names is a resource, and named as the list of resources names it. */
function withAppUri(definition: RawObject, service: string): RawObject {
  const raw = definition.get("_meta")
  if (!raw?.includes("ui://")) return definition
  const meta = JSON.parse(raw.toString()) as { ui?: { resourceUri?: unknown }; "ui/resourceUri"?: unknown }
  if (typeof meta.ui?.resourceUri === "string") meta.ui.resourceUri = sharedUri(service, meta.ui.resourceUri)
  if (typeof meta["ui/resourceUri"] === "string")
    meta["ui/resourceUri"] = sharedUri(service, meta["ui/resourceUri"])
  return withMembers(definition, { _meta: toRaw(meta) })
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Where a client can point: every service, or the one named by the path. */
export function listingOf(catalog: Catalog, mount: string | undefined): Listing | undefined {
  return mount === undefined ? catalog.all : catalog.mounted.get(mount)
}

/**
 * The services a URI can mean, each with its own form of it. A shared URI names its service; a service's own URI, as
 * results carry them, is taken to whoever lists it, has a template for it, or lists others of its scheme.
 */
export function findUri(
  catalog: Catalog,
  mount: string | undefined,
  uri: string,
): readonly { service: string; uri: string }[] {
  if (mount !== undefined) return [{ service: mount, uri }]
  const wrapped = ownUri(uri)
  const wrapper = wrapped && catalog.offers.get(wrapped.service)
  const offers = [...catalog.offers.values()]
  // What a service calls ui://name/page may begin like what we would call a page of a service of that name.
  const isOwn = wrapper && !offersUri(wrapper, wrapped.uri) && offers.some((offer) => listsUri(offer, uri))
  if (wrapper && !isOwn) return [wrapped]
  for (const claims of [listsUri, hasTemplateFor, listsScheme]) {
    const claimants = offers.filter((offer) => claims(offer, uri))
    if (claimants.length > 0) return claimants.map(({ service }) => ({ service, uri }))
  }
  return []
}

function offersUri(offer: Offer, uri: string): boolean {
  return listsUri(offer, uri) || hasTemplateFor(offer, uri)
}

function listsUri({ items }: Offer, uri: string): boolean {
  return items.resources.some(({ name }) => name === uri)
}

function hasTemplateFor({ items }: Offer, uri: string): boolean {
  return items.templates.some(({ name }) => matchesTemplate(name, uri))
}

function listsScheme({ items }: Offer, uri: string): boolean {
  const scheme = uri.slice(0, uri.indexOf(":") + 1)
  return scheme !== "" && [...items.resources, ...items.templates].some(({ name }) => name.startsWith(scheme))
}

export const noItems: Offer["items"] = { tools: [], prompts: [], resources: [], templates: [] }
