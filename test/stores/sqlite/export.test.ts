import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { bodyOf } from "../../../src/domain/audit/chain.ts"
import type { Entry } from "../../../src/domain/audit/entry.ts"
import type { ExportRequest } from "../../../src/domain/audit/log.ts"
import type { Verdict } from "../../../src/domain/audit/verdict.ts"
import { verifyExport } from "../../../src/stores/sqlite/exports/export-verify.ts"
import { openAuditReader, type AuditReader } from "../../../src/stores/sqlite/reader.ts"
import { dayMs, makePlaces, openLog, openWriter, recordCalls, remove, type Places } from "./reader-kit.ts"

async function exported(reader: AuditReader, request: ExportRequest): Promise<string[]> {
  const lines: string[] = []
  let cursor: string | undefined
  do {
    const page = await reader.exportPage({ ...request, ...(cursor !== undefined && { cursor }) })
    assert.ok(page.lines.reduce((sum, line) => sum + line.length, 0) < 600 * 1_024)
    lines.push(...page.lines)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return lines
}

function verify(lines: readonly string[], given: Parameters<typeof verifyExport>[1] = {}): Promise<Verdict> {
  return verifyExport(
    (async function* () {
      yield* lines
    })(),
    given,
  )
}

/** Those of the writer's clock, which in these tests is not that of the entries; after so many entries there is one still. */
function withoutTimelyCheckpoints(t: TestContext): void {
  t.mock.timers.enable({ apis: ["setTimeout"] })
}

function found({ ok, damage }: Verdict): string {
  return ok ? "ok" : `${damage?.kind} ${damage?.seq}`
}

type Line = { readonly type: string; readonly body?: Entry }
const read = (line: string): Line => JSON.parse(line) as Line
const isEntry = (line: string): boolean => read(line).type === "entry"

/** Two streams, with a change of the key in the second. */
async function twoStreams(): Promise<{ readonly places: Places; readonly whole: readonly string[] }> {
  const places = await makePlaces()
  const first = await openWriter(places)
  await recordCalls(first, 700)
  await first.close(dayMs)
  const second = await openWriter(places)
  await recordCalls(second, 300, { callId: "b" })
  await second.rotateKey(dayMs)
  await recordCalls(second, 300, { callId: "c" })
  await second.close(dayMs)
  const reader = await openAuditReader(places)
  const whole = await exported(reader, { format: "jsonl" })
  await reader.close()
  return { places, whole }
}

test("an export can be verified by itself, with the key beside it or one kept elsewhere", async () => {
  const { places, whole } = await twoStreams()
  const publicKey = await readFile(join(places.keysFolder, "audit.pub"), "utf8")
  const checkpoints = await readFile(join(places.folder, "checkpoints"), "utf8")
  const verdict = await verify(whole)
  assert.deepEqual([found(verdict), verdict.streams, verdict.entries], ["ok", 2, whole.filter(isEntry).length])
  assert.equal(found(await verify(whole, { publicKey, checkpoints })), "ok")
  const other = await twoStreams()
  assert.equal(found(await verify(other.whole, { publicKey })), "unknown_key 1")
  assert.match(found(await verify(other.whole, { checkpoints })), /^(missing_stream|unknown_key) /)
  await remove(places)
  await remove(other.places)
})

test("the body of an entry stands in its line in the form that was hashed", async () => {
  const { places, whole } = await twoStreams()
  for (const line of whole.filter(isEntry)) {
    const { body } = read(line)
    assert.ok(body && line.endsWith(`"body":${bodyOf(body)}}`))
  }
  await remove(places)
})

test("an edited, cut or reordered export is found out", async () => {
  const { places, whole } = await twoStreams()
  const entries = whole.flatMap((line, index) => (isEntry(line) ? [index] : []))
  const at = (nth: number): number => entries.at(nth) ?? 0
  const without = (...gone: readonly number[]): string[] => whole.filter((_, index) => !gone.includes(index))
  const swapped = whole.with(at(9), whole[at(10)] ?? "").with(at(10), whole[at(9)] ?? "")
  const edited = (
    nth: number,
    from: string | RegExp,
    to: string | ((found: string) => string),
  ): readonly string[] =>
    whole.with(at(nth), (whole[at(nth)] ?? "").replace(from, typeof to === "string" ? () => to : to))
  const cases: readonly (readonly [readonly string[], string])[] = [
    [edited(4, `"principal":"p`, `"principal":"q`), "altered 5"],
    [edited(4, `"type":"entry"`, `"type": "entry"`), "unreadable 5"],
    [edited(4, /(?<="hash":")./, (first) => (first === "A" ? "B" : "A")), "altered 5"],
    [edited(4, /\}$/, `,"body":{}}`), "unreadable 5"],
    [without(at(4)), "missing 5"],
    [without(...entries.slice(2, 500)), "missing 3"],
    [swapped, "missing 10"],
    [whole.toSpliced(at(9), 0, whole[at(8)] ?? ""), "misplaced 9"],
    [whole.slice(0, -1), "truncated 1204"],
    [whole.slice(0, at(100)), "truncated 101"],
    [[...whole, whole[at(3)] ?? ""], "forged 1204"],
    [whole.with(whole.length - 1, (whole.at(-1) ?? "").replace(/"entries":\d+/, `"entries":5`)), "missing 1204"],
    [whole.filter((line) => read(line).type !== "checkpoint"), "missing_checkpoint 1"],
  ]
  for (const [index, [lines, expected]] of cases.entries()) {
    const verdict = await verify(lines)
    assert.equal(verdict.ok, false, `case ${index}`)
    assert.equal(found(verdict), expected, `case ${index}`)
  }
  await remove(places)
})

test("what is no export is refused", async () => {
  for (const lines of [[], ["x"], [`{"type":"end","entries":0,"streams":0,"checkpoints":0}`]]) {
    await assert.rejects(verify(lines), { code: "invalid" })
  }
})

test("an export of a range holds all that is in it and can be verified", async (t) => {
  withoutTimelyCheckpoints(t)
  let nowMs = dayMs
  const { writer, reader } = await openLog(t, () => nowMs)
  for (const callId of ["a", "b", "c"]) {
    await recordCalls(writer, 600, { callId, timeMs: nowMs })
    nowMs += 600_000
  }
  const range = { fromMs: dayMs + 610_000, toMs: dayMs + 800_000 }
  const lines = await exported(reader, { format: "jsonl", ...range })
  const verdict = await verify(lines)
  assert.equal(found(verdict), "ok")
  assert.ok(verdict.entries < writer.head().seq)
  const times = lines.filter(isEntry).map((line) => read(line).body?.timeMs ?? 0)
  const inRange = times.filter((ms) => ms >= range.fromMs && ms < range.toMs)
  assert.equal(inRange.length, 2 * 190)
  assert.equal(found(await verify(lines.toSpliced(lines.findLastIndex(isEntry), 1))).startsWith("truncated"), true)
})

test("the formats of others hold the entries of the range, one on a line", async (t) => {
  withoutTimelyCheckpoints(t)
  const { writer, reader } = await openLog(t)
  await recordCalls(writer, 50)
  const range = { fromMs: dayMs + 10_000, toMs: dayMs + 20_000 }
  const cef = await exported(reader, { format: "cef", ...range })
  const ocsf = await exported(reader, { format: "ocsf", ...range })
  assert.deepEqual([cef.length, ocsf.length], [20, 20])
  assert.ok(cef.every((line) => line.startsWith("CEF:0|mcp-meta|gateway|1.2.3|")))
  const classes = ocsf.map((line) => (JSON.parse(line) as Record<string, unknown>)["class_uid"])
  assert.deepEqual(new Set(classes), new Set([6_003]))
})

test("an export that goes on while entries are recorded ends where the log was, and verifies", async (t) => {
  const { writer, reader } = await openLog(t)
  await recordCalls(writer, 2_000)
  const first = await reader.exportPage({ format: "jsonl" })
  assert.ok(first.nextCursor)
  await recordCalls(writer, 500, { callId: "later" })
  const lines = [...first.lines, ...(await exported(reader, { format: "jsonl", cursor: first.nextCursor }))]
  const verdict = await verify(lines)
  assert.deepEqual([found(verdict), verdict.entries], ["ok", 4_001])
})

test("an export that retention has overtaken says so", async (t) => {
  let nowMs = dayMs
  const { writer, reader } = await openLog(t, () => nowMs)
  await recordCalls(writer, 3_000)
  const { nextCursor = "" } = await reader.exportPage({ format: "jsonl" })
  nowMs += 7_200_000
  await recordCalls(writer, 600, { callId: "later", timeMs: nowMs })
  await writer.retain({ beforeMs: nowMs, keepFromId: 100_000, nowMs })
  await assert.rejects(reader.exportPage({ format: "jsonl", cursor: nextCursor }), { code: "conflict" })
  const verdict = await verify(await exported(reader, { format: "jsonl" }))
  assert.equal(found(verdict), "ok")
  assert.ok(verdict.entries < 2_500)
})

test("that an export claims to be a part of the log is said", async () => {
  const { places, whole } = await twoStreams()
  const claim = whole.with(0, (whole[0] ?? "").replace(`"partial":false`, `"partial":true`))
  const said = (await verify(claim)).cannotExclude.join(" ")
  assert.match(said, /The file claims to be only a part of the log/)
  assert.doesNotMatch((await verify(whole)).cannotExclude.join(" "), /claims to be/)
  await remove(places)
})
