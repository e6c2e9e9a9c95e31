/** Who can run what as a task: clients by what they know and declare, tools by what their services say. */

import { runsLegacyTasks, type Catalog, type Entry, type Offer } from "../../domain/catalog.ts"
import { tasksExtension, type ClientFacts } from "../../mcp/message.ts"
import { fromRaw, toRaw, type RawObject } from "../../mcp/raw-json.ts"

/** Whether this client can be given a task for an answer, if it asks for one or by what it declares. */
export function knowsTasks(client: ClientFacts): boolean {
  return client.era === "legacy" ? client.revision === "2025-11-25" : declaresTasks(client.capabilities)
}

function declaresTasks(capabilities: RawObject): boolean {
  return Object.hasOwn(extensionsOf(capabilities), tasksExtension)
}

/** The capabilities with the tasks extension among them. */
export function declaringTasks(capabilities: RawObject): RawObject {
  if (declaresTasks(capabilities)) return capabilities
  return new Map(capabilities).set("extensions", toRaw({ ...extensionsOf(capabilities), [tasksExtension]: {} }))
}

function extensionsOf(capabilities: RawObject): object {
  const raw = capabilities.get("extensions")
  return raw?.[0] === 0x7b ? (fromRaw(raw) as object) : {}
}

/** How a tool of a legacy service may be run; those of a modern service decide that anew for each call. */
export function taskSupportOf(offer: Offer | undefined, entry: Pick<Entry, "item">): string {
  return offer && runsLegacyTasks(offer) ? (entry.item.taskSupport ?? "forbidden") : "forbidden"
}

/** Whether a modern service may answer calls of its tools with tasks. */
export function givesTasks({ era, capabilities }: Offer): boolean {
  const { extensions } = capabilities as { extensions?: object }
  return era === "modern" && Object.hasOwn(extensions ?? {}, tasksExtension)
}

/** Whether this client can use it at all: what must be run as a task is nothing to who cannot be given one. */
export function canUse(catalog: Catalog, entry: Entry, client: ClientFacts): boolean {
  if (entry.kind !== "tools" || entry.item.taskSupport !== "required") return true
  return taskSupportOf(catalog.offers.get(entry.service), entry) !== "required" || knowsTasks(client)
}

/** Whether a client that knows tasks could be given one for some of these tools. */
export function offersTasks(catalog: Catalog, entries: readonly Entry[], { era }: ClientFacts): boolean {
  return entries.some((entry) => {
    const offer = catalog.offers.get(entry.service)
    if (offer && givesTasks(offer)) return era === "modern"
    const support = taskSupportOf(offer, entry)
    return support === "required" || (support === "optional" && era === "legacy")
  })
}
