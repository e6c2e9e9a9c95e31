/**
 * Whether a call comes to something that nobody approved. Tools and prompts have one name each. A resource is read by
 * any spelling of its URI that its service takes, and by templates; so what is held back is compared by a form in which
 * all spellings are one, and a held template stands for whatever it could serve.
 */

import type { ItemKind, Offer } from "../catalog.ts"
import { matchesTemplate, resourceName } from "../naming.ts"
import { climbs } from "./canonical-uri.ts"
import { HeldUris } from "./held-uris.ts"

/** @param canonicalName as grants speak of it */
export function isHeldBack(offer: Offer | undefined, kind: ItemKind, canonicalName: string): boolean {
  if (!offer?.held) return false
  if (kind !== "resources") return offer.held[kind].includes(canonicalName)
  return isReadHeldBack(offer, canonicalName.slice(prefixOf(offer).length))
}

function isReadHeldBack(offer: Offer, uri: string): boolean {
  const { resources, templates } = offer.items
  if (resources.some(({ name }) => name === uri)) return false
  if (isNothingApproved(offer)) return true
  const held = heldUrisOf(offer)
  return held.hasResource(uri) || (held.hasTemplateFor(uri) && !templates.some(({ name }) => serves(name, uri)))
}

/** Nothing that can be read, where some of that is held back, or nothing at all. */
function isNothingApproved({ items, held }: Offer): boolean {
  const { tools, prompts, resources, templates } = items
  if (resources.length > 0 || templates.length > 0) return false
  return isSome(held?.resources) || isSome(held?.templates) || (tools.length === 0 && prompts.length === 0)
}

function isSome(names: readonly string[] = []): boolean {
  return names.length > 0
}

/**
 * What stands for an expression has its `?` and `#` escaped, so that these are the template's own, or not its at all. Nor
 * does it serve what climbs out of it.
 */
function serves(template: string, uri: string): boolean {
  return matchesTemplate(template, uri) && (!/[?#]/.test(uri) || /[?#]|\{\+/.test(template)) && !climbs(uri)
}

const compiled = new WeakMap<Offer, HeldUris>()

function heldUrisOf(offer: Offer): HeldUris {
  const known = compiled.get(offer)
  if (known) return known
  const own = (names: readonly string[] = []): readonly string[] =>
    names.map((name) => name.slice(prefixOf(offer).length))
  const uris = new HeldUris(own(offer.held?.resources), own(offer.held?.templates))
  compiled.set(offer, uris)
  return uris
}

function prefixOf({ service }: Offer): string {
  return resourceName(service, "")
}
