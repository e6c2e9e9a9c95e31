import assert from "node:assert/strict"
import { test } from "node:test"
import { bodyOf, hashOf } from "../../../../src/domain/audit/chain.ts"
import type { Entry } from "../../../../src/domain/audit/entry.ts"
import { found, isLater, remove, row, stream } from "../damage-kit.ts"
import { append, itemsOf, newLog, rechain, smallLog, verify, verifyItems, type Log, type Row } from "../log-kit.ts"

/** First, middle, at a checkpoint, last of a stream that is over; then of the one that is written, with its tail. */
const places: readonly (readonly [number, number])[] = [
  ...([1, 15, 20, 40] as const).map((seq) => [0, seq] as const),
  ...([1, 15, 20, 40] as const).map((seq) => [1, seq] as const),
  ...([1, 15, 20, 23, 25] as const).map((seq) => [2, seq] as const),
]

for (const [order, seq] of places) {
  const at = `${order}/${seq}`

  test(`what is done to entry ${at} alone is found there`, () => {
    const swapped = (other: number) => (log: Log) => {
      const [one, two] = [row(log, order, seq), row(log, order, other)]
      const kept = { ...one }
      Object.assign(one, { body: two.body, hash: two.hash })
      Object.assign(two, { body: kept.body, hash: kept.hash })
    }
    const damages: readonly [string, (log: Log) => void][] = [
      ["altered", (log) => (row(log, order, seq).body = row(log, order, seq).body.replace("timeMs", "timeMS"))],
      ["altered", (log) => (row(log, order, seq).body += " ")],
      ["altered", (log) => row(log, order, seq).hash.fill(0, 31)],
      ["altered", (log) => (row(log, order, seq).hash = Buffer.alloc(0))],
      ["altered_index", (log) => (row(log, order, seq).columns = "principal is bob")],
      ["altered_copy", (log) => (row(log, order, seq).copy = "{}")],
      ["unreadable", (log) => Object.assign(row(log, order, seq), { body: "{", hash: hashOf("{") })],
      ["unreadable", (log) => respell(row(log, order, seq))],
    ]
    for (const [kind, damage] of damages) assert.equal(found(damage), `${kind} ${at}`, String(damage))
    const other = seq === 1 ? 2 : seq - 1
    assert.equal(found(swapped(other)), `misplaced ${order}/${Math.min(seq, other)}`)
  })

  test(`entry ${at} taken away, put elsewhere or doubled is found`, () => {
    const isOpenEnd = order === 2 && seq === 25
    const isEnd = seq === 40
    const gone = isOpenEnd ? "ok" : isEnd ? `truncated ${at}` : `missing ${at}`
    assert.equal(
      found((log) => remove(log, order, (found) => found === seq)),
      gone,
    )
    const moved = (log: Log): void => {
      const [taken, target] = [row(log, order, seq), stream(log, order === 2 ? 1 : 2)]
      remove(log, order, (found) => found === seq)
      const { body, hash } = taken
      target.rows.push({ seq: order === 2 ? 41 : 26, body, hash })
    }
    assert.equal(found(moved), order === 2 ? "misplaced 1/41" : gone)
    const doubled = (log: Log): void => {
      const { rows } = stream(log, order)
      rows.splice(seq, 0, { ...row(log, order, seq) })
    }
    assert.equal(found(doubled), `misplaced ${at}`)
  })

  test(`entry ${at} changed and hashed anew breaks the chain, or what was signed`, () => {
    const covered = Math.floor((seq - 1) / 10) * 10
    const isTail = order === 2 && seq > 20
    const signed = `rewritten ${order}/${covered + 1}`
    const alone = (log: Log): void => {
      const changed = row(log, order, seq)
      changed.body = bodyOf(isLater(JSON.parse(changed.body) as Entry))
      changed.hash = hashOf(changed.body)
    }
    const next = `broken_chain ${order}/${seq + 1}`
    assert.equal(found(alone), seq % 10 === 0 ? signed : isTail && seq === 25 ? "ok" : next)
    assert.equal(
      found((log) => rechain(stream(log, order), seq, isLater)),
      isTail ? "ok" : signed,
    )
  })
}

/** The same members in another order, well hashed. */
function respell(row: Row): void {
  const members = Object.entries(JSON.parse(row.body) as Entry).toReversed()
  row.body = JSON.stringify(Object.fromEntries(members))
  row.hash = hashOf(row.body)
}

test("an entry that only another spelling of its numbers or texts makes different is unreadable", () => {
  const spelled = (from: string, to: string) => (log: Log) => {
    const damaged = row(log, 2, 25)
    damaged.body = damaged.body.replace(from, to)
    damaged.hash = hashOf(damaged.body)
  }
  assert.equal(found(spelled('"ann"', '"\\u0061nn"')), "unreadable 2/25")
  assert.equal(found(spelled('"principal":"ann"', '"principal":"bob","principal":"ann"')), "unreadable 2/25")
})

test("a range, a prefix or a tail taken away is found where it begins", () => {
  const cut = (gone: (seq: number) => boolean) => (log: Log) => remove(log, 1, gone)
  assert.equal(found(cut((seq) => seq >= 12 && seq <= 27)), "missing 1/12")
  assert.equal(found(cut((seq) => seq <= 20)), "missing 1/1")
  assert.equal(found(cut((seq) => seq > 25)), "truncated 1/26")
  assert.equal(found(cut(() => true)), "truncated 1/1")
})

test("what is missing is named", () => {
  const messageOf = (gone: (seq: number) => boolean): string | undefined => {
    const log = smallLog()
    remove(log, 0, gone)
    return verify(log).damage?.message
  }
  assert.equal(
    messageOf((seq) => seq === 5),
    "Entry 5 is gone.",
  )
  assert.equal(
    messageOf((seq) => seq >= 5 && seq < 9),
    "Entries 5 to 8 are gone.",
  )
})

test("only the first entry of a stream is its opening", () => {
  assert.equal(
    found((log) => append(log, { kind: "opening", timeMs: 1 })),
    "misplaced 2/26",
  )
  const log = newLog()
  log.streams.push({ name: "s", base: { size: 0, head: "", frontier: Buffer.alloc(0) }, rows: [], notes: [] })
  append(log, { kind: "service", timeMs: 1 })
  assert.equal(verify(log).damage?.kind, "misplaced")
})

test("lines that come too early, too late or twice are found", () => {
  const log = smallLog()
  const items = itemsOf(log)
  const index = items.findIndex((item) => item.type === "checkpoint" && item.size === 20)
  const [checkpoint, entry] = [items[index], items[index + 1]]
  assert.ok(checkpoint?.type === "checkpoint" && entry?.type === "entry")
  const early = items.toSpliced(index, 1).toSpliced(index - 5, 0, checkpoint)
  const late = items.toSpliced(index, 2, entry, checkpoint)
  const lateWithoutFile = verifyItems(late, { ...log, file: [] }).damage
  const foundIn = (damage = verify(log).damage): unknown => [damage?.kind, damage?.seq]
  assert.deepEqual(foundIn(verifyItems(early, log).damage), ["truncated", 16])
  assert.deepEqual(foundIn(lateWithoutFile), ["misplaced", 20])
  const twice = [...items.slice(0, 45), ...items.slice(0, 45)]
  assert.deepEqual(foundIn(verifyItems(twice, { ...log, file: [] }).damage), ["misplaced", 0])
})

test("an entry of a stream that is not there is found by its number", () => {
  const log = smallLog()
  const { body, hash } = row(log, 2, 25)
  const stray = { type: "entry", stream: "gone", seq: 7, body, hash } as const
  const { damage } = verifyItems([...itemsOf(log), stray], log)
  assert.deepEqual([damage?.kind, damage?.stream, damage?.seq], ["missing_stream", "gone", 7])
})
