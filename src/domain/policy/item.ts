/** Things that services offer, in the words of policies: made once for each entry of a catalog. */

import { type RawJson, fromRaw } from "../../mcp/raw-json.ts"
import type { Catalog, Entry } from "../catalog.ts"
import { sharedName } from "../naming.ts"
import type { PolicyItem } from "./compiled-policies.ts"

/** An entry of the catalog, or what is known of something that is not listed. */
export type PolicyThing = Pick<Entry, "kind" | "service" | "canonicalName"> & { readonly item?: Entry["item"] }

const items = new WeakMap<object, PolicyItem>()

export function policyItemOf(catalog: Catalog, entry: PolicyThing): PolicyItem {
  const known = items.get(entry)
  if (known) return known
  const item = make(catalog, entry)
  items.set(entry, item)
  return item
}

function make({ offers }: Catalog, { kind, service, canonicalName, item }: PolicyThing): PolicyItem {
  const named = item && (kind === "tools" || kind === "prompts")
  let annotations: ReturnType<PolicyItem["annotations"]> | undefined
  return {
    kind: kind === "templates" ? "resources" : kind,
    service,
    canonicalName,
    ...(named && { ownName: sharedName(service, item.name) }),
    tags: offers.get(service)?.tags ?? [],
    annotations: () => (annotations ??= readAnnotations(item?.definition.get("annotations"))),
  }
}

/** What is not said, or not as a boolean, is as the specification has it for who says nothing. */
export function readAnnotations(raw: RawJson | undefined): ReturnType<PolicyItem["annotations"]> {
  const said = (raw?.[0] === 0x7b ? fromRaw(raw) : {}) as Readonly<Record<string, unknown>>
  const readOnlyHint = said["readOnlyHint"] === true
  return {
    readOnlyHint,
    destructiveHint: !readOnlyHint && said["destructiveHint"] !== false,
    idempotentHint: said["idempotentHint"] === true,
    openWorldHint: said["openWorldHint"] !== false,
  }
}
