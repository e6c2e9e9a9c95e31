import assert from "node:assert/strict"
import { hash } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import {
  fileNote,
  noPrevious,
  noteDigest,
  readCheckpoint,
  splitNotes,
  writeCheckpoint,
  type Checkpoint,
} from "../../../src/domain/audit/checkpoint.ts"
import { GatewayError } from "../../../src/errors.ts"

const root = Buffer.alloc(32, 7)
const head = Buffer.alloc(32, 9).toString("base64url")
const first: Checkpoint = {
  log: "mcp-meta-0123456789ab",
  stream: "2026-11-21/x",
  size: 12,
  root,
  head,
  timeMs: 1_700_000_000_000,
  previous: noPrevious,
  final: false,
}

test("a checkpoint has the lines of a tlog-checkpoint and then ours", () => {
  const text = [
    "mcp-meta-0123456789ab/2026-11-21/x",
    "12",
    "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
    "head CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk",
    "time 1700000000000",
    "previous -",
    "",
  ]
  assert.equal(writeCheckpoint(first), text.join("\n"))
  assert.equal(writeCheckpoint({ ...first, final: true }), [...text.slice(0, -1), "final", ""].join("\n"))
})

test("what is written is read again", () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
  const digest = bytes.map((bytes) => bytes.toString("base64url"))
  const members = {
    log: fc.constant("mcp-meta-0123456789ab"),
    stream: fc.stringMatching(/^[\w/.:-]{1,40}$/),
    size: fc.nat(Number.MAX_SAFE_INTEGER),
    root: bytes,
    head: digest,
    timeMs: fc.nat(Number.MAX_SAFE_INTEGER),
    previous: fc.oneof(digest, fc.constant(noPrevious)),
    final: fc.boolean(),
  }
  const checkpoints = fc.record(members, { noNullPrototype: true })
  fc.assert(
    fc.property(checkpoints, (checkpoint) => {
      assert.deepEqual(readCheckpoint(writeCheckpoint(checkpoint)), checkpoint)
    }),
  )
})

test("a text that is nearly a checkpoint is refused", () => {
  const text = writeCheckpoint(first)
  const changes = [
    ["\n12\n", "\n012\n"],
    ["\n12\n", "\n-1\n"],
    ["\n12\n", "\n12.0\n"],
    ["\n12\n", "\n9999999999999999\n"],
    ["previous -", "previous x"],
    ["head C", "head =C"],
    ["time 1", "time x1"],
    ["c=\n", "c\n"],
    ["/2026-11-21/x", ""],
    ["head", "Head"],
  ] as const
  const changed = changes.map(([from, to]) => text.replace(from, to))
  const wrong = ["", "\n", text.trimEnd(), `${text}\n`, ` ${text}`, `${text}final`, `${text}extra 1\n`, ...changed]
  for (const form of wrong) {
    assert.throws(
      () => readCheckpoint(form),
      (thrown) => thrown instanceof GatewayError && thrown.code === "invalid",
      form,
    )
  }
})

test("a note is named by the digest of all of it", () => {
  assert.equal(noteDigest("a\n"), hash("sha256", "a\n", "base64url"))
})

test("a file of notes gives them back, however its last one was torn", () => {
  const notes = ["a\nb\n\n— x AAAA\n", "c\n\n— x AAAA\n— y BBBB\n", "d\n\n— x CCCC\n"]
  const file = notes.map(fileNote).join("")
  assert.deepEqual(splitNotes(file), { notes, torn: false })
  assert.deepEqual(splitNotes(""), { notes: [], torn: false })
  const ends = notes.map(
    (_, index) =>
      notes
        .slice(0, index + 1)
        .map(fileNote)
        .join("").length,
  )
  for (let length = 1; length < file.length; length += 1) {
    const whole = ends.filter((end) => end <= length)
    const expected = { notes: notes.slice(0, whole.length), torn: whole.at(-1) !== length }
    assert.deepEqual(splitNotes(file.slice(0, length)), expected, String(length))
  }
})
