/**
 * Reads and writes the state file for lowdb, whose own adapter neither syncs nor keeps others from reading. A new file
 * is on disk, whole, before it takes the place of the old one, so a crash at any moment leaves one of the two.
 */

import { randomUUID } from "node:crypto"
import { open, rename, rm, type FileHandle } from "node:fs/promises"
import { dirname } from "node:path"
import type { Adapter } from "lowdb"
import { syncFolder, temporarySuffix, writeSynced } from "../../durable-file.ts"
import { GatewayError } from "../../errors.ts"
import { brokenState, lostState, readState, writeState, type State } from "./state.ts"

/** Whether there was a state before, which then is never begun anew in silence. */
export type FolderLife = "new" | "used before"

const maxBytes = 64 * 1024 * 1024
const groupAndOthers = 0o077

const rights = "the gateway may not write there; give its user the right to"
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; make room",
  EDQUOT: "the disk quota of the gateway's user is used up; make room",
  EROFS: "the disk can only be read; mount it to be written",
  EACCES: rights,
  EPERM: rights,
  EIO: "the disk fails; check it",
}

/** A file of which nobody can say whether it would survive a loss of power. */
export class UnsyncedState extends GatewayError {
  constructor(cause: unknown) {
    super("internal", "The state was written but may not be on disk. Restart the gateway once the disk is well.", {
      cause,
    })
  }
}

export function createStateAdapter(path: string, folder: FolderLife): Adapter<State> {
  return {
    read: async () => {
      const state = await readFileAt(path)
      if (state === null && folder === "used before") throw lostState()
      return state
    },
    write: (state) => replaceFile(path, writeState(state)),
  }
}

async function readFileAt(path: string): Promise<State | null> {
  const file = await openToRead(path)
  if (!file) return null
  try {
    const { size, mode } = await file.stat()
    if (size > maxBytes) throw brokenState(`it is larger than ${maxBytes} bytes`)
    const state = readState(await file.readFile("utf8"))
    if ((mode & groupAndOthers) !== 0)
      throw brokenState("others than its owner can read or write it; chmod 600 it")
    return state
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
    const what = "state.json in the data folder could not be written, so nothing was changed"
    throw new GatewayError("internal", `${what}: ${remedies[codeOf(cause)] ?? codeOf(cause)}.`, { cause })
  }
  await syncFolder(dirname(path)).catch((cause: unknown) => {
    throw new UnsyncedState(cause)
  })
}

function codeOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException | null)?.code ?? "unknown"
}
