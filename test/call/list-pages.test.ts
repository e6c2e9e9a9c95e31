import assert from "node:assert/strict"
import { test } from "node:test"
import { writePage } from "../../src/call/list-pages.ts"
import { viewOf } from "../../src/call/view.ts"
import { compileCatalog, type Listed } from "../../src/domain/catalog.ts"
import type { RawJson } from "../../src/mcp/raw-json.ts"
import { callOf, known, principal } from "./fixtures.ts"

const scope = { mount: undefined, kind: "tools", from: callOf("tools/list", {}) } as const
const reader = () => principal("p", { tools: { allow: ["*__read"], deny: [] } })

function pageFor(who = reader(), era: "modern" | "legacy" = "modern", snapshot = known): RawJson {
  const view = viewOf(snapshot, who, scope)
  return writePage(snapshot.catalog, view, { kind: "tools", era, start: 0, items: view.items })
}

test("whoever sees the same is sent the same bytes, and nobody else", () => {
  assert.equal(pageFor(), pageFor())
  assert.notEqual(pageFor(), pageFor(reader(), "legacy"))
  const other = pageFor(principal("q", { tools: { allow: ["*__read"], deny: ["notes__*"] } }))
  assert.notEqual(pageFor().toString(), other.toString())
})

test("a new catalog has pages of its own", () => {
  const next = { ...known, catalog: compileCatalog([...known.catalog.offers.values()]) }
  assert.notEqual(pageFor(), pageFor(reader(), "modern", next))
  assert.deepEqual(pageFor(), pageFor(reader(), "modern", next))
})

test("so many bytes are kept, the pages used last", () => {
  const catalog = compileCatalog([])
  const text = Buffer.alloc(20 * 1_048_576, " ")
  const items: readonly Listed[] = [{ name: "large", modern: text, legacy: text }]
  const view = viewOf(known, reader(), scope)
  const page = (start: number): RawJson => writePage(catalog, view, { kind: "tools", era: "modern", start, items })
  const [first, second] = [page(1), page(2)]
  page(3)
  assert.equal(page(1), first)
  page(4)
  assert.equal(page(1), first)
  assert.notEqual(page(2), second)
})
