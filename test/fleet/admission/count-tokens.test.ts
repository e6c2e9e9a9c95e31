/** Tokens are counted beside the main thread, for whatever text. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { estimateTokens } from "../../../src/domain/admission/token-cost.ts"
import { countTokens } from "../../../src/fleet/admission/count-tokens.ts"

test("tokens are counted as the encoding has them", async () => {
  const texts = ["Hello world, this is a test.", "", "<|endoftext|>", "word ".repeat(1_000)]
  const { counts, by } = await countTokens(texts)
  assert.equal(by, "o200k_base")
  assert.deepEqual(counts.slice(0, 2), [8, 0])
  assert.ok((counts[2] ?? 0) > 1, "what stands for itself in a model's input is only text")
  assert.ok(Math.abs((counts[3] ?? 0) - 1_001) < 10)
})

test("RED-04 texts that are made to take long are counted all the same, and the main thread goes on", async (t) => {
  const mean = ["a", " ", "\n", "\u0301", "😀", "aB"].map((piece) => piece.repeat(50_000))
  let turns = 0
  const timer = setInterval(() => (turns += 1), 5)
  t.after(() => clearInterval(timer))
  const { counts, by } = await countTokens(mean)
  assert.equal(by, "o200k_base")
  assert.ok(counts.every((count) => count > 100))
  assert.ok(turns > 5, `${turns} turns`)
})

test("too much text, or too many who ask at once, get an estimate that says so", async () => {
  assert.deepEqual(await countTokens(["four".repeat(2_000_000)]), { counts: [2_000_000], by: "estimate" })
  const many = await Promise.all(Array.from({ length: 5 }, () => countTokens(["a text"])))
  assert.deepEqual(many.map(({ by }) => by).toSorted(), [
    "estimate",
    "estimate",
    "estimate",
    "o200k_base",
    "o200k_base",
  ])
  assert.deepEqual(estimateTokens(["", "ä", "12345"]).counts, [0, 1, 2])
})
