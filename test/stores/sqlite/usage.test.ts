import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { grains, usageDimensions, type PastUse, type UsageRow, type UsageSums } from "../../../src/domain/usage.ts"
import type { UsageRequest } from "../../../src/domain/usage.ts"
import type { AuditReader } from "../../../src/stores/sqlite/reader.ts"
import { grainMs, segmentsOf, startOf } from "../../../src/stores/sqlite/usage/usage-segments.ts"
import { dayMs, openLog, recordCall, tamper, type Call } from "./reader-kit.ts"

const hour = 3_600_000
const nowMs = dayMs + 10 * hour
const allTime = { fromMs: 0, toMs: nowMs + 1 }

/** Ends of calls of the last hours, each other than the one before. */
const calls: readonly Call[] = Array.from({ length: 120 }, (_, index) => ({
  callId: `c${index}`,
  timeMs: nowMs - index * 333_333,
  principal: `p${index % 3}`,
  principalId: `id${index % 3}`,
  keyId: `k${index % 4}`,
  ...(index % 2 === 0 && { team: "red" }),
  service: `s${index % 2}`,
  target: `s${index % 2}__t${index % 5}`,
  targetKind: "tool" as const,
  tags: [["a"], ["a", "b"], []][index % 3] ?? [],
  outcome: (["ok", "tool_error", "input_required", "timeout"] as const)[index % 4] ?? "ok",
  durationMs: index + 0.5,
  computeMs: index / 4,
  costMicroUsd: index,
}))

async function all(reader: AuditReader, request: Omit<UsageRequest, "limit">, limit = 3): Promise<UsageRow[]> {
  const rows: UsageRow[] = []
  let cursor: string | undefined
  do {
    const page = await reader.sum({ ...request, limit, ...(cursor !== undefined && { cursor }) })
    assert.ok(page.items.length <= limit)
    rows.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return rows
}

async function pastOf(reader: AuditReader): Promise<PastUse[]> {
  const uses: PastUse[] = []
  for await (const use of reader.past(0, nowMs)) uses.push(use)
  return uses
}

function sumsOf(these: readonly Call[]): UsageSums {
  const sum = (of: (call: Call) => number): number => these.reduce((total, call) => total + of(call), 0)
  return {
    calls: these.length,
    errors: these.filter(({ outcome }) => outcome !== "ok" && outcome !== "input_required").length,
    durationMs: sum(({ durationMs = 0 }) => durationMs),
    computeMs: sum(({ computeMs = 0 }) => computeMs),
    bytesIn: sum(({ callId }) => JSON.stringify({ id: callId }).length),
    bytesOut: sum(() => `{"n":1}`.length),
    costMicroUsd: sum(({ costMicroUsd = 0 }) => costMicroUsd),
  }
}

const membersOf = {
  principal: ({ principal = "" }: Call) => [principal],
  key: ({ keyId = "" }: Call) => [keyId],
  team: ({ team = "" }: Call) => [team],
  service: ({ service = "" }: Call) => [service],
  tool: ({ target = "" }: Call) => [target],
  tag: ({ tags = [] }: Call) => (tags.length === 0 ? [""] : tags),
  outcome: ({ outcome = "ok" }: Call) => [outcome],
} as const

test("usage is summed up by any dimension, and is the sum of the entries", async (t) => {
  const { writer, reader } = await openLog(t, () => nowMs)
  await Promise.all(calls.map((call) => recordCall(writer, call)))
  for (const dimension of usageDimensions) {
    const expected = Map.groupBy(
      calls.flatMap((call) => membersOf[dimension](call).map((value) => ({ call, value }))),
      ({ value }) => value,
    )
    const rows = await all(reader, { by: [dimension], ...allTime })
    for (const other of usageDimensions) await all(reader, { by: [...new Set([dimension, other])], ...allTime })
    assert.deepEqual(
      new Map(rows.map(({ group, ...sums }) => [group[dimension] ?? "", sums])),
      new Map([...expected].map(([value, those]) => [value, sumsOf(those.map(({ call }) => call))])),
      dimension,
    )
  }
  const [whole] = await all(reader, { by: [], ...allTime })
  assert.deepEqual(whole, { group: {}, ...sumsOf(calls) })
})

test("usage of some only, by several dimensions and by time", async (t) => {
  const { writer, reader } = await openLog(t, () => nowMs)
  await Promise.all(calls.map((call) => recordCall(writer, call)))
  const only = { principal: "p1", service: "s1" }
  const mine = calls.filter(({ principal, service }) => principal === "p1" && service === "s1")
  for (const per of grains) {
    const rows = await all(reader, { by: ["tool", "outcome"], per, only, ...allTime })
    const expected = Map.groupBy(mine, ({ timeMs, target, outcome }) =>
      JSON.stringify([startOf(timeMs, per), target, outcome]),
    )
    assert.deepEqual(
      new Map(
        rows.map(({ group, timeMs, ...sums }) => [JSON.stringify([timeMs, group.tool, group.outcome]), sums]),
      ),
      new Map([...expected].map(([key, those]) => [key, sumsOf(those)])),
      per,
    )
  }
})

test("a range begins with its minute and ends before its end", async (t) => {
  const { writer, reader } = await openLog(t, () => nowMs)
  await Promise.all(calls.map((call) => recordCall(writer, call)))
  const spans = fc.tuple(fc.nat(12 * 60), fc.nat(12 * 60)).map(([a, b]) => ({
    fromMs: nowMs - Math.max(a, b) * 60_000 + 17,
    toMs: startOf(nowMs - Math.min(a, b) * 60_000, "minute"),
  }))
  await fc.assert(
    fc.asyncProperty(spans, fc.constantFrom(undefined, ...grains), async ({ fromMs, toMs }, per) => {
      const request = { by: [], fromMs, toMs, ...(per !== undefined && { per }) }
      const rows = await all(reader, request, 100)
      const inside = calls.filter(({ timeMs }) => timeMs >= startOf(fromMs, "minute") && timeMs < toMs)
      assert.equal(
        rows.reduce((sum, { calls }) => sum + calls, 0),
        inside.length,
      )
    }),
    { numRuns: 60 },
  )
})

test("what is no longer kept by the minute is told by the hour and the day, and nothing twice", async (t) => {
  const { places, writer, reader } = await openLog(t, () => nowMs)
  const old = Array.from({ length: 150 }, (_, day) => ({ callId: `d${day}`, timeMs: nowMs - day * 24 * hour - 1 }))
  await Promise.all(old.map((call) => recordCall(writer, { ...call, target: "t", targetKind: "tool" })))
  await writer.close(nowMs)
  tamper(places, (db) => {
    db.prepare("DELETE FROM usage_sums WHERE grain = 'minute' AND bucket < ?").run(nowMs - 48 * hour)
    db.prepare("DELETE FROM usage_sums WHERE grain = 'hour' AND bucket < ?").run(nowMs - 100 * 24 * hour)
  })
  for (const per of [undefined, ...grains]) {
    const request = { by: [], ...allTime, ...(per !== undefined && { per }) }
    const rows = await all(reader, request, 500)
    assert.equal(
      rows.reduce((sum, { calls }) => sum + calls, 0),
      150,
      per,
    )
  }
  const uses = await pastOf(reader)
  assert.equal(
    uses.reduce((sum, { calls }) => sum + calls, 0),
    150,
  )
})

test("segments touch, never overlap, and are no coarser than asked for where finer ones are kept", () => {
  const aligned = fc.nat(60 * 24)
  fc.assert(
    fc.property(
      aligned,
      aligned,
      aligned,
      fc.nat(90_000_000),
      fc.constantFrom(...grains),
      (a, b, c, length, coarsest) => {
        const hours = startOf(dayMs + a * 60_000, "day")
        const kept = { day: dayMs - 5 * grainMs.day, hour: hours, minute: hours + (b % 24) * hour }
        const fromMs = dayMs - 3 * grainMs.day + c * 61_001
        const segments = segmentsOf({ fromMs, toMs: fromMs + length, coarsest }, kept)
        for (const [index, { grain, fromMs: begin, toMs }] of segments.entries()) {
          assert.equal(startOf(begin, grain), begin)
          assert.ok(begin >= kept[grain])
          if (index > 0) assert.equal(segments[index - 1]?.toMs, begin)
          if (begin >= kept.minute) assert.ok(grainMs[grain] <= grainMs[coarsest])
          assert.ok(toMs > begin)
        }
        if (length > 0) {
          assert.ok((segments[0]?.fromMs ?? Infinity) <= fromMs)
          assert.ok((segments.at(-1)?.toMs ?? 0) >= fromMs + length)
        }
      },
    ),
  )
})

test("a tool's usage has its outcomes and quantiles within a twentieth", async (t) => {
  const { writer, reader } = await openLog(t, () => nowMs)
  const latencies = Array.from({ length: 400 }, (_, index) => (index + 1) * 1.7)
  await Promise.all(
    latencies.map((durationMs, index) =>
      recordCall(writer, {
        callId: `l${index}`,
        timeMs: nowMs,
        target: "t",
        targetKind: "tool",
        durationMs,
        ...(index < 4 && { outcome: "timeout" }),
      }),
    ),
  )
  const { p50Ms = 0, p95Ms = 0, p99Ms = 0, calls, outcomes } = await reader.ofTool("t", allTime)
  assert.deepEqual([calls, outcomes], [400, { ok: 396, timeout: 4 }])
  for (const [found, exact] of [
    [p50Ms, 340],
    [p95Ms, 646],
    [p99Ms, 673.2],
  ] as const) {
    assert.ok(Math.abs(found / exact - 1) < 0.06, `${found} is not ${exact}`)
  }
  assert.deepEqual(await reader.ofTool("none", allTime), { ...sumsOf([]), outcomes: {} })
})

test("what was used comes again in the order of time, late rather than early, and all of it once", async (t) => {
  const { writer, reader } = await openLog(t, () => nowMs)
  await Promise.all(calls.map((call) => recordCall(writer, call)))
  await writer.append({ kind: "start", timeMs: nowMs, callId: "open", target: "t", targetKind: "tool" })
  await recordCall(writer, { callId: "operation", timeMs: nowMs, target: "whoami", targetKind: "operation" })
  const uses = await pastOf(reader)
  const times = uses.map(({ timeMs }) => timeMs)
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
  const { bytesIn, bytesOut, computeMs, costMicroUsd } = sumsOf(calls)
  const sum = (of: (use: PastUse) => number): number => uses.reduce((total, use) => total + of(use), 0)
  assert.deepEqual(
    [
      sum(({ calls }) => calls),
      sum(({ bytes }) => bytes),
      sum((use) => use.computeMs),
      sum((use) => use.costMicroUsd),
    ],
    [121, bytesIn + bytesOut, computeMs, costMicroUsd],
  )
  const exact = uses.filter(({ timeMs }) => timeMs >= nowMs - hour)
  const entries = calls.filter(({ timeMs }) => timeMs >= nowMs - hour).map(({ timeMs }) => timeMs)
  assert.deepEqual(new Set(exact.map(({ timeMs }) => timeMs)), new Set(entries))
  const before = uses.filter(({ timeMs }) => timeMs < nowMs - hour)
  assert.ok(before.every(({ timeMs }) => startOf(timeMs + 1, "minute") === timeMs + 1))
})

test("more past uses than one page holds come whole, of one minute and of many", async (t) => {
  const { writer, reader } = await openLog(t, () => nowMs)
  const many = Array.from({ length: 2_600 }, (_, index) => ({
    callId: `m${index}`,
    timeMs: index % 2 === 0 ? nowMs - 2 * hour : nowMs - 1_000,
    target: `t${index}`,
    targetKind: "tool" as const,
  }))
  await Promise.all(many.map((call) => recordCall(writer, call)))
  const uses = await pastOf(reader)
  assert.equal(
    uses.reduce((sum, { calls }) => sum + calls, 0),
    2_600,
  )
  assert.equal(new Set(uses.map(({ tool }) => tool)).size, 2_600)
})

test("a sum beyond what a number holds exactly is refused, not rounded", async (t) => {
  const { places, writer, reader } = await openLog(t, () => nowMs)
  await recordCall(writer, { target: "t", targetKind: "tool", callId: "a", timeMs: nowMs })
  for (const bytes of ["9007199254740993", "9223372036854775807"]) {
    await writer.close(nowMs)
    tamper(places, (db) => db.exec(`UPDATE usage_sums SET bytes_in = ${bytes}`))
    await assert.rejects(reader.sum({ by: ["tool"], ...allTime, limit: 1 }), { code: "too_large" })
    await assert.rejects(reader.ofTool("t", allTime), { code: "too_large" })
  }
})

test("without any usage there are no rows", async (t) => {
  const { reader } = await openLog(t)
  assert.deepEqual(await reader.sum({ by: ["tool"], ...allTime, limit: 5 }), { items: [] })
  assert.deepEqual(await pastOf(reader), [])
})
