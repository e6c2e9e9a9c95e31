/**
 * Asks a service for its lists, page by page and all kinds at once, and keeps every item as the bytes that came. What
 * of them is offered: offer.ts.
 */

import { GatewayError } from "../../errors.ts"
import { itemKinds, type ItemKind } from "../../domain/catalog.ts"
import type { Issue } from "../../domain/fleet.ts"
import type { Link } from "../../mcp/client/link.ts"
import { maxListDepth } from "../../mcp/client/service-messages.ts"
import type { ClientFacts } from "../../mcp/message.ts"
import { readItems, readMembers } from "../../mcp/outline.ts"
import { fromRaw, noMembers, readString, toRaw, type RawJson, type RawObject } from "../../mcp/raw-json.ts"
import { fromService } from "../../mcp/client/service-answer.ts"
import { ownRequest } from "../../mcp/client/service-facts.ts"

export type ListItems = Readonly<Record<ItemKind, readonly RawObject[]>>

/** For how long a service lets each of its lists be kept, in ms. */
export type ListTtls = Readonly<Record<ItemKind, number>>

export const noTtls: ListTtls = { tools: 0, prompts: 0, resources: 0, templates: 0 }

/** Something wrong with one part of a service, which leaves the rest as it is. */
export type Fault = Pick<Issue, "message" | "next"> & { readonly subject: string }

export type ListAsk = {
  readonly link: Link
  /** Ourselves. */
  readonly client: ClientFacts
  readonly limits: ListLimits
  readonly signal: AbortSignal
  /** What a list that cannot be fetched now is taken to hold. */
  readonly previous?: ListItems | undefined
}

export type ListLimits = {
  readonly maxPages: number
  readonly maxItems: number
  /** Of all pages of one list. */
  readonly maxBytes: number
}

export const noListItems: ListItems = { tools: [], prompts: [], resources: [], templates: [] }

type Source = { readonly method: string; readonly member: string; readonly capability: string }

const sources: Readonly<Record<ItemKind, Source>> = {
  tools: { method: "tools/list", member: "tools", capability: "tools" },
  prompts: { method: "prompts/list", member: "prompts", capability: "prompts" },
  resources: { method: "resources/list", member: "resources", capability: "resources" },
  templates: { method: "resources/templates/list", member: "resourceTemplates", capability: "resources" },
}

export type FetchedLists = {
  readonly items: ListItems
  readonly ttlMs: ListTtls
  readonly faults: readonly Fault[]
  /** Which could not be fetched. */
  readonly unheard: ReadonlySet<ItemKind>
}

/** @throws GatewayError where not one of the lists that the service announces could be fetched */
export async function fetchLists(ask: ListAsk): Promise<FetchedLists> {
  const announced = itemKinds.filter((kind) => sources[kind].capability in ask.link.facts.capabilities)
  const outcomes = await Promise.allSettled(announced.map((kind) => fetchList(ask, kind)))
  const items: Record<ItemKind, readonly RawObject[]> = { ...noListItems }
  const ttlMs: Record<ItemKind, number> = { ...noTtls }
  const faults: (Fault & { cause: unknown })[] = []
  const unheard = new Set<ItemKind>()
  outcomes.forEach((outcome, index) => {
    const kind = announced[index] as ItemKind
    if (outcome.status === "fulfilled") {
      items[kind] = outcome.value.items
      ttlMs[kind] = outcome.value.ttlMs
    } else {
      unheard.add(kind)
      items[kind] = ask.previous?.[kind] ?? []
      faults.push({ subject: sources[kind].method, message: messageOf(outcome.reason), cause: outcome.reason })
    }
  })
  if (faults.length > 0 && faults.length === announced.length) throw faults[0]?.cause
  return { items, ttlMs, faults, unheard }
}

function messageOf(thrown: unknown): string {
  return GatewayError.from(thrown).message
}

type Fetched = { readonly items: readonly RawObject[]; readonly ttlMs: number }

async function fetchList(ask: ListAsk, kind: ItemKind): Promise<Fetched> {
  const { maxPages, maxItems, maxBytes } = ask.limits
  const { method } = sources[kind]
  const items: RawObject[] = []
  const cursors = new Set<string>()
  let ttlMs = Number.MAX_SAFE_INTEGER
  let bytes = 0
  let cursor: RawJson | undefined
  do {
    const page = await fetchPage(ask, kind, cursor)
    bytes += page.bytes
    if (bytes > maxBytes) throw unfit(`${method} has more than ${maxBytes} bytes, the limit (limits.listBytes).`)
    const raw = page.items()
    if (items.length + raw.length > maxItems)
      throw unfit(`${method} holds more than ${maxItems} items, the limit (limits.tools).`)
    for (const item of raw) items.push(readItem(item))
    ttlMs = Math.min(ttlMs, page.ttlMs)
    cursor = page.next
    if (cursor && cursors.has(cursor.toString())) throw unfit(`${method} gives the same cursor twice.`)
    if (cursor) cursors.add(cursor.toString())
    if (cursors.size >= maxPages)
      throw unfit(`${method} has more than ${maxPages} pages, the limit (limits.pages).`)
  } while (cursor)
  return { items, ttlMs }
}

const methodNotFound = -32601

async function fetchPage(ask: ListAsk, kind: ItemKind, cursor: RawJson | undefined): Promise<Page> {
  const { link, client, signal } = ask
  const { method, member } = sources[kind]
  const request = ownRequest(method, client, cursor ? new Map([["cursor", cursor]]) : noMembers)
  const answer = await link.handle(request, { signal, notify: () => {} })
  if (answer.error) {
    // Many a service announces resources and has never heard of templates.
    if (answer.error.code === methodNotFound && kind === "templates")
      return { bytes: 0, items: () => [], next: undefined, ttlMs: 0 }
    throw unfit(`${method} was answered with error ${answer.error.code}: ${answer.error.message.slice(0, 200)}`)
  }
  return fromService(() => readPage(answer.result, member))
}

type Page = {
  readonly bytes: number
  /** Taken apart when asked for: what is too large is not. */
  readonly items: () => readonly RawJson[]
  readonly ttlMs: number
  readonly next: RawJson | undefined
}

function readPage(result: RawObject, member: string): Page {
  const next = readString(result.get("nextCursor"))
  const list = result.get(member) ?? toRaw(null)
  return {
    bytes: list.length,
    items: () => fromService(() => readItems(list, { maxDepth: maxListDepth })),
    next: next === undefined || next === "" ? undefined : toRaw(next),
    ttlMs: readTtl(result.get("ttlMs")),
  }
}

function readTtl(raw: RawJson | undefined): number {
  const ttlMs = raw && fromRaw(raw)
  return typeof ttlMs === "number" && ttlMs > 0 ? Math.floor(Math.min(ttlMs, Number.MAX_SAFE_INTEGER)) : 0
}

/** An item that cannot be read costs only itself: it has no name, and so is left out. */
function readItem(raw: RawJson): RawObject {
  try {
    return readMembers(raw)
  } catch {
    return noMembers
  }
}

function unfit(message: string): GatewayError {
  return new GatewayError("service_unavailable", message, { detail: { sent: true } })
}
