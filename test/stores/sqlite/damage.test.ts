import assert from "node:assert/strict"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { bodyOf, hashOf, toText } from "../../../src/domain/audit/chain.ts"
import type { Entry } from "../../../src/domain/audit/entry.ts"
import {
  atEach,
  checkpointIn,
  checkpoints,
  first,
  found,
  last,
  place,
  positions,
  pristine,
  publicKey,
  second,
  verdictOf,
  type Damage,
  type Position,
  type Shape,
} from "./damage-kit.ts"

test("there are ten thousand entries, some of them beyond the last checkpoint, and the log is whole", async () => {
  assert.ok(first.size + second.size + last.size >= 10_000)
  assert.ok(last.covered < last.size)
  const { ok, entries, streams, cannotExclude } = await verdictOf(() => {}, { publicKey, checkpoints })
  assert.deepEqual([ok, entries, streams], [true, first.size + second.size + last.size, 3])
  assert.ok(cannotExclude.some((sentence) => sentence.includes(`Entries ${last.covered + 1} to ${last.size}`)))
})

test("TAM-01 a change in any column of an entry is found at that entry, wherever it stands", async () => {
  const changes: readonly (readonly [string, string])[] = [
    ["body = replace(body, '\"kind\":', '\"kinD\":')", "altered"],
    ["body = body || ' '", "altered"],
    ["hash = CAST(x'00' || substr(hash, 2) AS BLOB)", "altered"],
    ["id = id + 1000000", "altered_index"],
  ]
  for (const [change, kind] of changes) {
    for (const at of positions) {
      const expected = `${kind} ${at.stream} ${at.seq}`
      const damage = atEach(`UPDATE entries SET ${change} ${place}`)(at)
      assert.equal(await found(damage), expected, `${change} ${at.name}`)
    }
  }
})

/** Those that the gateway had indexed: what is newer is found by its body. */
const indexed = positions.filter(({ stream, seq }) => isIndexed(stream, seq))

function isIndexed(stream: number, seq: number): boolean {
  using db = new DatabaseSync(join(pristine.folder, "log.db"), { readOnly: true })
  return (
    db.prepare(`SELECT 1 FROM found_by WHERE id = (SELECT id FROM entries ${place})`).get(stream, seq) !==
    undefined
  )
}

test("a change in what an entry is found by is found at that entry, wherever it stands", async () => {
  const changes = [
    "id = id + 1000000",
    "time = time + 1",
    "kind = 'list'",
    "call = 'other'",
    "principal = 'someone'",
    "service = 'other'",
    "target = 'other'",
    "outcome = 'timeout'",
  ]
  assert.ok(indexed.length >= 3)
  for (const change of changes) {
    for (const at of indexed) {
      const damage = atEach(`UPDATE found_by SET ${change} WHERE id = (SELECT id FROM entries ${place})`)(at)
      assert.equal(await found(damage), `altered_index ${at.stream} ${at.seq}`, `${change} ${at.name}`)
    }
  }
})

test("what an entry is found by is missed where it is gone, and strange where there is no entry", async () => {
  for (const at of indexed.slice(0, 3)) {
    const drop = atEach(`DELETE FROM found_by WHERE id = (SELECT id FROM entries ${place})`)(at)
    assert.equal(await found(drop), `altered_index ${at.stream} ${at.seq}`, at.name)
  }
  const add: Damage = (db) => db.exec("INSERT INTO found_by (id, time, kind) VALUES (-1, 1, 'end')")
  assert.equal(await found(add), "altered_index  0")
  const hide: Damage = (db) => db.exec("INSERT INTO found_by (id, time, kind) VALUES (1000000, 1, 'end')")
  assert.match(await found(hide), /^altered_index /)
})

test("a body that was changed together with its hash breaks the chain, or a root that was signed", async () => {
  const forge =
    ({ stream, seq }: Position): Damage =>
    (db) => {
      const row = db.prepare(`SELECT body FROM entries ${place}`).get(stream, seq)
      const entry = JSON.parse(String(row?.["body"])) as Entry
      const body = bodyOf({ ...entry, rule: "forged" })
      db.prepare(`UPDATE entries SET body = ?, hash = ? ${place}`).run(body, hashOf(body), stream, seq)
    }
  const expected = [
    "rewritten 1 1",
    "broken_chain 2 2346",
    `rewritten 2 ${positions[2]?.seq}`,
    `broken_chain 3 ${last.covered + 2}`,
    "ok",
  ]
  for (const [index, at] of positions.entries()) {
    const kinds = await found(forge(at))
    if (index === 2) assert.match(kinds, /^rewritten 2 \d+$/)
    else assert.equal(kinds, expected[index], at.name)
  }
})

test("an entry that was deleted is missed, unless nothing after it was signed", async () => {
  for (const at of positions.slice(0, -1)) {
    const expected = `missing ${at.stream} ${at.seq}`
    assert.equal(await found(atEach(`DELETE FROM entries ${place}`)(at)), expected, at.name)
  }
  const end = positions[4] as Position
  assert.equal(await found(atEach(`DELETE FROM entries ${place}`)(end)), `altered_copy 3 ${last.size}`)
  const { ok, cannotExclude } = await verdictOf((db) => {
    for (const table of ["entries", "copies"]) atEach(`DELETE FROM ${table} ${place}`)(end)(db)
  })
  assert.equal(ok, true)
  assert.match(cannotExclude.join(" "), new RegExp(`after entry ${last.covered} of stream ${last.name}`))
})

test("a range, a beginning and an end that were cut out are missed", async () => {
  const remove =
    (stream: number, from: number, to: number): Damage =>
    (db) => {
      db.prepare("DELETE FROM entries WHERE stream = ? AND seq BETWEEN ? AND ?").run(stream, from, to)
    }
  assert.equal(await found(remove(2, 100, 900)), "missing 2 100")
  assert.equal(await found(remove(1, 1, 500)), "missing 1 1")
  assert.equal(await found(remove(2, second.size - 5, second.size)), `truncated 2 ${second.size - 5}`)
  assert.equal(await found(remove(3, last.covered - 5, last.size)), `truncated 3 ${last.covered - 5}`)
})

test("a beginning that was cut off with the marks of retention is not taken for retention", async () => {
  const size = checkpointIn(first)
  const cut: Damage = (db) => {
    const head = db.prepare(`SELECT hash FROM entries ${place}`).get(1, size)?.["hash"] as Uint8Array
    const frontier = "(SELECT frontier FROM checkpoints WHERE stream = 1 AND size = ?)"
    db.prepare("DELETE FROM entries WHERE stream = 1 AND seq <= ?").run(size)
    db.prepare("DELETE FROM copies WHERE stream = 1 AND seq <= ?").run(size)
    db.prepare(`UPDATE streams SET base_size = ?, base_head = ?, base_frontier = ${frontier} WHERE id = 1`).run(
      size,
      toText(Buffer.from(head)),
      size,
    )
  }
  assert.equal(await found(cut), "missing 1 1")
})

test("entries that changed places, came twice or came from elsewhere are found", async () => {
  const swap =
    ({ stream, seq }: Position): Damage =>
    (db) => {
      const move = db.prepare(`UPDATE entries SET seq = ? ${place}`)
      for (const [from, to] of [
        [seq, -1],
        [seq - 1, seq],
        [-1, seq - 1],
      ] as const)
        move.run(to, stream, from)
    }
  for (const at of positions.slice(1)) {
    assert.equal(await found(swap(at)), `misplaced ${at.stream} ${at.seq - 1}`, at.name)
  }
  const columns = "hash, body"
  const copy =
    (stream: number, size: number): Damage =>
    (db) => {
      const from = `SELECT ?, ?, ${columns} FROM entries ${place}`
      db.prepare(`INSERT INTO entries (stream, seq, ${columns}) ${from}`).run(stream, size + 1, 2, 77)
    }
  assert.equal(await found(copy(first.id, first.size)), `misplaced 1 ${first.size + 1}`)
  assert.equal(await found(copy(last.id, last.size)), `misplaced 3 ${last.size + 1}`)
  const moved: Damage = (db) =>
    void db.prepare(`UPDATE entries SET stream = 1, seq = ? ${place}`).run(first.size + 1, 3, 10)
  assert.equal(await found(moved), `misplaced 1 ${first.size + 1}`)
  const lost: Damage = (db) => void db.prepare(`UPDATE entries SET stream = 9 ${place}`).run(3, last.size)
  assert.equal(await found(lost), "missing_stream #9 " + last.size)
})

/** One more, chained as it should be. */
function append(db: DatabaseSync, { id, name, size }: Shape): void {
  const head = db.prepare(`SELECT hash FROM entries ${place}`).get(id, size)?.["hash"] as Uint8Array
  const previous = toText(Buffer.from(head))
  const body = bodyOf({ kind: "session", timeMs: 1, stream: name, seq: size + 1, previous })
  const insert = "INSERT INTO entries (stream, seq, hash, body) VALUES (?, ?, ?, ?)"
  db.prepare(insert).run(id, size + 1, hashOf(body), body)
}

test("an entry that was added to a stream that is over is forged; beyond the last checkpoint that is told", async () => {
  assert.match(await found((db) => append(db, first)), /^(forged 1|altered_index 1) /)
  const { ok, cannotExclude } = await verdictOf((db) => append(db, last))
  assert.equal(ok, true)
  assert.ok(cannotExclude.some((sentence) => sentence.includes(`Entries ${last.covered + 1} to ${last.size + 1}`)))
})

/** With a new chain from there on, as far as no key is needed for it. */
function rechain(db: DatabaseSync, stream: number, from: number): void {
  const rows = db
    .prepare("SELECT seq, body FROM entries WHERE stream = ? AND seq >= ? ORDER BY seq")
    .all(stream, from)
  let previous = JSON.parse(String(rows[0]?.["body"])).previous as string
  const update = db.prepare(`UPDATE entries SET body = ?, hash = ? ${place}`)
  db.prepare(
    "UPDATE found_by SET principal = 'eve' WHERE id IN (SELECT id FROM entries WHERE stream = ? AND seq >= ?)",
  ).run(stream, from)
  db.exec("BEGIN")
  for (const { seq, body } of rows) {
    const changed = bodyOf({ ...(JSON.parse(String(body)) as Entry), principal: "eve", previous })
    previous = toText(hashOf(changed))
    update.run(changed, hashOf(changed), stream, Number(seq))
  }
  db.exec("COMMIT")
}

test("a chain that was calculated anew does not fit what was signed", async () => {
  assert.equal(await found((db) => rechain(db, 1, 2)), "rewritten 1 2")
  assert.match(await found((db) => rechain(db, 2, 2_345)), /^rewritten 2 \d+$/)
})
