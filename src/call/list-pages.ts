/**
 * Pages of lists as the bytes that are sent: made once for all who see the same, and kept as long as the catalog they were
 * made of, within a limit. What is on a page: list.ts. What a principal sees: view.ts.
 */

import type { Catalog, ItemKind, Listed } from "../domain/catalog.ts"
import type { Era } from "../mcp/message.ts"
import { writeArray, type RawJson } from "../mcp/raw-json.ts"
import type { View } from "./view.ts"

export type Page = {
  readonly kind: ItemKind
  readonly era: Era
  /** The place of its first item in the view. */
  readonly start: number
  readonly items: readonly Listed[]
}

/** Of all pages of one catalog. */
const maxBytes = 64 * 1_048_576

class Pages {
  /** The one used longest ago comes first. */
  readonly #kept = new Map<string, RawJson>()
  #bytes = 0

  get(key: string): RawJson | undefined {
    const page = this.#kept.get(key)
    if (!page) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, page)
    return page
  }

  keep(key: string, page: RawJson): void {
    this.#kept.set(key, page)
    this.#bytes += page.length
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= maxBytes) return
      this.#kept.delete(oldest)
      this.#bytes -= length
    }
  }
}

const pagesOf = new WeakMap<Catalog, Pages>()

/** The JSON array of the items. */
export function writePage(catalog: Catalog, view: View, { kind, era, start, items }: Page): RawJson {
  const pages = pagesOf.get(catalog) ?? new Pages()
  pagesOf.set(catalog, pages)
  // Equal digests of one catalog are equal lists, whoever sees them.
  const key = `${kind} ${era} ${start} ${view.digest()}`
  const known = pages.get(key)
  if (known) return known
  const page = writeArray(items.map((item) => item[era]))
  pages.keep(key, page)
  return page
}
