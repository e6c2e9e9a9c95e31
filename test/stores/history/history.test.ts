/** Revisions: recorded ahead of what they tell of, found again after a restart, dropped in whole files. */

import assert from "node:assert/strict"
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { draftOf, filesIn, keepAll, historyFolder, open, textIn, toService } from "./history-kit.ts"

const all = { below: Number.MAX_SAFE_INTEGER, limit: 100 }

test("what was recorded is there after a restart, with what it takes to undo it", async () => {
  const folder = historyFolder()
  const { history } = await open(folder)
  const change = toService("files", { url: "http://x", headers: { a: "s3cret-header" } })
  assert.equal(await history.record(() => ({ ...draftOf(change), plan: "p1", why: "for tests" })), 1)
  await history.close()
  const { history: again } = await open(folder)
  assert.equal(again.head(), 1)
  assert.deepEqual(again.services(), new Map([["files", change.after]]))
  const [revision] = await again.between(0, 1)
  assert.deepEqual(revision?.changes, [change])
  const { revisions } = await again.page({}, all)
  assert.deepEqual(
    revisions.map(({ number, atMs, who, operation, plan, why, outcome, changes }) => ({
      number,
      atMs,
      who,
      operation,
      plan,
      why,
      outcome,
      changes,
    })),
    [
      {
        number: 1,
        atMs: 5,
        who: { kind: "principal", id: "1", name: "ann" },
        operation: "register_service",
        plan: "p1",
        why: "for tests",
        outcome: "applied",
        changes: [{ subject: "service", id: "files", name: "files", effect: "create", diff: ["+ files"] }],
      },
    ],
  )
  await again.close()
})

test("SEC-01 no value of a service stands in the files in the clear, and nobody else may read them", async () => {
  const folder = historyFolder()
  const services = (): Map<string, object> => new Map([["old", { env: { KEY: "first-canary" } }]])
  const { history } = await open(folder, { services: services as never })
  await history.record(() => draftOf(toService("files", { headers: { a: "other-canary".repeat(2_000) } })))
  await history.close()
  assert.doesNotMatch(textIn(folder), /canary/)
  for (const name of filesIn(folder)) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const { history: again } = await open(folder)
  assert.deepEqual([...again.services().keys()], ["old", "files"])
  await again.close()
})

test("what could not be applied is on record as failed, in part where a part took effect", async () => {
  const folder = historyFolder()
  const { history } = await open(folder)
  const changes = [toService("one", { url: "1" }), toService("two", { url: "2" })]
  const fail = (done: readonly number[]): Promise<number | undefined> =>
    history.record(() => draftOf(...changes), {
      apply: () => Promise.reject(new Error("no")),
      done: async () => done,
    })
  await assert.rejects(fail([]), /no/)
  await assert.rejects(fail([1]), /no/)
  assert.deepEqual([...history.services().keys()], ["two"])
  const { revisions } = await history.page({}, all)
  assert.deepEqual(
    revisions.map(({ number, outcome, done }) => ({ number, outcome, done })),
    [
      { number: 2, outcome: "partly", done: [1] },
      { number: 1, outcome: "failed", done: [] },
    ],
  )
  await history.close()
})

test("where it cannot be written nothing is done, and it goes on when it can", async () => {
  const folder = historyFolder()
  const { history } = await open(folder, { keep: keepAll })
  let applied = 0
  const work = { apply: async () => void (applied += 1), done: async () => [] }
  const huge = { args: ["x".repeat(16 * 1_024 * 1_024)] }
  await assert.rejects(
    history.record(() => draftOf(toService("a", huge)), work),
    { code: "too_large" },
  )
  assert.equal(applied, 0)
  assert.equal(await history.record(() => draftOf(toService("a", { url: "1" })), work), 1)
  assert.equal(applied, 1)
  const path = join(folder, "000000000001.jsonl")
  const refused = async (message: RegExp): Promise<void> => {
    await assert.rejects(
      history.record(() => draftOf(toService("b", {})), work),
      { code: "internal", message },
    )
    assert.equal(applied, 1)
  }
  renameSync(path, `${path}.away`)
  await refused(/is gone; put it back/)
  mkdirSync(path)
  await refused(/so nothing was changed/)
  rmdirSync(path)
  renameSync(`${path}.away`, path)
  const whole = readFileSync(path)
  writeFileSync(path, whole.subarray(0, -1))
  await refused(/was changed under the gateway/)
  appendFileSync(path, whole.subarray(-1))
  assert.equal(await history.record(() => draftOf(toService("b", { url: "2" })), work), 2)
  await history.close()
  applied = 1
  await refused(/closed/)
  const { history: again } = await open(folder)
  assert.equal(again.head(), 2)
  await again.close()
  chmodSync(path, 0o644)
  await assert.rejects(open(folder), { code: "conflict", message: /chmod 600/ })
})

test("pages go from the newest to the oldest, by service, principal and time", async () => {
  const folder = historyFolder()
  const { history } = await open(folder)
  for (let number = 1; number <= 9; number += 1) {
    const who = number % 2 ? ({ kind: "file" } as const) : draftOf().who
    const name = number % 3 ? "other" : "third"
    await history.record(() => ({ ...draftOf(toService(name, { number })), atMs: number, who }))
  }
  const first = await history.page({}, { below: 100, limit: 4 })
  assert.deepEqual([first.revisions.map(({ number }) => number), first.below], [[9, 8, 7, 6], 6])
  const rest = await history.page({}, { below: 6, limit: 100 })
  assert.deepEqual([rest.revisions.map(({ number }) => number), rest.below], [[5, 4, 3, 2, 1], undefined])
  const numbers = async (filter: object): Promise<readonly number[]> =>
    (await history.page(filter, all)).revisions.map(({ number }) => number)
  assert.deepEqual(await numbers({ service: "third" }), [9, 6, 3])
  assert.deepEqual(await numbers({ principal: "ann" }), [8, 6, 4, 2])
  assert.deepEqual(await numbers({ fromMs: 3, toMs: 5 }), [4, 3])
  await assert.rejects(history.between(0, 10), { code: "not_found" })
  await history.close()
})

test("full files are followed by new ones, the oldest are dropped, and what services are is still known", async () => {
  const folder = historyFolder()
  const keep = { ...keepAll, revisions: 8 }
  const { history } = await open(folder, { keep })
  const large = (number: number): object => ({ args: [`${number}`.padEnd(200_000, "x")] })
  await history.record(() => draftOf(toService("kept", { url: "1" })))
  for (let number = 2; number <= 60; number += 1)
    await history.record(() => draftOf(toService("files", large(number) as never)))
  assert.ok(filesIn(folder).length < 6, `${filesIn(folder).length} files`)
  assert.ok(history.oldest() > 1 && history.oldest() <= 60 - keep.revisions + 1, `from ${history.oldest()}`)
  const whole = await history.between(history.oldest() - 1, 60)
  assert.equal(whole.length, 60 - history.oldest() + 1)
  await assert.rejects(history.between(history.oldest() - 2, 60), { code: "not_found", message: /history\.keep/ })
  await history.close()
  const { history: again } = await open(folder, { keep })
  assert.deepEqual(again.services(), new Map<string, object>([["kept", { url: "1" }], ["files", large(60)]])) // oxfmt-ignore
  await again.close()
})

test("what is older than it may be is dropped, and what takes too much room", async () => {
  const folder = historyFolder()
  let nowMs = 0
  const keep = { ...keepAll, maxAgeMs: 1_000 }
  const clock = { now: () => nowMs, steady: () => nowMs }
  const { history } = await open(folder, { keep, ...clock })
  for (nowMs = 0; nowMs < 10_000; nowMs += 100) await history.record(() => draftOf(toService("a", { nowMs })))
  assert.ok(history.oldest() > 80 && history.oldest() < 92, `from ${history.oldest()}`)
  await history.close()
  const { history: small } = await open(folder, { ...clock, keep: { ...keepAll, maxBytes: 1 } })
  assert.equal(filesIn(folder).length, 1)
  await small.close()
})
