import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { AgingMap } from "../../../src/stores/memory/aging-map.ts"

const keys = ["a", "b", "c", "d", "e", "f"]
const steps = fc.array(
  fc.record({ act: fc.constantFrom("set", "delete", "visit", "deleteOldest"), key: fc.constantFrom(...keys) }),
)

test("it holds what a Map would hold, in the order of use", () => {
  fc.assert(
    fc.property(steps, (wanted) => {
      const aging = new AgingMap<number>()
      const model = new Map<string, number>()
      for (const [at, { act, key }] of wanted.entries()) {
        if (act === "set") {
          aging.set(key, at)
          model.delete(key)
          model.set(key, at)
        } else if (act === "delete") {
          aging.delete(key)
          model.delete(key)
        } else if (act === "deleteOldest") {
          aging.deleteOldest()
          model.delete([...model.keys()][0] ?? "")
        } else {
          const [visited, value] = aging.visit() ?? []
          assert.equal(visited === undefined ? undefined : model.get(visited), value)
        }
        assert.equal(aging.size, model.size)
        for (const one of keys) assert.equal(aging.get(one), model.get(one))
      }
      const seen = new Set(Array.from({ length: 2 * model.size }, () => aging.visit()?.[0]))
      assert.deepEqual(seen, new Set(model.keys()))
    }),
  )
})
