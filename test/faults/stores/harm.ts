/** What can become of one file of a folder, by name: `harm.empty("data/state.json")`. */

import { chmod, mkdir, open, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"

type Harm = (folder: string) => Promise<void>

const pageBytes = 4_096
const noise = 0xa5

export const harm = {
  remove:
    (file: string): Harm =>
    (folder) =>
      rm(join(folder, file), { recursive: true, force: true }),
  write:
    (file: string, content: string | Buffer): Harm =>
    (folder) =>
      writeFile(join(folder, file), content, { mode: 0o600 }),
  empty:
    (file: string): Harm =>
    (folder) =>
      truncate(join(folder, file), 0),
  folderInPlace:
    (file: string): Harm =>
    async (folder) => {
      await rm(join(folder, file), { recursive: true, force: true })
      await mkdir(join(folder, file))
    },
  fileInPlace:
    (name: string): Harm =>
    async (folder) => {
      await rm(join(folder, name), { recursive: true, force: true })
      await writeFile(join(folder, name), "")
    },
  mode:
    (file: string, mode: number): Harm =>
    (folder) =>
      chmod(join(folder, file), mode),
  /** Leaves so much of it, from 0 to 1. */
  cut:
    (file: string, part: number): Harm =>
    async (folder) => {
      const { length } = await readFile(join(folder, file))
      await truncate(join(folder, file), Math.floor(length * part))
    },
  /** @param at from 0 to 1 */
  noiseAt:
    (file: string, at: number, bytes: number): Harm =>
    async (folder) => {
      await using handle = await open(join(folder, file), "r+")
      const { size } = await handle.stat()
      await handle.write(Buffer.alloc(bytes, noise), 0, bytes, Math.floor(at * (size - bytes)))
    },
  /** Makes the root page of a table unreadable. */
  rootOf:
    (file: string, table: string): Harm =>
    async (folder) => {
      const page = rootPage(join(folder, file), table)
      await using handle = await open(join(folder, file), "r+")
      await handle.write(Buffer.alloc(pageBytes, noise), 0, pageBytes, (page - 1) * pageBytes)
    },
  sql:
    (file: string, statements: string): Harm =>
    async (folder) => {
      using db = new DatabaseSync(join(folder, file))
      db.exec(statements)
    },
} as const

/** All of them, one after the other. */
export function together(...harms: readonly Harm[]): Harm {
  return async (folder) => {
    for (const each of harms) await each(folder)
  }
}

function rootPage(path: string, table: string): number {
  using db = new DatabaseSync(path)
  return Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(table)?.["rootpage"])
}
