import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { test } from "node:test"
import fc from "fast-check"
import type { KeptEntry } from "../../../src/domain/audit/entry.ts"
import type { EntryFilter } from "../../../src/domain/audit/log.ts"
import type { GatewayError } from "../../../src/errors.ts"
import { openAuditReader, type AuditReader } from "../../../src/stores/sqlite/reader.ts"
import { dayMs, makePlaces, openLog, recordCall, recordCalls, tamper } from "./reader-kit.ts"

async function all(reader: AuditReader, filter: EntryFilter, limit: number): Promise<readonly KeptEntry[]> {
  const found: KeptEntry[] = []
  let cursor: string | undefined
  do {
    const page = await reader.page(filter, { limit, ...(cursor !== undefined && { cursor }) })
    assert.ok(page.items.length <= limit)
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return found
}

const placeOf = ({ entry }: KeptEntry): string => `${entry.stream}/${entry.seq}`

test("pages show every entry once, the newest first", async (t) => {
  const { writer, reader } = await openLog(t)
  await recordCalls(writer, 60)
  const found = await all(reader, {}, 7)
  assert.equal(found.length, writer.head().seq)
  assert.equal(new Set(found.map(placeOf)).size, found.length)
  const times = found.map(({ entry }) => entry.timeMs)
  assert.deepEqual(
    times,
    times.toSorted((a, b) => b - a),
  )
})

test("an entry is shown with its hash and its copy, until that is erased", async (t) => {
  const { writer, reader } = await openLog(t)
  await recordCall(writer, { timeMs: dayMs, callId: "c", principal: "ann" })
  const [end] = (await reader.page({ callId: "c" }, { limit: 1 })).items
  assert.equal(end?.hash, writer.head().hash)
  assert.match(end?.copy ?? "", /"n":1/)
  await writer.erase({ callId: "c" }, dayMs)
  assert.equal((await reader.page({ callId: "c" }, { limit: 1 })).items[0]?.copy, undefined)
})

test("a tool's name finds tools and operations, not a resource of the same name", async (t) => {
  const { writer, reader } = await openLog(t)
  for (const targetKind of ["tool", "operation", "prompt", "resource"] as const) {
    await recordCall(writer, { timeMs: dayMs, callId: targetKind, target: "same", targetKind })
  }
  const found = await all(reader, { tool: "same" }, 100)
  assert.deepEqual(
    found.map(({ entry }) => entry.callId),
    ["operation", "operation", "tool", "tool"],
  )
})

const filters = fc.record(
  {
    principal: fc.constantFrom("p0", "p1", "nobody"),
    service: fc.constantFrom("s0", "s1"),
    tool: fc.constantFrom("s0__t0", "s1__t1", "none"),
    outcome: fc.constantFrom("ok", "tool_error", "timeout", "forbidden"),
    kind: fc.constantFrom("start", "end", "refusal", "opening"),
    callId: fc.constantFrom("call.0", "bad.1"),
    fromMs: fc.integer({ min: dayMs - 1, max: dayMs + 50_000 }),
    toMs: fc.integer({ min: dayMs - 1, max: dayMs + 50_000 }),
  },
  { requiredKeys: [] },
)

function fits({ entry }: KeptEntry, filter: EntryFilter): boolean {
  const { principal, service, tool, outcome, kind, callId, fromMs = 0, toMs = Infinity } = filter
  const asked = { principal, service, target: tool, outcome, kind, callId }
  const named = Object.entries(asked).filter(([, value]) => value !== undefined)
  const isNamed = named.every(([name, value]) => entry[name as keyof typeof entry] === value)
  return isNamed && entry.timeMs >= fromMs && entry.timeMs < toMs
}

test("any filter finds what fits it and nothing else", async (t) => {
  const { writer, reader } = await openLog(t)
  await recordCalls(writer, 40)
  await recordCalls(writer, 6, { outcome: "tool_error", callId: "bad" })
  await recordCalls(writer, 3, { outcome: "timeout", callId: "late", timeMs: dayMs + 20_000 })
  await writer.append({ kind: "refusal", timeMs: dayMs + 5, outcome: "forbidden", principal: "p1" })
  const whole = await all(reader, {}, 1_000)
  await fc.assert(
    fc.asyncProperty(filters, fc.integer({ min: 1, max: 30 }), async (filter, limit) => {
      const expected = whole.filter((kept) => fits(kept, filter as EntryFilter))
      assert.deepEqual(await all(reader, filter as EntryFilter, limit), expected)
    }),
    { numRuns: 150 },
  )
})

test("where matches are rare a page ends early, and the next one goes on", async (t) => {
  const { writer, reader } = await openLog(t)
  await recordCall(writer, { timeMs: dayMs, callId: "rare", principal: "ann", service: "s" })
  await recordCalls(writer, 6_000, { principal: "ann", service: "other" })
  await recordCalls(writer, 6_000, { principal: "bob", service: "s" })
  const first = await reader.page({ principal: "ann", service: "s" }, { limit: 10 })
  assert.deepEqual(first.items, [])
  assert.ok(first.nextCursor)
  const found = await all(reader, { principal: "ann", service: "s" }, 10)
  assert.deepEqual(
    found.map(({ entry }) => entry.callId),
    ["rare", "rare"],
  )
})

test("a cursor or a limit that cannot be is refused", async (t) => {
  const { reader } = await openLog(t)
  for (const cursor of ["", "x", Buffer.from("[1]").toString("base64url"), "A".repeat(10_000)]) {
    await assert.rejects(reader.page({}, { limit: 1, cursor }), { code: "invalid" })
    await assert.rejects(reader.exportPage({ format: "cef", cursor }), { code: "invalid" })
    await assert.rejects(reader.sum({ by: ["tool"], fromMs: 0, toMs: dayMs * 2, limit: 1, cursor }), {
      code: "invalid",
    })
  }
  for (const limit of [0, 1.5, 1_001]) await assert.rejects(reader.page({}, { limit }), { code: "invalid" })
})

test("sinks read on from where they were, in the order of recording", async (t) => {
  const { writer, reader } = await openLog(t)
  assert.equal(await reader.lastId(), 1)
  await recordCalls(writer, 30)
  const found: { readonly id: number; readonly kept: KeptEntry }[] = []
  for (;;) {
    const batch = await reader.entriesAfter(found.at(-1)?.id ?? 0, 25)
    if (batch.length === 0) break
    found.push(...batch)
  }
  assert.deepEqual(
    found.map(({ kept }) => kept.entry.seq),
    Array.from({ length: 61 }, (_, index) => index + 1),
  )
  assert.equal(await reader.lastId(), found.at(-1)?.id)
})

test("the log is verified while it is written", async (t) => {
  const { writer, reader } = await openLog(t)
  await recordCalls(writer, 1_500)
  const writing = recordCalls(writer, 3_000, { callId: "more" })
  const verdicts = await Promise.all([1, 2, 3].map(() => reader.verify({}, AbortSignal.timeout(60_000))))
  await writing
  for (const { ok, damage, entries } of verdicts) {
    assert.deepEqual([ok, damage], [true, undefined])
    assert.ok(entries > 3_000)
  }
})

test("a verification ends with the signal, with its reason", async (t) => {
  const { writer, reader } = await openLog(t)
  await recordCalls(writer, 500)
  const reason = new Error("enough")
  await assert.rejects(reader.verify({}, AbortSignal.abort(reason)), reason)
  const stop = new AbortController()
  const running = reader.verify({}, stop.signal)
  stop.abort(reason)
  await assert.rejects(running, reason)
})

test("a range is verified from the checkpoint before it to the one after it", async (t) => {
  let nowMs = dayMs
  const { writer, reader } = await openLog(t, () => nowMs)
  await recordCalls(writer, 1_200)
  nowMs += 1_200_000
  await recordCalls(writer, 1_200, { timeMs: nowMs, callId: "later" })
  const whole = await reader.verify({}, AbortSignal.timeout(60_000))
  const part = await reader.verify({ fromMs: dayMs + 1_100_000, toMs: nowMs + 1 }, AbortSignal.timeout(60_000))
  assert.deepEqual([part.ok, part.damage], [true, undefined])
  assert.ok(part.entries > 0 && part.entries < whole.entries, `${part.entries} of ${whole.entries}`)
  const later = await reader.verify({ fromMs: dayMs * 2 }, AbortSignal.timeout(60_000))
  assert.deepEqual([later.ok, later.damage], [true, undefined])
})

test("an entry that cannot be read is told as damage, with what names it", async (t) => {
  const { places, writer, reader } = await openLog(t)
  await recordCalls(writer, 3)
  tamper(places, (db) => db.exec("UPDATE entries SET body = '{}' WHERE seq = 4"))
  await assert.rejects(reader.page({}, { limit: 10 }), (error: GatewayError) => {
    assert.deepEqual([error.code, error.next], ["internal", { operation: "audit_verify" }])
    return true
  })
  const { ok, damage } = await reader.verify({}, AbortSignal.timeout(60_000))
  assert.deepEqual([ok, damage?.kind, damage?.seq], [false, "altered", 4])
})

test("without a log there is nothing to open, and after closing nothing to ask", async (t) => {
  const places = await makePlaces()
  await assert.rejects(openAuditReader(places), { code: "internal" })
  await rm(places.data, { recursive: true })
  const opened = await openLog(t)
  const reader = await openAuditReader(opened.places)
  await reader.close()
  await reader.close()
  await assert.rejects(reader.lastId(), { code: "internal" })
})
