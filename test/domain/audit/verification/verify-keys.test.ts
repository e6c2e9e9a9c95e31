import assert from "node:assert/strict"
import { test } from "node:test"
import { readKeyHistory } from "../../../../src/domain/audit/key-history.ts"
import {
  appendCalls,
  beginStream,
  checkpoint,
  closeStream,
  current,
  newLog,
  rotate,
  signNote,
  smallLog,
  verify,
  writeStream,
  type Log,
} from "../log-kit.ts"

/** Its key was changed in the middle of each of two streams. */
function rotatedLog(): { log: Log; vkeys: readonly string[] } {
  const log = newLog()
  for (let stream = 0; stream < 2; stream += 1) {
    writeStream(log, 14)
    rotate(log)
    appendCalls(log, 5)
    closeStream(log)
  }
  return { log, vkeys: readKeyHistory(log.keys).map(({ vkey }) => vkey) }
}

test("a log whose key was changed verifies by each of its keys", () => {
  const { log, vkeys } = rotatedLog()
  assert.equal(vkeys.length, 3)
  for (const vkey of [undefined, ...vkeys]) {
    const { damage, cannotExclude } = verify(log, vkey === undefined ? {} : { vkey })
    assert.equal(damage, undefined)
    assert.equal(
      cannotExclude.some((sentence) => sentence.includes("found beside the log")),
      vkey === undefined,
    )
  }
})

test("a key that was replaced does not sign any more", () => {
  const { log } = rotatedLog()
  const old = log.signer
  beginStream(log)
  rotate(log)
  appendCalls(log, 3)
  const newer = log.signer
  log.signer = old
  current(log).notes.push(signNote(log, current(log), { size: 5 }))
  log.signer = newer
  appendCalls(log, 3)
  checkpoint(log)
  const { damage } = verify(log)
  assert.deepEqual([damage?.kind, damage?.stream, damage?.seq], ["unknown_key", current(log).name, 5])
})

test("who trusts the newest key is not content with a log that only older ones signed", () => {
  const { log, vkeys } = rotatedLog()
  log.streams = log.streams.slice(0, 1)
  log.file = []
  assert.equal(verify(log).ok, true)
  const { damage } = verify(log, { vkey: vkeys[2] ?? "" })
  assert.equal(damage?.kind, "unknown_key")
})

test("a log is not known by the key of another", () => {
  const other = readKeyHistory(smallLog().keys)[0].vkey
  assert.equal(verify(smallLog(), { vkey: other }).damage?.kind, "unknown_key")
})

test("what cannot be excluded depends on what was brought", () => {
  const log = smallLog()
  const vkey = readKeyHistory(log.keys)[0].vkey
  const [tail, cut, ...none] = verify(log, { vkey, brought: log.file }).cannotExclude
  assert.match(tail ?? "", /^Entries 21 to 25 of stream 2026-11-21T07-59-02 /)
  assert.match(cut ?? "", /^What came after entry 20 of stream .* a checkpoint kept elsewhere covers/)
  assert.deepEqual(none, [])
  const older = verify(log, { vkey, brought: log.file.slice(0, 9) }).cannotExclude
  assert.match(older[1] ?? "", /^What came after entry 10 /)
  const without = verify(log, { vkey }).cannotExclude
  assert.match(without[1] ?? "", /^What came after entry 20 .* replaced by an older copy/)
})

test("after damage nothing is said about what follows", () => {
  const log = smallLog()
  log.streams[0]?.rows.splice(4, 1)
  const { ok, entries, cannotExclude } = verify(log)
  assert.deepEqual(
    [ok, entries, cannotExclude],
    [false, 4, ["What comes after the damage has not been looked at."]],
  )
})
