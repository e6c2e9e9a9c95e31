/** What a crash leaves of a history is mended; whatever else is wrong with it is told, and the files left as they are. */

import assert from "node:assert/strict"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { createSealer } from "../../../src/identity/sealer.ts"
import { draftOf, filesIn, historyFolder, open, textIn, toService } from "./history-kit.ts"

async function withRevisions(count: number): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = historyFolder()
  const { history } = await open(folder)
  for (let number = 1; number <= count; number += 1)
    await history.record(() => draftOf(toService("files", { url: `http://${number}` })))
  await history.close()
  return { folder, path: join(folder, "000000000001.jsonl") }
}

test("STO-07 a line torn at any byte is cut off, and the next revision stands behind what is whole", async () => {
  const { folder, path } = await withRevisions(2)
  const whole = readFileSync(path)
  const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1
  for (let cut = lastLine + 1; cut < whole.length; cut += 7) {
    writeFileSync(path, whole.subarray(0, cut))
    const { history, torn } = await open(folder)
    assert.deepEqual(torn, [cut - lastLine])
    assert.equal(history.unsettled()?.number, 2)
    await history.settle([0])
    assert.equal(await history.record(() => draftOf(toService("other", { url: "http://o" }))), 3)
    await history.close()
    const { history: again } = await open(folder)
    assert.equal(again.head(), 3)
    await again.close()
  }
})

test("STO-07 a revision whose end is not on record is told as unsettled, and settled once", async () => {
  const { folder, path } = await withRevisions(2)
  const lines = readFileSync(path, "utf8").trimEnd().split("\n")
  writeFileSync(path, `${lines.slice(0, -1).join("\n")}\n`)
  const { history } = await open(folder)
  assert.deepEqual(history.unsettled()?.changes[0]?.after, { url: "http://2" })
  assert.deepEqual(history.services().get("files"), { url: "http://1" })
  await history.settle([0])
  assert.deepEqual(history.services().get("files"), { url: "http://2" })
  assert.equal(history.unsettled(), undefined)
  await history.close()
  const { history: again } = await open(folder)
  assert.equal(again.unsettled(), undefined)
  await again.close()
})

test("STO-06 a line that is changed, taken out, doubled or put in is told by its place, and left as it is", async () => {
  const { folder, path } = await withRevisions(4)
  const lines = readFileSync(path, "utf8").split("\n")
  const damages: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["changed", lines.with(3, (lines[3] ?? "").replace("ann", "bob")), /line 5 the line before it was changed/],
    ["taken out", lines.toSpliced(3, 1), /line 4 the line before it was changed, taken out/],
    ["doubled", lines.toSpliced(3, 0, lines[3] ?? ""), /line 5/],
    ["not JSON", lines.with(3, "{}"), /line 4 it is not a line/],
    ["headless", lines.slice(1), /line 1 the head/],
    ["empty", [], /line 1 the head/],
  ]
  for (const [what, damaged, message] of damages) {
    writeFileSync(path, damaged.join("\n"))
    await assert.rejects(open(folder), { code: "conflict", message }, what)
    assert.equal(textIn(folder), damaged.join("\n"), what)
  }
})

test("STO-06 an older file that is changed, torn or gone is told when it is read", async () => {
  const folder = historyFolder()
  const { history } = await open(folder)
  const large = "x".repeat(200_000)
  for (let number = 1; number <= 20; number += 1)
    await history.record(() => draftOf(toService("files", { url: `${number}${large}` })))
  await history.close()
  const [, second = ""] = filesIn(folder)
  const path = join(folder, second)
  const text = readFileSync(path, "utf8")
  const { history: reading } = await open(folder)
  const read = (): Promise<unknown> => reading.between(0, 20)
  await read()
  writeFileSync(path, text.slice(0, -1))
  await assert.rejects(read(), { code: "conflict", message: new RegExp(`${second} .* does not end where`) })
  writeFileSync(path, text.replace('"effect":"create"', '"effect":"remove"'))
  await assert.rejects(read(), { code: "conflict", message: new RegExp(second) })
  rmSync(path)
  await assert.rejects(read(), { code: "conflict", message: new RegExp(second) })
  await assert.rejects(reading.page({}, { below: 21, limit: 100 }), { code: "conflict" })
  await reading.close()
})

test("SEC-07 what was sealed under another key is told, not taken for nothing", async () => {
  const { folder } = await withRevisions(1)
  const sealer = createSealer(Buffer.alloc(32, 8))
  await assert.rejects(open(folder, { sealer }), { code: "conflict", message: /seal\.key/ })
})
