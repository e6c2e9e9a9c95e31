/**
 * Opens the log so that nothing in its folder changes: not even the files that SQLite puts beside a database of which a
 * WAL is in use. Where it could not do without one, a copy is read instead.
 */

import { copyFile, mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { pathToFileURL } from "node:url"
import { GatewayError } from "../../../errors.ts"
import { logFile } from "../log/log-database.ts"
import { openReadOnly, prepared } from "../reading/reader-database.ts"

type Untouched = {
  /** Undefined for a log of which nothing but checkpoints is left. */
  readonly db: DatabaseSync | undefined
  /** Whether someone has begun to write meanwhile, so that what was read may not fit together. */
  readonly wasDisturbed: () => Promise<boolean>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const undisturbed = async (): Promise<boolean> => false

/** Where the log is written in this very process, beside the connection of the thread that writes it. */
export function openWritten(folder: string): Untouched {
  const db = openReadOnly(folder)
  return { db, wasDisturbed: undisturbed, [Symbol.asyncDispose]: async () => db.close() }
}

/**
 * Not for a process that writes the log: to copy a file is to close it, with which SQLite loses its locks on it.
 *
 * @param log whether there must be one, for its checkpoints are there
 * @throws GatewayError `invalid` where there is no log; what SQLite says of a file that is no database
 */
export async function openUntouched(folder: string, log: "known" | "unknown"): Promise<Untouched> {
  const file = join(folder, logFile)
  const before = await stateOf(file)
  const [base, wal, index] = await Promise.all(["", "-wal", "-shm"].map((suffix) => bytesOf(`${file}${suffix}`)))
  if (base === undefined) {
    if (log === "known") return { db: undefined, wasDisturbed: undisturbed, [Symbol.asyncDispose]: async () => {} }
    throw new GatewayError("invalid", `There is no audit log in ${folder}; name the data folder with --data.`)
  }
  if (index !== undefined && wal !== undefined) return openBeside(folder)
  return wal === undefined || wal === 0 ? openImmutable(file, before) : openCopy(file)
}

/** Nobody has it open, and all of it is in the one file. */
function openImmutable(file: string, before: string): Untouched {
  const url = pathToFileURL(file)
  url.searchParams.set("immutable", "1")
  const db = prepared(new DatabaseSync(url, { readOnly: true }))
  const wasDisturbed = async (): Promise<boolean> => (await stateOf(file)) !== before
  return { db, wasDisturbed, [Symbol.asyncDispose]: async () => db.close() }
}

/** The gateway runs, or was killed. */
async function openBeside(folder: string): Promise<Untouched> {
  try {
    return openWritten(folder)
  } catch {
    return openCopy(join(folder, logFile)) // of a folder that cannot be written
  }
}

/** What a crash or a copy left: a WAL that SQLite must index before it can be read. */
async function openCopy(file: string): Promise<Untouched> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-verify-"))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    for (const suffix of ["", "-wal"]) await copyFile(`${file}${suffix}`, join(folder, `${logFile}${suffix}`))
    const db = openReadOnly(folder)
    return { db, wasDisturbed: undisturbed, [Symbol.asyncDispose]: async () => (db.close(), remove()) }
  } catch (thrown) {
    await remove()
    throw thrown
  }
}

/** Another one where someone has written, even if all is put away again: which file each is, its size and its time. */
async function stateOf(file: string): Promise<string> {
  const found = await Promise.all(
    ["", "-wal", "-shm"].map((suffix) => stat(`${file}${suffix}`, { bigint: true }).catch(() => undefined)),
  )
  return found.map((state) => (state ? `${state.ino} ${state.size} ${state.mtimeNs}` : "-")).join(", ")
}

async function bytesOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}
