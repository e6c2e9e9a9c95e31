import assert from "node:assert/strict"
import { test } from "node:test"
import { Recent } from "../../src/identity/recent.ts"

test("past its bound it forgets what was not asked for longest", () => {
  const recent = new Recent<number>(3)
  for (const [n, key] of ["a", "b", "c"].entries()) recent.set(key, n)
  recent.get("a")
  recent.set("d", 3)
  assert.deepEqual(
    ["a", "b", "c", "d"].map((key) => recent.get(key)),
    [0, undefined, 2, 3],
  )
})

test("a value set again is new, and one deleted is gone", () => {
  const recent = new Recent<number>(2)
  recent.set("a", 1)
  recent.set("b", 2)
  recent.set("a", 3)
  recent.set("c", 4)
  recent.delete("c")
  assert.deepEqual(
    ["a", "b", "c"].map((key) => recent.get(key)),
    [3, undefined, undefined],
  )
})
