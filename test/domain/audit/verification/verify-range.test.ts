import assert from "node:assert/strict"
import { test } from "node:test"
import { bodyOf, hashOf, toText } from "../../../../src/domain/audit/chain.ts"
import { Frontier } from "../../../../src/domain/audit/merkle.ts"
import type { Entry } from "../../../../src/domain/audit/entry.ts"
import type { Verdict } from "../../../../src/domain/audit/verdict.ts"
import type { VerifyItem } from "../../../../src/domain/audit/verification/verify.ts"
import { itemsOf, smallLog, verifyItems, type Asked, type Log } from "../log-kit.ts"

type Point = { readonly stream: number; readonly size: number }

/** As an export of a range: from one checkpoint to another. */
function rangeOf(log: Log, from: Point, to: Point): VerifyItem[] {
  const names = log.streams.map(({ name }) => name)
  return itemsOf(log).flatMap((item): VerifyItem[] => {
    const order = names.indexOf(item.type === "stream" ? item.name : item.stream)
    if (order < from.stream || order > to.stream) return []
    if (item.type === "stream") return [order === from.stream ? { ...item, base: baseAt(log, from) } : item]
    const at = item.type === "entry" ? item.seq : item.size
    const first = item.type === "entry" ? from.size + 1 : from.size
    return (order === from.stream && at < first) || (order === to.stream && at > to.size) ? [] : [item]
  })
}

function baseAt(log: Log, { stream, size }: Point): { size: number; head: string; frontier: Buffer } {
  const frontier = Frontier.empty()
  const rows = log.streams[stream]?.rows.slice(0, size) ?? []
  for (const { hash } of rows) frontier.add(hash)
  const last = rows.at(-1)
  return { size, head: last ? toText(last.hash) : "", frontier: frontier.write() }
}

const ranges: readonly (readonly [Point, Point])[] = [
  [
    { stream: 0, size: 0 },
    { stream: 2, size: 25 },
  ],
  [
    { stream: 0, size: 10 },
    { stream: 0, size: 30 },
  ],
  [
    { stream: 0, size: 20 },
    { stream: 1, size: 10 },
  ],
  [
    { stream: 0, size: 40 },
    { stream: 2, size: 10 },
  ],
  [
    { stream: 1, size: 0 },
    { stream: 1, size: 40 },
  ],
  [
    { stream: 1, size: 30 },
    { stream: 2, size: 25 },
  ],
]

function check(items: Iterable<VerifyItem>, log: Log, asked: Asked = {}): Verdict {
  return verifyItems(items, log, { ...asked, extent: "range" })
}

for (const [from, to] of ranges) {
  const name = `${from.stream}/${from.size} to ${to.stream}/${to.size}`

  test(`the range from ${name} verifies by itself`, () => {
    const log = smallLog()
    const items = rangeOf(log, from, to)
    const verdict = check(items, log, { brought: log.file })
    assert.equal(verdict.damage, undefined)
    assert.equal(verdict.entries, items.filter(({ type }) => type === "entry").length)
    const withoutFirst = items[1]?.type === "checkpoint" ? items.toSpliced(1, 1) : items
    assert.equal(check(withoutFirst, log).damage, undefined)
    assert.ok(verdict.cannotExclude.some((sentence) => sentence.includes("outside the range")))
  })

  test(`no line of the range from ${name} can be left out or be moved`, () => {
    const log = { ...smallLog(), file: [] }
    const items = rangeOf(log, from, to)
    const firstNote = items.findIndex(({ type }) => type === "checkpoint")
    const lastNote = items.findLastIndex(({ type }) => type === "checkpoint")
    for (const [index] of items.entries()) {
      if (index === 0 || index > lastNote) continue
      const isLoose = index === firstNote || index === lastNote
      if (!isLoose) assert.equal(check(items.toSpliced(index, 1), log).ok, false, `without ${index}`)
      const [one, next] = items.slice(index, index + 2)
      if (one && next) assert.equal(check(items.toSpliced(index, 2, next, one), log).ok, false, `swapped ${index}`)
    }
  })
}

test("an entry of a range that was changed and hashed anew is found by the checkpoint after it", () => {
  const log = smallLog()
  const items = rangeOf(log, { stream: 0, size: 10 }, { stream: 0, size: 20 }).map((item): VerifyItem => {
    if (item.type !== "entry" || item.seq !== 20) return item
    const body = bodyOf({ ...(JSON.parse(item.body) as Entry), timeMs: 1 })
    return { ...item, body, hash: hashOf(body) }
  })
  const { damage } = check(items, log)
  assert.deepEqual([damage?.kind, damage?.seq], ["rewritten", 11])
})

test("a range whose base is not what came before it is found", () => {
  const log = smallLog()
  const [first, ...rest] = rangeOf(log, { stream: 0, size: 20 }, { stream: 0, size: 30 })
  assert.equal(first?.type, "stream")
  const base = baseAt(log, { stream: 0, size: 20 })
  const { damage } = check(
    [{ ...first, base: { ...base, frontier: Buffer.alloc(base.frontier.length) } }, ...rest],
    log,
  )
  assert.deepEqual([damage?.kind, damage?.seq], ["altered_checkpoint", 20])
})

test("a stream that is over within a range needs its final checkpoint", () => {
  const log = { ...smallLog(), file: [] }
  for (const isFed of [(size: number) => size < 40, () => false]) {
    const items = rangeOf(log, { stream: 0, size: 30 }, { stream: 1, size: 5 })
    const without = items.filter((item) => item.type !== "checkpoint" || isFed(item.size))
    assert.equal(check(without, log).damage?.kind, "missing_checkpoint")
  }
})

test("a checkpoint kept elsewhere is missed within a range", () => {
  const log = smallLog()
  const items = rangeOf(log, { stream: 2, size: 0 }, { stream: 2, size: 20 })
  assert.equal(check(items, log).damage, undefined)
  const { damage } = check(items.slice(0, -1), log)
  assert.deepEqual([damage?.kind, damage?.seq], ["missing_checkpoint", 20])
})

test("entries that were cut out of the middle of a range are missed, though the rest calls itself a stream's own base", () => {
  const log = { ...smallLog(), file: [] }
  const items = rangeOf(log, { stream: 0, size: 10 }, { stream: 1, size: 40 })
  const second = items.findIndex((item) => item.type === "stream" && item.name === log.streams[1]?.name)
  const base = baseAt(log, { stream: 1, size: 20 })
  const cut = items.flatMap((item, index): VerifyItem[] => {
    if (index === second && item.type === "stream") return [{ ...item, base }]
    return index > second && item.type === "entry" && item.seq <= 20 ? [] : [item]
  })
  assert.equal(check(items, log).damage, undefined)
  const { damage } = check(cut, log)
  assert.deepEqual([damage?.kind, damage?.stream, damage?.seq], ["missing", log.streams[1]?.name, 1])
})
