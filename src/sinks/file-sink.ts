/**
 * Appends lines to a file of the operator's, which may be renamed at any time by whoever rotates logs. What a crash left
 * of a last line is cut off: it is sent again whole.
 */

import { constants, type Stats } from "node:fs"
import { lstat, open, type FileHandle } from "node:fs/promises"
import type { ExportFormat } from "../domain/audit/log.ts"
import { syncFolder } from "../durable-file.ts"
import { dirname } from "node:path"
import { SinkError, type Item, type Sink } from "./sink.ts"

/** Without waiting for the other end of a pipe, and through no link. */
const flags =
  constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
const mode = 0o600
/** No line of ours is longer. */
const longestTail = 1_024 * 1_024
const lineBreak = 0x0a
/** How a line of ours begins, in any of the formats. */
const ours = /^(?:\{|C|CE|CEF.*)/s

export type FileSettings = { readonly path: string; readonly format: ExportFormat }

export function openFileSink({ path, format }: FileSettings): Sink {
  return new FileSink(path, format)
}

class FileSink implements Sink {
  readonly format: ExportFormat
  readonly #path: string
  #file: FileHandle | undefined

  constructor(path: string, format: ExportFormat) {
    this.#path = path
    this.format = format
  }

  async send(items: readonly Item[]): Promise<void> {
    try {
      const file = await this.#current()
      await file.appendFile(items.map(({ line }) => `${line}\n`).join(""))
      await file.datasync()
    } catch (thrown) {
      // half a line may stand there now; opening it again cuts that off
      await this.close()
      throw thrown instanceof SinkError ? thrown : troubleWith(this.#path, thrown)
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => undefined)
  }

  /** The file that has the name now. */
  async #current(): Promise<FileHandle> {
    if (this.#file && (await isAt(this.#path, await this.#file.stat()))) return this.#file
    await this.close()
    this.#file = await open(this.#path, flags, mode)
    const found = await this.#file.stat()
    if (!found.isFile()) throw new SinkError(`${this.#path} is no ordinary file; name another.`)
    await cutTornLine(this.#file, found.size, this.#path)
    await syncFolder(dirname(this.#path))
    return this.#file
  }
}

async function isAt(path: string, { dev, ino }: Stats): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found !== undefined && found.dev === dev && found.ino === ino
}

async function cutTornLine(file: FileHandle, size: number, path: string): Promise<void> {
  const length = Math.min(size, longestTail)
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
  const begin = buffer.lastIndexOf(lineBreak) + 1
  if (begin === length) return
  const isWhole = begin > 0 || length === size
  if (!isWhole || !ours.test(buffer.toString("utf8", begin, begin + 8))) {
    throw new SinkError(`The end of ${path} was not written by this gateway; name another file.`)
  }
  await file.truncate(size - length + begin)
}

const reasons: Readonly<Record<string, string>> = {
  ELOOP: "is a link, and links are not followed; name the file itself",
  ENOENT: "stands in a folder that is not there; make the folder",
  ENOSPC: "cannot grow: the disk is full; make room",
  EACCES: "may not be written; let the gateway's user write it",
  EISDIR: "is a folder; name a file in it",
  EROFS: "stands on a disk that cannot be written; name another file",
}

function troubleWith(path: string, cause: unknown): SinkError {
  const { code = "unknown" } = cause as NodeJS.ErrnoException
  return new SinkError(`${path} ${reasons[code] ?? `cannot be written (${code})`}.`, { cause })
}
