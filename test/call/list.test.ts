import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { authorize } from "../../src/call/authorize.ts"
import { list } from "../../src/call/list.ts"
import { resolve } from "../../src/call/resolve.ts"
import { compileCatalog } from "../../src/domain/catalog.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { fromRaw, readString } from "../../src/mcp/raw-json.ts"
import { admin, callOf, known, nobody, offer, principal, tool } from "./fixtures.ts"

function listTools(who: ActivePrincipal, snapshot = known, cursor?: string) {
  const { result } = list(
    { authenticate: () => who },
    snapshot,
    callOf("tools/list", cursor === undefined ? {} : { cursor }),
  )
  const tools = fromRaw(result?.get("tools") ?? Buffer.from("[]")) as { name: string }[]
  return { names: tools.map(({ name }) => name), next: readString(result?.get("nextCursor")) }
}

test("a principal is listed what it may call, management tools among them", () => {
  assert.deepEqual(listTools(admin).names, ["files__read", "files__write", "list_services", "notes__read"])
  assert.deepEqual(listTools(principal("p", { tools: { allow: ["*__read"], deny: ["notes__*"] } })).names, [
    "files__read",
  ])
  assert.deepEqual(listTools(nobody).names, [])
})

test("listed is callable and callable is listed, whatever the grants", () => {
  const pattern = fc.constantFrom(
    "*",
    "files__*",
    "*__read",
    "notes__read",
    "files__write",
    "list_services",
    "f*e",
    "",
  )
  const patterns = fc.array(
    pattern.filter((text) => text !== ""),
    { maxLength: 3 },
  )
  const every = ["files__read", "files__write", "notes__read", "list_services"]
  fc.assert(
    fc.property(patterns, patterns, fc.boolean(), (allow, deny, observes) => {
      const who = principal("p", { permissions: observes ? ["observe"] : [], tools: { allow, deny } })
      const callable = every.filter((name) => {
        try {
          authorize(who, resolve(known, who, callOf("tools/call", { name })))
          return true
        } catch {
          return false
        }
      })
      assert.deepEqual(listTools(who).names, callable.sort())
    }),
  )
})

test("pages follow one another without gap or repetition, and a foreign cursor is refused", () => {
  const many = Array.from({ length: 2_500 }, (_, index) => tool(`t${index}`))
  const snapshot = { catalog: compileCatalog([offer("s", { tools: many })]), managementTools: new Map() }
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = listTools(admin, snapshot, cursor)
    seen.push(...page.names)
    cursor = page.next
  } while (cursor !== undefined)
  assert.equal(seen.length, 2_500)
  assert.deepEqual(seen, [...new Set(seen)].sort())
  assert.throws(() => listTools(admin, snapshot, "bm90IG91cnM"), { code: "invalid" })
})
