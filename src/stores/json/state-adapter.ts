/**
 * Reads and writes the state file for lowdb, whose own adapter neither syncs nor keeps others from reading. A new file
 * is on disk, whole, before it takes the place of the old one, so a crash at any moment leaves one of the two.
 */

import { randomUUID } from "node:crypto"
import { open, readdir, rename, rm, type FileHandle } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { Adapter } from "lowdb"
import { syncFolder, writeSynced } from "../../durable-file.ts"
import { GatewayError } from "../../errors.ts"
import { brokenState, readState, writeState, type State } from "./state.ts"

const maxBytes = 64 * 1024 * 1024
const temporarySuffix = ".tmp"

/** A file of which nobody can say whether it would survive a loss of power. */
export class UnsyncedState extends GatewayError {
  constructor(cause: unknown) {
    super("internal", "The state was written but may not be on disk. Restart the gateway once the disk is well.", {
      cause,
    })
  }
}

export function createStateAdapter(path: string): Adapter<State> {
  return { read: () => readFileAt(path), write: (state) => replaceFile(path, writeState(state)) }
}

/** Removes what a crash in the middle of a write has left. Only for whoever holds the lock. */
export async function removeLeftovers(path: string): Promise<void> {
  const names = await readdir(dirname(path))
  const left = names.filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith(temporarySuffix))
  await Promise.all(left.map((name) => rm(join(dirname(path), name), { force: true })))
}

async function readFileAt(path: string): Promise<State | null> {
  const file = await openToRead(path)
  if (!file) return null
  try {
    const { size } = await file.stat()
    if (size > maxBytes) throw brokenState(`it is larger than ${maxBytes} bytes`)
    return readState(await file.readFile("utf8"))
  } catch (thrown) {
    throw thrown instanceof GatewayError ? thrown : brokenState(`it cannot be read: ${codeOf(thrown)}`)
  } finally {
    await file.close()
  }
}

async function openToRead(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r")
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return undefined
    throw brokenState(`it cannot be opened: ${codeOf(thrown)}`)
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}${temporarySuffix}`
  try {
    await writeSynced(temporary, text)
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new GatewayError(
      "internal",
      "The state could not be written, so nothing was changed. Is the disk full?",
      { cause },
    )
  }
  await syncFolder(dirname(path)).catch((cause: unknown) => {
    throw new UnsyncedState(cause)
  })
}

function codeOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException | null)?.code ?? "unknown"
}
