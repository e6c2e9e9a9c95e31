import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { authorize } from "../../src/call/authorize.ts"
import { list } from "../../src/call/list.ts"
import { resolve, type Known } from "../../src/call/resolve.ts"
import { compileCatalog } from "../../src/domain/catalog.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { GatewayError } from "../../src/errors.ts"
import { fromRaw, readString } from "../../src/mcp/raw-json.ts"
import { admin, callOf, known, listSteps, nobody, offer, principal, tool } from "./fixtures.ts"

async function listTools(who: ActivePrincipal, snapshot: Known = known, cursor?: string) {
  const { steps, shown } = listSteps(() => who)
  const { result } = await list(
    { steps, listTtlMs: () => 0 },
    snapshot,
    callOf("tools/list", cursor === undefined ? {} : { cursor }),
  )
  const tools = fromRaw(result?.get("tools") ?? Buffer.from("[]")) as { name: string }[]
  return { names: tools.map(({ name }) => name), next: readString(result?.get("nextCursor")), shown }
}

test("a principal is listed what it may call, management tools among them", async () => {
  assert.deepEqual((await listTools(admin)).names, ["files__read", "files__write", "list_services", "notes__read"])
  const reader = principal("p", { tools: { allow: ["*__read"], deny: ["notes__*"] } })
  assert.deepEqual((await listTools(reader)).names, ["files__read"])
  assert.deepEqual((await listTools(nobody)).names, [])
})

test("AUTHZ-01 listed is callable and callable is listed, whatever the grants", async () => {
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
  await fc.assert(
    fc.asyncProperty(patterns, patterns, fc.boolean(), async (allow, deny, observes) => {
      const who = principal("p", { permissions: observes ? ["observe"] : [], tools: { allow, deny } })
      const callable = every.filter((name) => {
        try {
          const call = callOf("tools/call", { name })
          authorize(known, who, resolve(known, who, call), { request: call })
          return true
        } catch {
          return false
        }
      })
      assert.deepEqual((await listTools(who)).names, callable.sort())
    }),
  )
})

test("pages follow one another without gap or repetition, and a foreign cursor is refused", async () => {
  const many = Array.from({ length: 2_500 }, (_, index) => tool(`t${index}`))
  const snapshot = { ...known, catalog: compileCatalog([offer("s", { tools: many })]), managementTools: new Map() }
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await listTools(admin, snapshot, cursor)
    seen.push(...page.names)
    cursor = page.next
  } while (cursor !== undefined)
  assert.equal(seen.length, 2_500)
  assert.deepEqual(seen, [...new Set(seen)].sort())
  await assert.rejects(listTools(admin, snapshot, "bm90IG91cnM"), { code: "invalid" })
})

test("what a list shows is on record before it leaves, as counts and a digest", async () => {
  const first = await listTools(admin)
  assert.deepEqual(
    first.shown.map(({ kind, detail }) => [kind, detail?.["items"], detail?.["shown"]]),
    [["list", 4, 4]],
  )
  const other = await listTools(principal("p", { tools: { allow: ["notes__*"] } }))
  assert.notEqual(other.shown[0]?.detail?.["digest"], first.shown[0]?.detail?.["digest"])
})

test("a list that cannot be recorded is not shown", async () => {
  const refusal = new GatewayError("audit_unavailable", "The disk is full.")
  const { steps } = listSteps(() => admin)
  const refused = { ...steps, shown: () => Promise.reject(refusal) }
  await assert.rejects(list({ steps: refused, listTtlMs: () => 0 }, known, callOf("tools/list", {})), refusal)
})

test("a list may be kept as long as the least of the parts that are shown, and no longer than nothing of our own", async () => {
  const catalog = compileCatalog([...known.catalog.offers.values()])
  const snapshot = { ...known, catalog, managementTools: new Map() }
  const ttlOf = async (who: ActivePrincipal, from: Known = snapshot): Promise<unknown> => {
    const { steps } = listSteps(() => who)
    const listTtlMs = (service: string): number => (service === "notes" ? 500 : 900)
    const { result } = await list({ steps, listTtlMs }, from, callOf("tools/list", {}))
    assert.equal(readString(result?.get("cacheScope")), "private")
    return fromRaw(result?.get("ttlMs") ?? Buffer.from("null"))
  }
  assert.equal(await ttlOf(admin), 500)
  assert.equal(await ttlOf(principal("p", { tools: { allow: ["files__*"] } })), 900)
  assert.equal(await ttlOf(nobody), 0)
  assert.equal(await ttlOf(admin, known), 0, "what the gateway itself offers may change at any time")
})
