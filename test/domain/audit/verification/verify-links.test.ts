import assert from "node:assert/strict"
import { test } from "node:test"
import type { Entry } from "../../../../src/domain/audit/entry.ts"
import { found, remove, stream, withoutFile } from "../damage-kit.ts"
import { append, beginStream, closeStream, current, rechain, type Log } from "../log-kit.ts"

test("a stream that was cut off together with its checkpoints is known by the next one, and by the file", () => {
  const cut = (log: Log): void => {
    remove(log, 1, (seq) => seq > 20)
    stream(log, 1).notes.splice(2)
  }
  assert.equal(found(cut), "truncated 1/21")
  const cutBoth = (log: Log): void => {
    cut(log)
    log.file.splice(6, 2)
  }
  assert.equal(found(cutBoth), "truncated 1/21")
})

test("a stream taken away is named by the one after it, or by the file when it was the last", () => {
  assert.equal(
    found((log) => log.streams.splice(0, 1)),
    "missing_stream 0/1",
  )
  assert.equal(
    found((log) => log.streams.splice(1, 1)),
    "missing_stream 1/1",
  )
  assert.equal(
    found((log) => log.streams.splice(2, 1)),
    "missing_stream 2/1",
  )
  const orphaned = (log: Log): void => {
    stream(log, 1).name = "another"
  }
  assert.equal(found(orphaned), "misplaced -1/1")
})

test("what comes after the end of a stream is forged", () => {
  const added = (log: Log): void => {
    const over = stream(log, 1)
    const last = log.streams.pop()
    append(log, { kind: "service", timeMs: 9_999 })
    log.streams = [stream(log, 0), over, ...(last ? [last] : [])]
  }
  assert.equal(found(added), "forged 1/41")
})

test("what is added to a log that is over is forged", () => {
  const added = (log: Log): void => {
    closeStream(log)
    append(log, { kind: "service", timeMs: 9_999 })
  }
  assert.equal(found(added), "forged 2/27")
})

test("an opening has to name the stream before it as that one is", () => {
  const says = (detail: NonNullable<Entry["detail"]>): ((log: Log) => void) =>
    withoutFile((log) => {
      closeStream(log)
      beginStream(log)
      rechain(current(log), 1, (entry) => ({ ...entry, detail: { ...entry.detail, ...detail } }))
    })
  const names = ["2026-11-21T07-59-00", "2026-11-21T07-59-99"] as const
  assert.equal(found(says({})), "ok")
  assert.equal(found(says({ previousStream: names[0] })), "broken_chain -1/1")
  assert.equal(found(says({ previousStream: "" })), "broken_chain -1/1")
  assert.equal(found(says({ previousStream: names[1] })), "missing_stream -1/1")
  assert.equal(found(says({ previousSize: 27 })), "truncated 2/27")
  assert.equal(found(says({ previousSize: 25 })), "forged 2/26")
  assert.equal(found(says({ previousHash: "x" })), "rewritten 2/26")
})
