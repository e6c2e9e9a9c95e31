import assert from "node:assert/strict"
import { test } from "node:test"
import { resolve } from "../../src/call/resolve.ts"
import { compileCatalog } from "../../src/domain/catalog.ts"
import { admin, callOf, known, offer, principal } from "./fixtures.ts"

const terms = { passthrough: ["vendor/*"], cache: "private", maxTimeMs: 1_000 } as const
const catalog = compileCatalog([offer("a", {}, { terms }), offer("b", {}, { terms }), offer("c", {})])
const snapshot = { ...known, catalog }

test("a method that several services have is to be sent to one of them, of those its caller may use", () => {
  const call = callOf("vendor/do", {})
  assert.throws(() => resolve(snapshot, admin, call), { code: "invalid", message: /\/mcp\/a or \/mcp\/b/ })
  const onlyB = principal("p", { tools: { allow: ["b__vendor/*"] } })
  const target = resolve(snapshot, onlyB, call)
  assert.deepEqual(target.kind === "method" && target.entry, {
    kind: "tools",
    service: "b",
    canonicalName: "b__vendor/do",
  })
  assert.equal(resolve(snapshot, admin, callOf("vendor/do", {}, { mount: "a" })).kind, "method")
})

test("what no file lets through is unknown, and so is what speaks another era", () => {
  const calls = [
    callOf("vendor/do", {}, { mount: "c" }),
    callOf("vendor/do", {}, { era: "legacy" }),
    callOf("other/do", {}),
    callOf("tools/other", {}),
  ]
  for (const call of calls) assert.throws(() => resolve(snapshot, admin, call), { code: "not_found" })
})
