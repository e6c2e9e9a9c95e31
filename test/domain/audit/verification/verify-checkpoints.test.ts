import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import { writeRetention } from "../../../../src/domain/audit/retention-note.ts"
import { signerOf } from "../../../../src/domain/audit/signed-note.ts"
import { found, isLater, remove, stream, withoutFile } from "../damage-kit.ts"
import {
  append,
  checkpoint,
  current,
  drop,
  rechain,
  recordRetention,
  rotate,
  signNote,
  smallLog,
  verify,
  type Log,
  type Stream,
} from "../log-kit.ts"

test("a checkpoint that was changed is found, wherever it is kept", () => {
  const change = (from: string | RegExp, to: string) => (log: Log) => {
    const note = stream(log, 1).notes[1]
    assert.ok(note)
    note.note = note.note.replace(from, to)
  }
  for (const [from, to] of [
    ["\n20\n", "\n21\n"],
    ["time 5", "time 6"],
    ["\n\n", "\nfinal\n\n"],
    [/— .*\n/, ""],
    [/^.*$/s, ""],
  ] as const) {
    assert.equal(found(change(from, to)), "altered_checkpoint 1/20", String(from))
  }
  const inFile = (log: Log): void => {
    log.file[5] = log.file[5]?.replace("time 5", "time 6") ?? ""
  }
  assert.equal(found(inFile), "altered_checkpoint 1/20")
  assert.equal(
    found((log) => log.file.splice(5, 1, "nothing")),
    "altered_checkpoint -1/0",
  )
})

test("a text that is signed and is no checkpoint is not taken for one", () => {
  const other = (log: Log): void => {
    Object.assign(stream(log, 1).notes[1] ?? {}, { note: log.signer.sign("mcp-meta key rotation\n") })
  }
  assert.equal(found(withoutFile(other)), "altered_checkpoint 1/20")
})

test("checkpoints that stand in each other's place are found", () => {
  const swapped = (log: Log): void => {
    const [one, two] = [stream(log, 0).notes[1], stream(log, 1).notes[1]]
    assert.ok(one && two)
    ;[one.note, two.note] = [two.note, one.note]
  }
  assert.equal(found(swapped), "altered_checkpoint 0/20")
  const resized = (log: Log): void => {
    Object.assign(stream(log, 0).notes[1] ?? {}, { size: 21 })
  }
  assert.equal(found(resized), "missing_checkpoint 0/20")
  assert.equal(found(withoutFile(resized)), "altered_checkpoint 0/21")
})

test("a checkpoint that was taken away is missed by the next, by the next stream, or by the file", () => {
  const without = (order: number, index: number) => (log: Log) => stream(log, order).notes.splice(index, 1)
  assert.equal(found(without(1, 1)), "missing_checkpoint 1/20")
  assert.equal(found(withoutFile(without(1, 1))), "missing_checkpoint 1/11")
  assert.equal(found(withoutFile(without(0, 0))), "missing_checkpoint 0/1")
  assert.equal(found(withoutFile(without(1, 3))), "missing_checkpoint 1/31")
  assert.equal(found(without(2, 1)), "missing_checkpoint 2/20")
  assert.equal(found(withoutFile(without(2, 1))), "ok")
  const all = (log: Log): void => log.streams.forEach((stream) => stream.notes.splice(0))
  assert.equal(found(withoutFile(all)), "missing_checkpoint 0/1")
})

test("a checkpoint by a key that is not the log's is found", () => {
  const stranger = signerOf("mcp-meta-0123456789ab", generateKeyPairSync("ed25519").privateKey)
  const signedAnew = (log: Log): void => {
    const note = stream(log, 1).notes[2]
    assert.ok(note)
    note.note = stranger.sign(`${note.note.split("\n\n")[0]}\n`)
  }
  assert.equal(found(signedAnew), "unknown_key 1/30")
  assert.equal(
    found(() => {}, { vkey: stranger.vkey }),
    "unknown_key 0/10",
  )
})

test("a log that its own key has signed anew is only known by a checkpoint kept elsewhere", () => {
  const brought = { notes: [] as string[] }
  const anew = (log: Log): void => {
    brought.notes = [...log.file]
    rechain(stream(log, 2), 15, isLater)
    const last = stream(log, 2)
    last.notes = last.notes.slice(0, 1)
    last.notes.push(signNote(log, last, { size: 20 }))
    log.file = log.streams.flatMap(({ notes }) => notes.map(({ note }) => note))
  }
  assert.equal(found(anew), "ok")
  const log = smallLog()
  anew(log)
  const { damage } = verify(log, { brought: brought.notes })
  assert.deepEqual([damage?.kind, damage?.stream, damage?.seq], ["rewritten", current(log).name, 11])
})

test("a log put back to an older state of itself is only known by a checkpoint kept elsewhere", () => {
  const log = smallLog()
  const brought = [...log.file]
  remove(log, 2, (seq) => seq > 10)
  stream(log, 2).notes.splice(1)
  log.file.pop()
  assert.equal(verify(log).ok, true)
  const { damage } = verify(log, { brought })
  assert.deepEqual([damage?.kind, damage?.stream, damage?.seq], ["truncated", current(log).name, 11])
})

test("a prefix that only looks like retention is missing", () => {
  const cut = (size: number, order: number) => (log: Log) => drop(log, { stream: order, size })
  assert.equal(found(cut(20, 0)), "missing 0/1")
  assert.equal(found(cut(40, 0)), "missing 0/1")
  assert.equal(found(cut(17, 0)), "missing 0/1")
  const tooFar = (log: Log): void => {
    recordRetention(log, { stream: 0, size: 20 })
    checkpoint(log)
    drop(log, { stream: 0, size: 30 })
  }
  assert.equal(found(tooFar), "missing 0/21")
})

test("a base that is not what its checkpoint was signed over is found", () => {
  const retained = (change: (base: Stream["base"]) => void) => (log: Log) => {
    recordRetention(log, { stream: 1, size: 20 })
    drop(log, { stream: 1, size: 20 })
    change(stream(log, 1).base)
  }
  assert.equal(found(retained(() => {})), "ok")
  assert.equal(
    found(retained((base) => (base.frontier = Buffer.alloc(base.frontier.length)))),
    "altered_checkpoint 1/20",
  )
  assert.equal(found(retained((base) => (base.frontier = Buffer.alloc(5)))), "altered_checkpoint 1/20")
  assert.equal(found(retained((base) => (base.head = "x"))), "altered_checkpoint 1/20")
  const unproven = (log: Log): void => {
    retained(() => {})(log)
    stream(log, 1).notes.splice(1, 1)
  }
  assert.equal(found(withoutFile(unproven)), "missing 1/1")
  assert.equal(found(unproven), "missing_checkpoint 1/20")
})

test("an entry that calls a cut retention is not believed without a note that the log has signed", () => {
  const stranger = signerOf("mcp-meta-0123456789ab", generateKeyPairSync("ed25519").privateKey)
  const forged = (note: (text: string, log: Log) => string) => (log: Log) => {
    const lastStream = stream(log, 1).name
    const text = writeRetention({ stream: lastStream, size: 20, timeMs: 4_000 })
    append(log, { kind: "retention", timeMs: 4_000, detail: { lastStream, lastSeq: 20, note: note(text, log) } })
    checkpoint(log)
    drop(log, { stream: 1, size: 20 })
  }
  assert.equal(found(forged((text, log) => log.signer.sign(text))), "ok")
  assert.equal(found(forged((text) => stranger.sign(text))), "missing 0/1")
  assert.equal(found(forged((text) => text)), "missing 0/1")
  assert.equal(found(forged((text, log) => log.signer.sign(text.replace("\n20\n", "\n10\n")))), "missing 1/11")
  assert.equal(found(forged((text, log) => log.signer.sign(text.replace("retention", "other")))), "missing 0/1")
  const replaced = (log: Log): void => {
    const old = log.signer
    rotate(log)
    forged((text) => old.sign(text))(log)
  }
  assert.equal(found(replaced), "missing 0/1")
})
