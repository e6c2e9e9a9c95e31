import assert from "node:assert/strict"
import { test } from "node:test"
import { Folding } from "../../src/call/folding.ts"
import type { EntryDraft } from "../../src/domain/audit/entry.ts"
import type { EntryRecorder } from "../../src/domain/audit/log.ts"

function open() {
  const entries: EntryDraft[] = []
  const recorder: EntryRecorder = {
    append: async (draft) => void entries.push(draft),
    note: (draft) => void entries.push(draft),
    trouble: undefined,
  }
  let calls = 0
  return { entries, folding: new Folding(recorder, () => `call.${++calls}`) }
}

function from(
  source: string,
  timeMs: number,
  outcome: "unauthenticated" | "forbidden" = "unauthenticated",
): EntryDraft {
  return { kind: "refusal", timeMs, source, outcome, rule: "credential" }
}

function counted(entries: readonly EntryDraft[]): number {
  return entries.reduce((sum, { count = 1 }) => sum + count, 0)
}

test("a few folding have an entry each", async () => {
  const { entries, folding } = open()
  for (let n = 0; n < 10; n++) await folding.add(from("192.0.2.1", n))
  assert.deepEqual(
    entries.map(({ count }) => count),
    Array(10).fill(undefined),
  )
})

test("AUD-12 a flood from one source is one entry with its number, and none is lost", async () => {
  const { entries, folding } = open()
  for (let n = 0; n < 5_000; n++) await folding.add(from("192.0.2.1", n % 900))
  await folding.add(from("192.0.2.1", 900, "forbidden"))
  folding.flush(2_000)
  assert.equal(entries.length, 12)
  assert.equal(counted(entries), 5_001)
})

test("who floods takes no entry from another source", async () => {
  const { entries, folding } = open()
  for (let n = 0; n < 1_000; n++) await folding.add(from("192.0.2.1", 0))
  await folding.add(from("192.0.2.2", 0))
  assert.equal(entries.at(-1)?.source, "192.0.2.2")
  assert.equal(entries.at(-1)?.count, undefined)
})

test("fifty thousand sources have bounded entries and memory", async () => {
  const { entries, folding } = open()
  const sources = 50_000
  for (let n = 0; n < sources; n++) await folding.add(from(`2001:db8::${n.toString(16)}`, 0))
  folding.flush(2_000)
  assert.ok(entries.length <= 400, String(entries.length))
  assert.equal(counted(entries), sources)
})

test("a clock that is set back keeps nothing that was counted from the record", async () => {
  const { entries, folding } = open()
  const hourMs = 3_600_000
  for (let n = 0; n < 50; n++) await folding.add(from("192.0.2.1", hourMs))
  folding.flush(0)
  assert.equal(counted(entries), 50)
})
