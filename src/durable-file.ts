/**
 * The two steps by which a file survives a loss of power: its content is synced before it gets its name, and the
 * folder that holds the name after; and the folders that files are kept in. Which name, and what a failure means, is
 * left to each store.
 */

import { mkdir, open, readdir, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"

/** Of every file that has not got its name yet. */
export const temporarySuffix = ".tmp"

/** Makes a new file, mode 0600, on the disk when it resolves. Rejects with the error of the system. */
export async function writeSynced(path: string, content: string | Buffer): Promise<void> {
  await using file = await open(path, "wx", 0o600)
  await file.writeFile(content)
  await file.sync()
}

/** Some systems do not let a folder be opened for it; the name is then as safe as they make it. */
const unsyncable = ["EISDIR", "EINVAL", "EPERM", "EACCES", "ENOTSUP"]

/** Makes a new, changed or removed name in the folder itself survive. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await using folder = await open(path, "r")
    await folder.sync()
  } catch (thrown) {
    if (!unsyncable.includes((thrown as NodeJS.ErrnoException).code ?? "")) throw thrown
  }
}

/** Removes what a crash in the middle of writes has left. Only for whoever alone writes the folder. */
export async function removeTemporary(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const left = names.filter((name) => name.endsWith(temporarySuffix))
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })))
}

/**
 * Makes a folder of mode 0700, and those above it, where they are missing. `mkdir` with `recursive` goes round for ever
 * where a parent that is there says ENOENT, as /proc does.
 *
 * @returns whether it was missing. Rejects with the error of the system.
 */
export async function makeFolder(path: string): Promise<boolean> {
  try {
    return await makeOne(path)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw thrown
  }
  await makeFolder(dirname(path))
  return makeOne(path)
}

async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 })
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST" || !(await stat(path)).isDirectory()) throw thrown
    return false
  }
}
