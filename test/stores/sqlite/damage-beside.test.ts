import assert from "node:assert/strict"
import { generateKeyPairSync, hash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { fileNote, splitNotes } from "../../../src/domain/audit/checkpoint.ts"
import { signerOf } from "../../../src/domain/audit/signed-note.ts"
import {
  atEach,
  checkpointIn,
  checkpoints,
  damaged,
  first,
  found,
  last,
  place,
  positions,
  publicKey,
  second,
  verdictOf,
  yesterday,
  type Damage,
} from "./damage-kit.ts"

test("a checkpoint that was edited, dropped or moved is found", async () => {
  const size = checkpointIn(second)
  const at = "WHERE stream = 2 AND size = ?"
  const update =
    (change: string): Damage =>
    (db) =>
      assert.equal(db.prepare(`UPDATE checkpoints SET ${change} ${at}`).run(size).changes, 1)
  for (const change of [
    "note = replace(note, 'time ', 'time 1')",
    "note = replace(note, 'head ', 'head A')",
    "note = substr(note, 1, length(note) - 9) || 'AAAAAAA=' || char(10)",
    "time = time + 1",
    "frontier = CAST(x'00' || substr(frontier, 2) AS BLOB)",
    "open = '[1]'",
  ]) {
    assert.equal(await found(update(change)), `altered_checkpoint 2 ${size}`, change)
  }
  assert.match(await found(update("size = size + 1")), /^(altered|missing)_checkpoint 2 /)
  assert.match(await found(update("stream = 1, size = size + 3")), /^(altered_checkpoint|misplaced) 1 /)
  assert.match(await found(update("stream = 9")), /^missing_checkpoint 2 /)
  const drop =
    (where: string): Damage =>
    (db) =>
      db.exec(`DELETE FROM checkpoints WHERE ${where}`)
  assert.match(await found(drop(`stream = 2 AND size = ${size}`)), /^missing_checkpoint 2 /)
  assert.match(await found(drop(`stream = 1 AND size = ${first.size}`)), /^missing_checkpoint /)
  assert.match(await found(drop(`stream = 3 AND size = ${last.covered}`)), /^missing_checkpoint 3 /)
  assert.match(await found(drop("TRUE")), /^missing_checkpoint 1 /)
})

test("a redacted copy that was edited, moved or swapped is found, and one that is gone and was not erased", async () => {
  const copies = "UPDATE copies SET"
  for (const at of positions.slice(1)) {
    const change = atEach(`${copies} body = body || ' ' ${place}`)(at)
    assert.equal(await found(change), `altered_copy ${at.stream} ${at.seq}`, at.name)
  }
  assert.equal(
    await found((db) => db.exec(`${copies} seq = 999999 WHERE stream = 2 AND seq = 9`)),
    "altered_copy 2 999999",
  )
  assert.equal(
    await found((db) => db.exec(`${copies} stream = 9 WHERE stream = 3 AND seq = 9`)),
    "altered_copy #9 9",
  )
  assert.equal(await found((db) => db.exec("DELETE FROM copies WHERE stream = 2 AND seq > 8")), "altered_copy 2 9")
})

test("a stream that was renamed, given a base or taken out is found", async () => {
  const found1 = (sql: string): Promise<string> => found((db) => db.exec(sql))
  assert.match(await found1("UPDATE streams SET name = 'other' WHERE id = 2"), /^misplaced other 1$/)
  assert.match(await found1("UPDATE streams SET base_size = 5 WHERE id = 2"), /^altered_checkpoint 2 /)
  assert.match(await found1("UPDATE streams SET base_head = 'x' WHERE id = 2"), /^altered_checkpoint 2 /)
  assert.match(await found1("UPDATE streams SET base_frontier = x'00' WHERE id = 2"), /^altered_checkpoint 2 /)
  assert.match(
    await found1("UPDATE streams SET id = 9 WHERE id = 2"),
    /^(missing|missing_stream|broken_chain|truncated) /,
  )
  for (const id of [1, 2, 3]) {
    const tables = [`entries WHERE stream`, "copies WHERE stream", "checkpoints WHERE stream", "streams WHERE id"]
    const gone = (db: DatabaseSync): void => tables.forEach((rows) => db.exec(`DELETE FROM ${rows} = ${id}`))
    assert.match(await found(gone), id === 1 ? /^missing_/ : /^missing_(stream|checkpoint) /, String(id))
  }
})

test("yesterday's database beside today's checkpoints is too short; without them only those kept elsewhere tell", async () => {
  const restore = (file: string): void =>
    writeFileSync(join(damaged.data, file), readFileSync(join(yesterday.data, file)))
  const older: Damage = () => restore("audit/log.db")
  assert.equal(await found(older), `missing_stream 3 1`)
  const both: Damage = () => (restore("audit/log.db"), restore("audit/checkpoints"))
  const { ok, cannotExclude } = await verdictOf(both)
  assert.equal(ok, true)
  assert.match(cannotExclude.join(" "), /the whole log replaced by an older copy of itself/)
  assert.equal(await found(both, { checkpoints }), "missing_stream 3 1")
  const { damage } = await verdictOf(both, { checkpoints })
  assert.match(damage?.message ?? "", /cut off, or the export or copy is older than that checkpoint/)
})

test("a log that was signed anew is whole only for who takes the key that lies beside it", async () => {
  const { privateKey } = generateKeyPairSync("ed25519")
  const resign: Damage = (db) => {
    const rows = db.prepare("SELECT stream, size, note FROM checkpoints ORDER BY stream, size").all()
    const signer = signerOf(publicKey.split("+")[0] ?? "", privateKey)
    let previous = "-"
    const notes = rows.map(({ stream, size, note }) => {
      const text = String(note).slice(0, String(note).lastIndexOf("\n\n") + 1)
      const signed = signer.sign(text.replace(/^previous .*$/m, `previous ${previous}`))
      previous = hash("sha256", signed, "base64url")
      db.prepare("UPDATE checkpoints SET note = ? WHERE stream = ? AND size = ?").run(
        signed,
        Number(stream),
        Number(size),
      )
      return fileNote(signed)
    })
    writeFileSync(join(damaged.folder, "checkpoints"), notes.join(""))
    writeFileSync(join(damaged.keysFolder, "audit.pub"), `${signer.vkey}\n`)
  }
  const { ok, cannotExclude } = await verdictOf(resign)
  assert.equal(ok, true)
  assert.match(cannotExclude.join(" "), /The public key was found beside the log/)
  assert.match(await found(resign, { publicKey }), /^unknown_key 1 /)
  assert.match(await found(resign, { checkpoints }), /^(unknown_key|missing_checkpoint|rewritten) 1 /)
  const swapped: Damage = () =>
    writeFileSync(join(damaged.keysFolder, "audit.pub"), `${signerOf("other", privateKey).vkey}\n`)
  assert.match(await found(swapped), /^unknown_key 1 /)
  assert.match(await found(() => writeFileSync(join(damaged.keysFolder, "audit.pub"), "x")), /^unknown_key /)
})

test("the file of checkpoints is compared with the log; a torn end of it is no damage", async () => {
  const edit =
    (change: (text: string) => string): Damage =>
    () =>
      writeFileSync(join(damaged.folder, "checkpoints"), change(checkpoints))
  assert.equal(await found(edit((text) => text.slice(0, -20))), "ok")
  assert.equal(await found(edit(() => "")), "ok")
  assert.match(
    await found(edit((text) => text.replace("time ", "time 1"))),
    /^(altered_checkpoint|unknown_key) 1 /,
  )
  assert.ok(splitNotes(checkpoints).notes.length > 10)
})

test("a file that is no database, or one that is broken in the middle, is damage and no crash", async () => {
  const file = join(damaged.folder, "log.db")
  const overwrite =
    (from: number, to: number): Damage =>
    (db) => {
      db.close()
      const bytes = readFileSync(file)
      writeFileSync(file, bytes.fill(0x5a, from, Math.min(to, bytes.length)))
    }
  const open =
    (damage: Damage): Damage =>
    (db) => {
      damage(db)
      Object.defineProperty(db, "close", { value: () => {} })
    }
  assert.match(await found(open(overwrite(0, 5_000))), /^unreadable /)
  assert.notEqual(await found(open(overwrite(2_000_000, 2_400_000))), "ok")
  assert.match(await found(open((db) => (db.close(), writeFileSync(file, "no database at all")))), /^unreadable /)
  assert.match(await found((db) => db.exec("DROP TABLE checkpoints")), /^unreadable /)
})

/** Rebuilds an index with fewer rows, under the words of the whole one. */
function hide(db: DatabaseSync, name: string, rows: string): void {
  const words = db.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").get(name)?.["sql"] as string
  db.exec(`DROP INDEX ${name}; ${words.split(" WHERE ")[0]} WHERE ${rows}; PRAGMA writable_schema = ON`)
  db.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = ?").run(words, name)
}

test("tables, indexes and triggers that are not the log's own are found, and so is an index that hides rows", async () => {
  const changes: readonly (readonly [string, RegExp])[] = [
    ["DROP INDEX entries_principal", /index entries_principal .* is gone/],
    ["CREATE INDEX other ON entries (body)", /index other .* was added/],
    ["DROP INDEX entries_time; CREATE INDEX entries_time ON found_by (time DESC)", /entries_time .* was changed/],
    ["CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM usage_sums; END", /trigger t .* was added/],
    ["CREATE VIEW v AS SELECT 1", /view v .* was added/],
  ]
  const hidden: Damage = (db) => {
    db.enableDefensive(false)
    hide(db, "entries_principal", "principal <> 'p1'")
  }
  const damages = changes.map(([sql, said]) => [(db: DatabaseSync) => db.exec(sql), said] as const)
  for (const [damage, said] of [...damages, [hidden, /entries_principal/] as const]) {
    const { damage: what } = await verdictOf(damage)
    assert.deepEqual([what?.kind, what?.stream, what?.seq], ["altered_index", "", 0])
    assert.match(what?.message ?? "", said)
  }
})

test("the ids of a whole stream cannot be moved", async () => {
  const move =
    (by: number, stream: number): Damage =>
    (db) =>
      db.exec(`CREATE TABLE moved AS SELECT id FROM entries WHERE stream = ${stream};
        UPDATE found_by SET id = -1000000 - id WHERE id IN (SELECT id FROM moved);
        UPDATE found_by SET id = -1000000 - id + ${by} WHERE id < -1000000;
        DROP TABLE moved;
        UPDATE entries SET id = -1000000 - id WHERE stream = ${stream};
        UPDATE entries SET id = -1000000 - id + ${by} WHERE stream = ${stream};
        UPDATE checkpoints SET open = (SELECT json_group_array(value + ${by}) FROM json_each(open))
          WHERE stream = ${stream}`)
  assert.equal(await found(move(100_000, 3)), "altered_index 3 1")
  assert.equal(await found(move(-100_000, 1)), "altered_index 1 1")
})

test("what is no part of the proof is said", async () => {
  const { ok, cannotExclude } = await verdictOf((db) => db.exec("UPDATE usage_sums SET calls = 0"))
  assert.equal(ok, true)
  assert.match(cannotExclude.join(" "), /Usage figures are no part of the proof/)
})
