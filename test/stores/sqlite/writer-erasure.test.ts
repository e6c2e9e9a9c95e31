import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { bytes, makeKit, start, startMs, type Kit } from "./writer-kit.ts"

const keep = { maxBytes: 1_000, redact: [] }
const copies = (kit: Kit): number => kit.rows("SELECT 1 FROM copies").length

test("an erasure drops the copies asked for, leaves the chain valid, and is on record", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  for (const [index, principal] of ["ann", "bob", "ann", "cid"].entries()) {
    const draft = start(`c${index}`, { principal, timeMs: startMs + index })
    await writer.append(draft, { arguments: bytes('{"text":"remember me"}'), keep })
  }
  assert.equal(await writer.erase({ principal: "ann" }, startMs), 2)
  assert.equal(await writer.erase({ principal: "ann" }, startMs), 0)
  assert.equal(await writer.erase({ callId: "c1" }, startMs), 1)
  assert.equal(await writer.erase({ toMs: startMs + 3 }, startMs), 0)
  assert.equal(copies(kit), 1)
  assert.equal(await writer.erase({ toMs: startMs + 4 }, startMs), 1)
  assert.deepEqual(
    kit.entries().flatMap(({ kind, detail }) => (kind === "erasure" ? [detail] : [])),
    [
      { principal: "ann", copies: 2 },
      { principal: "ann", copies: 0 },
      { callId: "c1", copies: 1 },
      { toMs: startMs + 3, copies: 0 },
      { toMs: startMs + 4, copies: 1 },
    ],
  )
  await writer.close(startMs)
  assert.equal((await kit.verify()).ok, true)
  assert.ok(!readFileSync(join(kit.folder, "log.db")).includes("remember me"))
})

test("many copies are erased while entries are recorded", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const record = (from: number): Promise<unknown> =>
    Promise.all(
      Array.from({ length: 2_500 }, (_, index) =>
        writer.append(start(`c${from + index}`), { arguments: bytes("{}"), keep }),
      ),
    )
  await record(0)
  const [erased] = await Promise.all([writer.erase({ toMs: startMs + 1 }, startMs), record(2_500)])
  assert.ok(erased >= 2_500)
  const told = kit.entries().filter(({ kind }) => kind === "erasure")
  assert.ok(told.length > 1)
  assert.equal(
    told.reduce((sum, { detail }) => sum + Number(detail?.["copies"]), 0),
    erased,
  )
  assert.equal(copies(kit), 5_000 - erased)
  await writer.close(startMs)
  assert.equal((await kit.verify()).ok, true)
})
