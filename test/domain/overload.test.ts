import assert from "node:assert/strict"
import { test } from "node:test"
import { LoadLevels } from "../../src/domain/overload.ts"

const calm = { heapShare: 0.2, rssShare: 0.1, delayMs: 0 }

/** The levels that readings lead to, one every quarter of a second. */
function levelsOf(readings: readonly Partial<typeof calm>[]): readonly number[] {
  const levels = new LoadLevels(1_000)
  return readings.map((reading, at) => levels.look({ ...calm, ...reading }, at * 250).level)
}

test("RES-06 the levels begin at 85, 92 and 95 % of heap or memory, at once", () => {
  assert.deepEqual(
    levelsOf([{ heapShare: 0.84 }, { heapShare: 0.85 }, { rssShare: 0.92 }, { heapShare: 0.95 }]),
    [0, 1, 2, 3],
  )
  assert.deepEqual(levelsOf([{ rssShare: 1.4 }]), [3])
})

test("they begin at half, all of, and four times the delay that is set", () => {
  assert.deepEqual(
    levelsOf([{ delayMs: 499 }, { delayMs: 500 }, { delayMs: 1_000 }, { delayMs: 4_000 }]),
    [0, 1, 2, 3],
  )
})

test("a level is left one at a time, well below its mark and after two seconds", () => {
  const eased = Array.from({ length: 26 }, () => calm)
  const levels = levelsOf([{ heapShare: 0.96 }, ...eased])
  assert.deepEqual(
    [levels[0], levels[7], levels[8], levels[15], levels[16], levels[23], levels[24]],
    [3, 3, 2, 2, 1, 1, 0],
  )
})

test("what hovers about a mark does not flap", () => {
  const hovering = Array.from({ length: 40 }, (_, at) => ({ heapShare: at % 2 === 0 ? 0.86 : 0.83 }))
  assert.deepEqual(new Set(levelsOf(hovering)), new Set([1]))
})

test("the reason names what is short and what changes it", () => {
  const levels = new LoadLevels(1_000)
  assert.match(levels.look({ ...calm, heapShare: 0.9 }, 0).reason ?? "", /90 %.*heap.*max-old-space-size/)
  assert.match(new LoadLevels(1_000).look({ ...calm, rssShare: 0.9 }, 0).reason ?? "", /overload\.rssBytes/)
  assert.match(new LoadLevels(1_000).look({ ...calm, delayMs: 700 }, 0).reason ?? "", /700 ms.*overload\.delayMs/)
})
