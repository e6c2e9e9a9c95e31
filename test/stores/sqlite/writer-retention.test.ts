import assert from "node:assert/strict"
import { test } from "node:test"
import { bytes, end, makeKit, start, startMs, type Kit } from "./writer-kit.ts"

const everything = { beforeMs: startMs + 86_400_000, keepFromId: Number.MAX_SAFE_INTEGER, nowMs: startMs }
const bases = (kit: Kit): unknown[] =>
  kit.rows("SELECT base_size FROM streams ORDER BY id").map(({ base_size }) => base_size)

/** A log whose entries are a second apart, of streams with as many as given beside their opening and closing. */
async function fill(kit: Kit, streams: readonly number[]): Promise<void> {
  let nowMs = startMs
  const now = (): number => nowMs
  for (const length of streams) {
    const writer = await kit.open({ now })
    const appends = Array.from({ length }, () => {
      nowMs += 1_000
      const keep = { maxBytes: 100, redact: [] }
      return writer.append({ kind: "list", timeMs: nowMs, principal: "ann" }, { arguments: bytes("{}"), keep })
    })
    await Promise.all(appends)
    await writer.close(nowMs)
  }
}

test("what is old is dropped up to a checkpoint, and the rest still verifies", async (t) => {
  const kit = await makeKit(t)
  await fill(kit, [1_500, 1_200])
  const writer = await kit.open({ now: () => startMs })
  assert.equal(await writer.retain({ ...everything, beforeMs: startMs + 1_500_000 + 1_100_000 }), 1_502 + 1_001)
  assert.deepEqual(bases(kit), [1_502, 1_001, 0])
  assert.equal(kit.rows("SELECT 1 FROM copies").length, 200)
  const told = kit.entries().filter(({ kind }) => kind === "retention")
  assert.deepEqual(
    told.map(({ detail }) => detail?.["entries"]),
    [1_502, 1_001],
  )
  const { ok, cannotExclude } = await kit.verify()
  assert.equal(ok, true)
  assert.match(
    cannotExclude.join(" "),
    /retention has dropped, the last of it at 2026-01-15T12:00:00.000Z .*1 to 1001/,
  )
  assert.equal(await writer.retain({ ...everything, beforeMs: startMs + 1_500_000 + 1_100_000 }), 0)
  assert.equal(kit.entries().filter(({ kind }) => kind === "retention").length, 2)
  await writer.append(start("after"))
  await writer.append(end("after"))
  await writer.close(startMs)
  await (await kit.open()).close(startMs)
  assert.equal((await kit.verify()).ok, true)
})

test("what a sink has not taken yet is kept", async (t) => {
  const kit = await makeKit(t)
  await fill(kit, [3, 3])
  const writer = await kit.open()
  const [row] = kit.rows("SELECT id FROM entries WHERE stream = 2 AND seq = 1")
  const keepFromId = Number(row?.["id"])
  assert.equal(await writer.retain({ ...everything, keepFromId: keepFromId - 1 }), 1)
  assert.deepEqual(bases(kit), [1, 0, 0])
  assert.equal(await writer.retain({ ...everything, keepFromId }), 4)
  assert.deepEqual(bases(kit), [5, 0, 0])
  assert.equal((await kit.verify()).ok, true)
})

test("the newest entries of the stream that goes on are kept, and numbers are never given twice", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ now: () => startMs })
  await Promise.all(Array.from({ length: 2_100 }, (_, index) => writer.append(start(`c${index}`))))
  const [before] = kit.rows("SELECT max(id) AS id FROM entries")
  assert.equal(await writer.retain(everything), 2_001)
  await writer.append(start("after"))
  const [after] = kit.rows("SELECT max(id) AS id FROM entries")
  assert.equal(Number(after?.["id"]), Number(before?.["id"]) + 2)
  assert.deepEqual(bases(kit), [2_001])
  await writer.close(startMs)
  const verdict = await kit.verify()
  assert.equal(verdict.ok, true)
  assert.ok(kit.rows("SELECT 1 FROM checkpoints").length >= 4)
})

test("entries are recorded while old ones are dropped", async (t) => {
  const kit = await makeKit(t)
  await fill(kit, [5_000])
  const writer = await kit.open()
  const appends = Array.from({ length: 500 }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, index % 50))
    await writer.append(start(`new${index}`))
  })
  const [dropped] = await Promise.all([writer.retain(everything), ...appends])
  assert.ok(dropped >= 5_002)
  await writer.close(startMs)
  assert.equal((await kit.verify()).ok, true)
})

test("what was dropped stays proven when the entries that said so are dropped, too", async (t) => {
  const kit = await makeKit(t)
  await fill(kit, [10])
  for (const round of [1, 2, 3]) {
    const writer = await kit.open({ now: () => startMs })
    assert.ok((await writer.retain(everything)) > 0, `round ${round}`)
    await writer.close(startMs)
    const { damage, cannotExclude } = await kit.verify()
    assert.equal(damage, undefined)
    assert.match(cannotExclude.join(" "), /What retention has dropped/)
  }
})
