import assert from "node:assert/strict"
import { test } from "node:test"
import { Numbered } from "../../src/mcp/numbered.ts"

test("items are numbered from one, and found until they are deleted", () => {
  const open = new Numbered<string>()
  assert.deepEqual([open.add("a"), open.add("b")], [1, 2])
  open.delete(1)
  open.delete(1)
  assert.deepEqual(
    [open.get(1), open.get(2), open.get(3), open.get(0.5), open.items()],
    [undefined, "b", undefined, undefined, ["b"]],
  )
  assert.equal(open.add("c"), 3)
})

test("an item that stays open keeps its number while all others come and go", () => {
  const open = new Numbered<string>()
  const lasting = open.add("lasting")
  const given = Array.from({ length: 1_000 }, () => {
    const number = open.add("passing")
    open.delete(number)
    return number
  })
  assert.equal(open.get(lasting), "lasting")
  assert.equal(new Set([lasting, ...given]).size, 1_001)
  assert.deepEqual(
    given,
    given.toSorted((a, b) => a - b),
  )
})

test("as many items as there are stand open at once", () => {
  const open = new Numbered<number>()
  const numbers = Array.from({ length: 5_000 }, (_, index) => open.add(index))
  assert.deepEqual(
    numbers.map((number) => open.get(number)),
    Array.from(numbers.keys()),
  )
  for (const number of numbers) open.delete(number)
  assert.deepEqual(open.items(), [])
})
