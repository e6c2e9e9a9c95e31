/** STO-06 and LIF-05: what can be wrong with the audit log at a start. */

import { join } from "node:path"
import { root, start } from "../../support/process.ts"
import type { Damage } from "./damage.ts"
import { harm, together } from "./harm.ts"

const log = "data/audit/log.db"
const wal = `${log}-wal`
const notes = "data/audit/checkpoints"
const damaged = /audit\/log\.db in the data folder is damaged; restore it from a backup/
const lost = /audit\/log\.db in the data folder is missing or empty.*Restore it/
const another = /audit\/log\.db in the data folder is a database of something else/
const version = /audit\/log\.db in the data folder has the format \d.*Run the version that wrote it/

const refused: readonly Damage[] = [
  { what: "log.db is gone", harm: harm.remove(log), refused: lost },
  { what: "log.db is empty", harm: harm.empty(log), refused: lost },
  { what: "log.db is no database", harm: harm.write(log, "no database ".repeat(1_000)), refused: damaged },
  { what: "log.db is a database of something else", harm: replaceByAnother, refused: another },
  { what: "log.db is of a later version", harm: harm.sql(log, "PRAGMA user_version = 9"), refused: version },
  { what: "log.db is of an earlier version", harm: harm.sql(log, "PRAGMA user_version = 0"), refused: version },
  { what: "log.db has noise in its header", harm: harm.noiseAt(log, 0, 100), refused: damaged },
  { what: "log.db is cut in the middle", harm: harm.cut(log, 0.5), refused: damaged },
  { what: "log.db is cut within a page", harm: harm.cut(log, 0.333), refused: damaged },
  { what: "the page of the entries is noise", harm: harm.rootOf(log, "entries"), refused: damaged },
  { what: "the page of the streams is noise", harm: harm.rootOf(log, "streams"), refused: damaged },
  { what: "the page of the checkpoints is noise", harm: harm.rootOf(log, "checkpoints"), refused: damaged },
  { what: "the page of the usage figures is noise", harm: harm.rootOf(log, "usage_sums"), refused: damaged },
  {
    what: "log.db is a folder",
    harm: harm.folderInPlace(log),
    refused: /audit\/log\.db in the data folder cannot be opened/,
  },
  {
    what: "the file of checkpoints is a folder",
    harm: harm.folderInPlace(notes),
    refused: /a folder stands in the place/,
  },
  {
    what: "another process holds log.db",
    harm: lockLog,
    refused: /another program has locked audit\/log\.db.*; end it/,
  },
].map((damage) => ({ ...damage, file: "audit/log.db" }))

const opened: readonly Damage[] = [
  { what: "a page in the middle is noise", harm: harm.noiseAt(log, 0.5, 64), loses: "whole pages" },
  { what: "the WAL is noise", of: "killed", harm: harm.write(wal, Buffer.alloc(100_000, 0xa5)), loses: "entries" },
  { what: "the WAL has noise in the middle", of: "killed", harm: harm.noiseAt(wal, 0.5, 500), loses: "entries" },
  { what: "the WAL is cut", of: "killed", harm: harm.cut(wal, 0.7), loses: "entries" },
  { what: "the WAL is gone", of: "killed", harm: harm.remove(wal), loses: "entries" },
  { what: "the WAL is as the kill left it", of: "killed", harm: async () => {} },
  { what: "the index of the WAL is gone", of: "killed", harm: harm.remove(`${log}-shm`) },
  {
    what: "the index of the WAL is noise",
    of: "killed",
    harm: harm.write(`${log}-shm`, Buffer.alloc(32_768, 0xa5)),
  },
  { what: "a WAL of nothing beside a whole log", harm: harm.write(wal, Buffer.alloc(50_000, 0xa5)) },
  {
    what: "a journal of nothing beside a whole log",
    harm: harm.write(`${log}-journal`, Buffer.alloc(5_000, 0xa5)),
  },
  { what: "the last checkpoint is torn in the file", harm: harm.cut(notes, 0.95) },
  { what: "the file of checkpoints is gone", harm: harm.remove(notes) },
  { what: "the file of checkpoints is noise", harm: harm.write(notes, "noise ".repeat(20_000)) },
]

export const logDamages: readonly Damage[] = [...refused, ...opened]

function replaceByAnother(folder: string): Promise<void> {
  return together(harm.remove(log), harm.sql(log, "CREATE TABLE recipes (name TEXT)"))(folder)
}

async function lockLog(folder: string): Promise<() => Promise<unknown>> {
  const locker = await start({
    args: [join(root, "test/faults/audit/locker.ts"), join(folder, log)],
    ready: /^locked$/,
  })
  return () => locker.stop("SIGKILL")
}
