/**
 * The end of a history file, where lines are added. What a failed write leaves is cut off before anything is added
 * behind it, so that a line is there whole or not at all. The file is open only while it is written: whoever moves it
 * away is not written to, and a disk can be taken away.
 */

import { open, rename, rm, type FileHandle } from "node:fs/promises"
import { join } from "node:path"
import { syncFolder, temporarySuffix } from "../../durable-file.ts"
import { GatewayError } from "../../errors.ts"
import { writeLine, type LineBody } from "./lines.ts"
import { nameOf } from "./segment.ts"

/** Where a file ends: the digest of its last line, and its length in bytes. */
export type End = { readonly digest: string; readonly bytes: number }

type Sync = (file: FileHandle) => Promise<void>

export class SegmentWriter {
  readonly #path: string
  #end: End
  /** Something of ours may stand behind the end. */
  #isDirty = true

  /** Goes on with a file that is there. */
  constructor(folder: string, first: number, end: End) {
    this.#path = join(folder, nameOf(first))
    this.#end = end
  }

  /** Makes a file of these lines, there whole or not at all. @throws GatewayError `internal` */
  static async create(
    folder: string,
    first: number,
    lines: Iterable<LineBody>,
    previous: string,
  ): Promise<SegmentWriter> {
    const path = join(folder, nameOf(first))
    const temporary = path + temporarySuffix
    try {
      await rm(temporary, { force: true })
      const end = await writeNew(temporary, lines, previous)
      await rename(temporary, path)
      await syncFolder(folder)
      return new SegmentWriter(folder, first, end)
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined)
      return cannotWrite(cause)
    }
  }

  get end(): End {
    return this.#end
  }

  /** Cuts off what stands behind the end. @throws GatewayError `internal` */
  mend(): Promise<void> {
    return this.append()
  }

  /** On disk when it resolves. @throws GatewayError `internal` */
  appendDurably(...lines: readonly LineBody[]): Promise<void> {
    return this.#add(lines, (file) => file.datasync())
  }

  /** Survives the end of the process, not the loss of power. @throws GatewayError `internal` */
  append(...lines: readonly LineBody[]): Promise<void> {
    return this.#add(lines, async () => {})
  }

  async #add(lines: readonly LineBody[], sync: Sync): Promise<void> {
    try {
      await using file = await open(this.#path, "r+")
      await this.#cut(file)
      this.#isDirty = true
      const end = await writeLines(file, lines, this.#end)
      await sync(file)
      this.#end = end
      this.#isDirty = false
    } catch (cause) {
      cannotWrite(cause)
    }
  }

  async #cut(file: FileHandle): Promise<void> {
    const { size } = await file.stat()
    if (size === this.#end.bytes) return
    if (size < this.#end.bytes || !this.#isDirty) throw changedMeanwhile()
    await file.truncate(this.#end.bytes)
  }
}

async function writeNew(path: string, lines: Iterable<LineBody>, previous: string): Promise<End> {
  await using file = await open(path, "wx", 0o600)
  const end = await writeLines(file, lines, { digest: previous, bytes: 0 })
  await file.datasync()
  return end
}

/** @returns where it ends then */
async function writeLines(file: FileHandle, lines: Iterable<LineBody>, from: End): Promise<End> {
  let end = from
  for (const line of lines) {
    const { text, digest } = writeLine(line, end.digest)
    const bytes = Buffer.from(text)
    for (let written = 0; written < bytes.length;) {
      const at = end.bytes + written
      written += (await file.write(bytes, written, bytes.length - written, at)).bytesWritten
    }
    end = { digest, bytes: end.bytes + bytes.length }
  }
  return end
}

function changedMeanwhile(): GatewayError {
  return new GatewayError(
    "internal",
    "The newest file of history/ in the data folder was changed under the gateway, so nothing was changed; restart it to have the history looked at.",
  )
}

const rights = "the gateway may not write there; give its user the right to"
const remedies: Readonly<Record<string, string>> = {
  ENOENT: "its newest file is gone; put it back, or restart the gateway to begin a new one",
  ENOSPC: "the disk is full; make room",
  EDQUOT: "the disk quota of the gateway's user is used up; make room",
  EROFS: "the disk can only be read; mount it to be written",
  EACCES: rights,
  EPERM: rights,
  EIO: "the disk fails; check it",
}

function cannotWrite(cause: unknown): never {
  if (cause instanceof GatewayError) throw cause
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "unknown"
  const what = "The history in the data folder could not be written, so nothing was changed"
  throw new GatewayError("internal", `${what}: ${remedies[code] ?? code}.`, { cause })
}
