/** Finds tools by words: an index over one list of entries, made when it is first searched and kept as long as the list. */

import type MiniSearch from "minisearch"
import type { Entry } from "../../domain/catalog.ts"
import { readString } from "../../mcp/raw-json.ts"

type Found = { readonly entry: Entry; readonly score: number }

const indices = new WeakMap<readonly Entry[], MiniSearch>()

/** Best first. */
export async function searchTools(
  entries: readonly Entry[],
  query: string,
  limit: number,
): Promise<readonly Found[]> {
  const index = indices.get(entries) ?? (await buildIndex(entries))
  indices.set(entries, index)
  const hits = index.search(query, { boost: { name: 3, title: 2 }, fuzzy: 0.2, prefix: true }).slice(0, limit)
  return hits.flatMap(({ id, score }) => {
    const entry = entries[Number(id)]
    return entry ? [{ entry, score }] : []
  })
}

async function buildIndex(entries: readonly Entry[]): Promise<MiniSearch> {
  const { default: MiniSearch } = await import("minisearch") // only this needs it
  const index = new MiniSearch({ fields: ["name", "title", "description"], tokenize })
  const documents = entries.map(({ listed, item }, id) => ({
    id,
    name: listed.name,
    title: readString(item.definition.get("title")) ?? "",
    description: readString(item.definition.get("description")) ?? "",
  }))
  index.addAll(documents)
  return index
}

/** Also within names: `files__readFile` is found by `read` as much as by `files`. */
function tokenize(text: string): string[] {
  const parted = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
  return parted.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "")
}
