/**
 * The end of a history file, where lines are added. What a failed write leaves is cut off before anything is added
 * behind it, so that a line is there whole or not at all.
 */

import { open, rename, rm, type FileHandle } from "node:fs/promises"
import { join } from "node:path"
import { syncFolder, temporarySuffix } from "../../durable-file.ts"
import { GatewayError } from "../../errors.ts"
import { writeLine, type LineBody } from "./lines.ts"
import { nameOf } from "./segment.ts"

/** Where a file ends: the digest of its last line, and its length in bytes. */
export type End = { readonly digest: string; readonly bytes: number }

export class SegmentWriter {
  readonly #file: FileHandle
  #end: End
  /** Something may stand behind the end. */
  #isDirty = true

  private constructor(file: FileHandle, end: End) {
    this.#file = file
    this.#end = end
  }

  /** Goes on with a file that is there, cutting off what stands behind its end. @throws GatewayError `internal` */
  static async open(folder: string, first: number, end: End): Promise<SegmentWriter> {
    const file = await open(join(folder, nameOf(first)), "r+").catch(cannotWrite)
    const writer = new SegmentWriter(file, end)
    await writer.#cut().catch(cannotWrite)
    return writer
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
    let file: FileHandle | undefined
    try {
      await rm(temporary, { force: true })
      file = await open(temporary, "wx+", 0o600)
      const writer = new SegmentWriter(file, { digest: previous, bytes: 0 })
      for (const line of lines) await writer.#write(line)
      await file.datasync()
      await rename(temporary, path)
      await syncFolder(folder)
      writer.#isDirty = false
      return writer
    } catch (cause) {
      await file?.close()
      await rm(temporary, { force: true }).catch(() => undefined)
      return cannotWrite(cause)
    }
  }

  get end(): End {
    return this.#end
  }

  /** On disk when it resolves. @throws GatewayError `internal` */
  appendDurably(...lines: readonly LineBody[]): Promise<void> {
    return this.#add(lines, () => this.#file.datasync())
  }

  /** Survives the end of the process, not the loss of power. @throws GatewayError `internal` */
  append(...lines: readonly LineBody[]): Promise<void> {
    return this.#add(lines, () => undefined)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #add(lines: readonly LineBody[], sync: () => Promise<void> | undefined): Promise<void> {
    const before = this.#end
    try {
      await this.#cut()
      for (const line of lines) await this.#write(line)
      await sync()
    } catch (cause) {
      this.#end = before
      this.#isDirty = true
      cannotWrite(cause)
    }
  }

  async #write(line: LineBody): Promise<void> {
    const { text, digest } = writeLine(line, this.#end.digest)
    const bytes = Buffer.from(text)
    for (let written = 0; written < bytes.length;) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        this.#end.bytes + written,
      )
      written += bytesWritten
    }
    this.#end = { digest, bytes: this.#end.bytes + bytes.length }
  }

  async #cut(): Promise<void> {
    if (!this.#isDirty) return
    await this.#file.truncate(this.#end.bytes)
    this.#isDirty = false
  }
}

const rights = "the gateway may not write there; give its user the right to"
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; make room",
  EDQUOT: "the disk quota of the gateway's user is used up; make room",
  EROFS: "the disk can only be read; mount it to be written",
  EACCES: rights,
  EPERM: rights,
  EIO: "the disk fails; check it",
}

function cannotWrite(cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "unknown"
  const what = "The history in the data folder could not be written, so nothing was changed"
  throw new GatewayError("internal", `${what}: ${remedies[code] ?? code}.`, { cause })
}
