import assert from "node:assert/strict"
import { test } from "node:test"
import { remove, row, stream } from "../damage-kit.ts"
import {
  append,
  checkpoint,
  closeStream,
  current,
  rechain,
  retain,
  smallLog,
  verify,
  type Log,
} from "../log-kit.ts"
import { beginStream } from "../log-kit.ts"

/** The last stream has 25 entries, and a checkpoint of 20 in the file: the store is left with 12. */
function loseEnd(log: Log): void {
  remove(log, 2, (seq) => seq > 12)
  stream(log, 2).notes.splice(1)
  checkpoint(log, { final: true })
}

function beginAfter(log: Log, loss: Readonly<Record<string, string | number>>): void {
  beginStream(log)
  rechain(current(log), 1, (entry) => ({ ...entry, detail: { ...entry.detail, ...loss } }))
}

test("what a loss of power took is told, and no damage, where a signed opening accounts for it", () => {
  const log = smallLog()
  loseEnd(log)
  beginAfter(log, { lost: 8 })
  checkpoint(log)
  const { damage, cannotExclude } = verify(log)
  assert.equal(damage, undefined)
  assert.match(cannotExclude.join(" "), /8 entries of stream .*-02 that had been on record were gone/)
  Object.assign(row(log, 3, 1), { columns: "time" })
  assert.deepEqual(verify(log).damage?.kind, "altered_index")
})

test("a loss that is not accounted for is damage", () => {
  const lives: readonly ((log: Log) => void)[] = [
    () => {},
    (log) => (beginAfter(log, {}), checkpoint(log)),
    (log) => (beginAfter(log, { lost: 7 }), checkpoint(log)),
    (log) => beginAfter(log, { lost: 8 }),
    (log) => (beginAfter(log, { lost: 8, lostStream: "another" }), checkpoint(log)),
  ]
  for (const [index, live] of lives.entries()) {
    const log = smallLog()
    loseEnd(log)
    live(log)
    const { damage } = verify(log)
    assert.deepEqual([damage?.kind, damage?.seq], ["truncated", 13], `life ${index}`)
  }
})

test("a stream that was lost whole is told, and no damage, where a signed opening names it", () => {
  for (const [lost, expected] of [
    [20, undefined],
    [19, "missing_stream"],
  ] as const) {
    const log = smallLog()
    const gone = log.streams.pop()
    beginAfter(log, { lost, lostStream: "elsewhere" })
    const name = gone?.name ?? ""
    current(log).name = "2026-11-21T07-59-03"
    rechain(current(log), 1, (entry) => ({
      ...entry,
      stream: "2026-11-21T07-59-03",
      detail: { ...entry.detail, lostStream: name },
    }))
    checkpoint(log)
    const { damage, cannotExclude } = verify(log)
    assert.equal(damage?.kind, expected)
    if (expected === undefined)
      assert.match(cannotExclude.join(" "), new RegExp(`${lost} entries of stream ${name}`))
  }
})

test("a loss stays accounted for when retention drops the opening that told of it", () => {
  const log = smallLog()
  loseEnd(log)
  beginAfter(log, { lost: 8 })
  checkpoint(log)
  append(log, { kind: "session", timeMs: 4_000 })
  checkpoint(log)
  retain(log, { stream: 3, size: 1 })
  closeStream(log)
  assert.equal(verify(log).damage, undefined)
})
