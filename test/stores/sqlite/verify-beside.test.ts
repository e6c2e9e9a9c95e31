import assert from "node:assert/strict"
import { cpSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { splitNotes } from "../../../src/domain/audit/checkpoint.ts"
import { verifyFolder } from "../../../src/stores/sqlite/verification/verify-folder.ts"
import { openUntouched } from "../../../src/stores/sqlite/verification/verify-open.ts"
import { dayMs, makePlaces, openWriter, recordCalls, remove } from "./reader-kit.ts"

test("a key that is rotated while the log is verified raises no alarm", async () => {
  const places = await makePlaces()
  const writer = await openWriter(places)
  const before = join(places.data, "keys-before")
  cpSync(places.keysFolder, before, { recursive: true })
  await writer.rotateKey(dayMs)
  await recordCalls(writer, 5)
  await writer.close(dayMs)
  const asked = { folder: places.folder, keysFolder: before }
  assert.equal((await verifyFolder(asked)).damage?.kind, "unknown_key")
  const reads = [before]
  const rotated = Object.defineProperty({ ...asked }, "keysFolder", {
    get: () => reads.pop() ?? places.keysFolder,
  })
  assert.equal((await verifyFolder(rotated)).damage, undefined)
  await remove(places)
})

test("a gateway that starts and stops while the stopped log is verified is noticed", async () => {
  const places = await makePlaces()
  await (await openWriter(places)).close(dayMs)
  await using log = await openUntouched(places.folder, "known")
  assert.equal(await log.wasDisturbed(), false)
  await (await openWriter(places)).close(dayMs)
  assert.equal(await log.wasDisturbed(), true)
  await remove(places)
})

test("a copy of the checkpoints that is torn anywhere in its last note is taken without it, which is said", async () => {
  const places = await makePlaces()
  for (const calls of [3, 4]) {
    const writer = await openWriter(places)
    await recordCalls(writer, calls)
    await writer.close(dayMs)
  }
  const file = readFileSync(join(places.folder, "checkpoints"), "utf8")
  const last = splitNotes(file).notes.at(-1) ?? ""
  const [begin, end] = [file.length - last.length - 1, file.length - 2]
  for (let length = begin; length <= file.length; length += 1) {
    const { damage, cannotExclude } = await verifyFolder({ ...places, checkpoints: `\n${file.slice(0, length)}` })
    assert.equal(damage, undefined, `${length} of ${file.length}`)
    const isTorn = length > begin && length < end
    assert.equal(cannotExclude.join(" ").includes("is torn"), isTorn, `${length} of ${file.length}`)
  }
  const torn = file.replace(/=\n/, "\n")
  assert.equal((await verifyFolder({ ...places, checkpoints: torn })).ok, false)
  await remove(places)
})
