import assert from "node:assert/strict"
import { test } from "node:test"
import { callIds } from "../../src/gateway/call-ids.ts"
import { randomDigits } from "../../src/gateway/random-digits.ts"

const newCallId = callIds("start", randomDigits())

test("ids of later calls come behind those of earlier ones, so that their index grows at its end", () => {
  const times = [0, 1, 15, 16, 1_763_768_000_000, 1_763_768_000_001, 4_102_444_800_000]
  const ids = times.map(newCallId)
  assert.deepEqual(ids.toSorted(), ids)
  for (const id of ids) assert.match(id, /^start\.[0-9a-f]{24}$/)
})

test("what follows the time is drawn: ids of one moment tell nothing of how many there are", () => {
  const drawn = Array.from({ length: 10_000 }, () => newCallId(1_763_768_000_000).slice(-12))
  assert.equal(new Set(drawn).size, drawn.length)
  assert.notDeepEqual(drawn.toSorted(), drawn)
})
