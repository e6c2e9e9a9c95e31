/**
 * What a worker is told of one service: enough to find out what a name means, and whether it can send the call by
 * itself. Definitions of tools stay with the owner, which alone lists them, but for their annotations.
 */

import { itemKinds, type ItemKind, type Offer, type Offered } from "../../../domain/catalog.ts"
import type { ServiceDefinition } from "../../../domain/services/service.ts"
import { noMembers } from "../../../mcp/raw-json.ts"

type SentItem = Omit<Offered, "definition" | "legacyOutputSchema" | "paramHeaders"> & {
  /** The JSON text: policies go by them. */
  readonly annotations?: string
  readonly paramHeaders?: readonly (readonly [string, readonly string[]])[]
}

type SentOffer = Omit<Offer, "items"> & { readonly items: Readonly<Record<ItemKind, readonly SentItem[]>> }

export type SentService = {
  readonly offer: SentOffer
  /** With the worker's share of its concurrency; undefined where all calls of it are the owner's. */
  readonly definition: ServiceDefinition | undefined
}

export function sendOffer(offer: Offer): SentOffer {
  return { ...offer, instructions: undefined, items: mapKinds((kind) => offer.items[kind].map(sendItem)) }
}

export function receiveOffer(offer: SentOffer): Offer {
  // What is undefined does not cross.
  const { instructions } = offer
  const audit = { ...offer.audit, payloads: offer.audit.payloads }
  return { ...offer, audit, instructions, items: mapKinds((kind) => offer.items[kind].map(receiveItem)) }
}

function mapKinds<T>(of: (kind: ItemKind) => T): Record<ItemKind, T> {
  return Object.fromEntries(itemKinds.map((kind) => [kind, of(kind)])) as Record<ItemKind, T>
}

function sendItem(offered: Offered): SentItem {
  const { definition, legacyOutputSchema: _, paramHeaders, ...item } = offered
  const annotations = definition.get("annotations")?.toString()
  return {
    ...item,
    ...(annotations !== undefined && { annotations }),
    ...(paramHeaders && { paramHeaders: [...paramHeaders] }),
  }
}

function receiveItem({ paramHeaders, annotations, ...item }: SentItem): Offered {
  const definition = annotations === undefined ? noMembers : new Map([["annotations", Buffer.from(annotations)]])
  return { ...item, definition, ...(paramHeaders && { paramHeaders: new Map(paramHeaders) }) }
}
