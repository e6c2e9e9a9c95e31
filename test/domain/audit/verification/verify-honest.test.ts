import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { fileNote, splitNotes } from "../../../../src/domain/audit/checkpoint.ts"
import { LogVerifier } from "../../../../src/domain/audit/verification/verify.ts"
import { readKeyHistory, trustedFrom } from "../../../../src/domain/audit/key-history.ts"
import {
  append,
  appendCalls,
  beginStream,
  checkpoint,
  closeStream,
  current,
  itemsOf,
  newLog,
  retain,
  rotate,
  sizeOf,
  smallLog,
  verify,
  type Log,
} from "../log-kit.ts"

const acts = ["calls", "checkpoint", "restart", "crash", "crash before the file", "rotate", "retain"] as const
type Act = { readonly act: (typeof acts)[number]; readonly size: number }

const lives = fc.array(fc.record({ act: fc.constantFrom(...acts), size: fc.nat(30) }), { maxLength: 25 })

function live(lives: readonly Act[]): Log {
  const log = newLog()
  beginStream(log)
  for (const { act, size } of lives) step(log, act, size)
  return log
}

function step(log: Log, act: Act["act"], size: number): void {
  if (act === "calls") appendCalls(log, size)
  if (act === "checkpoint") checkpoint(log)
  if (act === "rotate") rotate(log)
  if (act === "retain") retainSome(log, size)
  if (act === "restart") restart(log)
  if (act === "crash") crash(log, size)
  if (act === "crash before the file") {
    checkpoint(log, { filed: false })
    crash(log, 0)
  }
}

function restart(log: Log): void {
  closeStream(log)
  beginStream(log)
  checkpoint(log)
}

/** The next process ends the stream as it finds it; the last note of the file is torn, and cut off. */
function crash(log: Log, torn: number): void {
  const text = log.file.map(fileNote).join("")
  if (torn > 0) log.file = [...splitNotes(text.slice(0, -torn)).notes]
  checkpoint(log, { final: true })
  beginStream(log)
  append(log, { kind: "end", timeMs: 6_000, outcome: "unknown_after_crash" })
}

function retainSome(log: Log, nth: number): void {
  const cuts = log.streams.flatMap(({ notes, base }, order) =>
    notes.filter(({ size }) => size > base.size).map(({ size }) => ({ stream: order, size })),
  )
  const cut = cuts[nth % Math.max(cuts.length, 1)]
  if (cut && !(log.streams.length - 1 === cut.stream && sizeOf(current(log)) === cut.size)) retain(log, cut)
}

test("TAM-02 an honest log never raises an alarm, whatever its life was", () => {
  fc.assert(
    fc.property(lives, (lives) => {
      const log = live(lives)
      const { ok, damage, entries, checkpoints } = verify(log)
      assert.equal(ok, true, JSON.stringify(damage))
      assert.equal(entries, log.streams.flatMap(({ rows }) => rows).length)
      assert.equal(checkpoints, log.streams.flatMap(({ notes }) => notes).length)
    }),
    { numRuns: 500 },
  )
})

test("checkpoints kept elsewhere at any time fit the log as it is later", () => {
  fc.assert(
    fc.property(lives, lives, (before, after) => {
      const log = live(before)
      const brought = log.streams.flatMap(({ notes }) => notes.map(({ note }) => note))
      for (const { act, size } of after) step(log, act, size)
      const { damage } = verify(log, { brought })
      assert.equal(damage, undefined)
    }),
    { numRuns: 150 },
  )
})

test("a log that is written while it is read raises no alarm", () => {
  fc.assert(
    fc.property(lives, fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }), (lives, pace) => {
      const log = live(lives)
      checkpoint(log)
      const keys = trustedFrom(readKeyHistory(log.keys))
      const verifier = new LogVerifier({ keys, filed: [...log.file], extent: "whole" })
      const [early, laterOnes] = [itemsOf(log), new Set<string>()]
      const notes = new Set(early.flatMap((item) => (item.type === "checkpoint" ? [item.note] : [])))
      for (const calls of pace) {
        appendCalls(log, calls)
        checkpoint(log)
        laterOnes.add(current(log).name)
      }
      const isRead = (item: ReturnType<typeof itemsOf>[number]): boolean =>
        item.type !== "checkpoint" || notes.has(item.note)
      for (const item of itemsOf(log).filter(isRead)) verifier.feed(item)
      assert.equal(verifier.finish().damage, undefined)
    }),
    { numRuns: 100 },
  )
})

test("a log without a single entry verifies, and so does one without a checkpoint", () => {
  assert.deepEqual(verify(newLog()).ok, true)
  const log = newLog()
  beginStream(log)
  const { ok, entries, cannotExclude } = verify(log)
  assert.deepEqual([ok, entries], [true, 1])
  assert.match(cannotExclude[0] ?? "", /^Entries 1 to 1 of stream .* come after its last checkpoint/)
})

test("all of an honest log is looked at", () => {
  const { cannotExclude, ...verdict } = verify(smallLog())
  assert.deepEqual(verdict, { ok: true, entries: 105, streams: 3, checkpoints: 10 })
  assert.equal(cannotExclude.length, 3)
})
