import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { readServiceFile } from "../../../src/domain/services/service.ts"
import { shareOfOwner, shareOfWorker } from "../../../src/fleet/calls/share.ts"

function define(file: object) {
  const [definition] = readServiceFile("one", file)
  assert.ok(definition)
  return definition
}

test("all shares together are what the service's file says", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 64 }), (concurrency, workers) => {
      const definition = define({ url: "http://127.0.0.1/mcp", concurrency })
      const all = workers * shareOfWorker(definition, workers) + shareOfOwner(definition, workers)
      assert.equal(all, concurrency)
      assert.ok(shareOfOwner(definition, workers) >= 1)
    }),
  )
})

test("programs, services that keep callers apart, and those that take too few at once are the owner's alone", () => {
  const files = [
    { command: "node" },
    { url: "http://127.0.0.1/mcp", isolation: "principal" },
    { url: "http://127.0.0.1/mcp", concurrency: 2 },
    { url: "ws://127.0.0.1/mcp" },
  ]
  assert.deepEqual(
    files.map((file) => shareOfWorker(define(file), 2)),
    [0, 0, 0, 0],
  )
})
