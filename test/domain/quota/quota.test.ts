import assert from "node:assert/strict"
import { test } from "node:test"
import { amountOf, countedOf, fromAmount } from "../../../src/domain/quota/amount.ts"
import { compileQuotas, countsFor } from "../../../src/domain/quota/compiled-quotas.ts"
import {
  readSubject,
  readTarget,
  readWindow,
  sayAllowance,
  saySubject,
  sayTarget,
  sayWait,
  sayWindow,
} from "../../../src/domain/quota/quota-words.ts"
import { quotaSchema, type QuotaSubject, type QuotaTarget } from "../../../src/domain/quota/quota.ts"
import { quotaOf, type QuotaChanges } from "./samples.ts"

const call = { principalId: "ann", keyId: "k1", team: "red", service: "files", canonicalName: "files__read" }

function idsFor(changes: readonly QuotaChanges[], asked: typeof call): readonly string[] {
  const compiled = compileQuotas(changes.map((change, at) => quotaOf(`${at}`, change)))
  return compiled
    .find(asked)
    .map(({ quota }) => quota.id)
    .toSorted()
}

test("a quota covers the calls of its subject and no others", () => {
  const subjects: QuotaSubject[] = [
    { kind: "principal", principalId: "ann" },
    { kind: "key", keyId: "k1" },
    { kind: "team", team: "red" },
    { kind: "everyone" },
    { kind: "each_principal" },
  ]
  const changes = subjects.map((subject) => ({ subject }))
  assert.deepEqual(idsFor(changes, call), ["0", "1", "2", "3", "4"])
  assert.deepEqual(idsFor(changes, { ...call, principalId: "bob", keyId: "k2", team: "blue" }), ["3", "4"])
  assert.deepEqual(idsFor(changes, { ...call, keyId: "", team: "" }), ["0", "3", "4"], "no key and no team")
  assert.deepEqual(
    subjects.map((subject) => countsFor({ subject }, { principalId: "bob", team: "red" })),
    [false, false, true, true, true],
  )
})

test("a quota covers its target: everything, a service, a name or a pattern over names", () => {
  const targets: QuotaTarget[] = [
    { kind: "everything" },
    { kind: "service", service: "files" },
    { kind: "tool", pattern: "files__read" },
    { kind: "tool", pattern: "files__*" },
    { kind: "tool", pattern: "*__read" },
    { kind: "tool", pattern: "files/*" },
  ]
  const changes = targets.map((target) => ({ target }))
  assert.deepEqual(idsFor(changes, call), ["0", "1", "2", "3", "4"])
  assert.deepEqual(idsFor(changes, { ...call, service: "notes", canonicalName: "notes__read" }), ["0", "4"])
  assert.deepEqual(idsFor(changes, { ...call, canonicalName: "files/file:///a.txt" }), ["0", "1", "5"])
})

test("of each principal its own is counted, of everyone the same", () => {
  const compiled = compileQuotas([
    quotaOf("each", { subject: { kind: "each_principal" } }),
    quotaOf("all", { subject: { kind: "everyone" } }),
  ])
  const keys = (principalId: string) => compiled.find({ ...call, principalId }).map(({ key }) => key)
  const shared = keys("ann").filter((key) => keys("bob").includes(key))
  assert.deepEqual(shared, ["counter of all"])
})

test("answers are remembered, and without bound for no name", () => {
  const compiled = compileQuotas([quotaOf("a")])
  assert.equal(compiled.find(call), compiled.find({ ...call }))
  const long = { ...call, canonicalName: `files/${"x".repeat(1_000)}` }
  assert.notEqual(compiled.find(long), compiled.find(long))
  assert.equal(compiled.find(long).length, 1)
})

test("amounts are whole and come back as they were", () => {
  assert.equal(amountOf("cost_usd", 0.07), 70_000)
  assert.equal(amountOf("cost_usd", 1.1), 1_100_000)
  assert.equal(fromAmount("cost_usd", 1_100_000), 1.1)
  assert.equal(amountOf("compute_ms", 5), 5_000)
  const uses = { calls: 1, bytes: 12, computeMs: 0.1234, costMicroUsd: 1e300 }
  assert.deepEqual(
    (["calls", "bytes", "compute_ms", "cost_usd"] as const).map((unit) => countedOf(unit, uses)),
    [1, 12, 123, 2 ** 50],
  )
})

test("a quota that cannot be counted is refused with the reason", () => {
  const refuse = (changes: QuotaChanges): string => {
    const read = quotaSchema.safeParse({ ...quotaOf("a"), ...changes })
    return read.success ? "" : (read.error.issues[0]?.message ?? "?")
  }
  assert.equal(refuse({ limit: 0 }), "")
  assert.equal(refuse({ limit: 0.000_001, unit: "cost_usd" }), "")
  assert.match(refuse({ limit: 0.5 }), /whole number/)
  assert.match(refuse({ limit: 0.000_000_1, unit: "cost_usd" }), /six decimals/)
  assert.match(refuse({ limit: 2 ** 51 }), /at most 1125899906842624/)
  assert.match(refuse({ limit: Number.POSITIVE_INFINITY }), /number/)
  assert.ok(refuse({ limit: -1 }))
  assert.ok(refuse({ alertAt: [0] }))
  assert.ok(refuse({ name: "two\nlines" }))
  assert.ok(refuse({ name: "right\u202eleft" }))
  const window = { unit: "hour", count: 1, align: "calendar", timeZone: "UTC" } as const
  assert.match(refuse({ algorithm: "sliding_window", window }), /only a fixed_window/)
})

test("subjects, targets and windows are read as they are said", () => {
  const nameOf = (id: string) => id.toUpperCase()
  assert.deepEqual(readSubject("principal:ann"), { kind: "principal", name: "ann" })
  assert.equal(saySubject({ kind: "principal", principalId: "ann" }, nameOf), "principal:ANN")
  for (const text of ["key:k1", "team:red", "everyone", "each_principal"])
    assert.equal(saySubject(readSubject(text) as QuotaSubject, nameOf), text)
  for (const text of ["everything", "service:files", "tool:files__*", "tool:files/file:///a"])
    assert.equal(sayTarget(readTarget(text)), text)
  for (const text of ["second", "minute", "hour", "day", "week", "month", "15 minutes", "2 weeks"])
    assert.equal(sayWindow(readWindow(text)), text)
  assert.deepEqual(readWindow("1 hour"), { unit: "hour", count: 1 })
  for (const text of ["", "ann", "principal:", "everyone:x", "user:ann", ":"])
    assert.throws(() => readSubject(text), { code: "invalid" })
  for (const text of ["", "all", "service:", "tool:", "everything:x"])
    assert.throws(() => readTarget(text), { code: "invalid" })
  for (const text of ["", "hourly", "0 hours", "-1 hour", "1.5 hours", "15minutes", "year"])
    assert.throws(() => readWindow(text), { code: "invalid" })
})

test("allowances and waits are said in words, a wait never too short", () => {
  assert.equal(sayAllowance(quotaOf("a")), "37 calls per hour")
  const changes = { limit: 2.5, unit: "cost_usd", window: { unit: "minute", count: 15 } } as const
  assert.equal(sayAllowance(quotaOf("a", changes)), "2.5 USD per 15 minutes")
  assert.deepEqual([1, 40_001, 2_430_000, 5_400_000, 200_000_000].map(sayWait), [
    "1 s",
    "41 s",
    "41 min",
    "2 h",
    "3 days",
  ])
})
