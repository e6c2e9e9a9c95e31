/**
 * A checkpoint: what a stream was when it had so many entries, in a text that is then signed (signed-note.ts). Each one
 * names the one before it, of whatever stream, so that none can be left out. It is in the store first, with the entries
 * it covers, and then in the file, so that a note in the file that the store lacks is a sign of damage.
 *
 * @see C2SP tlog-checkpoint, https://c2sp.org/tlog-checkpoint
 */

import { hash } from "node:crypto"
import { GatewayError } from "../../errors.ts"

/** What the log's very first checkpoint names as the one before it. */
export const noPrevious = "-"

export type Checkpoint = {
  /** The log's name, which is also that of who signs. */
  readonly log: string
  readonly stream: string
  /** Entries of the stream that it covers. */
  readonly size: number
  /** Of the Merkle tree, 32 bytes. */
  readonly root: Buffer
  /** The hash of the last entry covered, in base64url. */
  readonly head: string
  readonly timeMs: number
  /** `noteDigest` of the log's checkpoint before, or `noPrevious`. */
  readonly previous: string
  /**
   * Whether the stream is over with it. Where the last checkpoint of a stream covers all of it already, the final one
   * takes its place in the store and names the same `previous`.
   */
  readonly final: boolean
}

/** The text to be signed. */
export function writeCheckpoint(checkpoint: Checkpoint): string {
  const { log, stream, size, root, head, timeMs, previous, final } = checkpoint
  const lines = [`${log}/${stream}`, size, root.toString("base64"), `head ${head}`, `time ${timeMs}`]
  return [...lines, `previous ${previous}`, ...(final ? ["final"] : []), ""].join("\n")
}

const form = new RegExp(
  [
    "^(?<log>[^/\\s]+)/(?<stream>[^\\s]+)",
    "(?<size>0|[1-9]\\d{0,15})",
    "(?<root>[A-Za-z0-9+/]{43}=)",
    "head (?<head>[\\w-]{43})",
    "time (?<timeMs>0|[1-9]\\d{0,15})",
    "previous (?<previous>[\\w-]{43}|-)",
    "(?<final>final\n)?$",
  ].join("\n"),
)

/** @throws GatewayError `invalid` */
export function readCheckpoint(text: string): Checkpoint {
  const { log, stream, size, root, head, timeMs, previous, final } = form.exec(text)?.groups ?? {}
  if (!log || !stream || !size || !root || !head || !timeMs || !previous) throw notACheckpoint()
  if (!Number.isSafeInteger(Number(size))) throw notACheckpoint()
  return {
    log,
    stream,
    size: Number(size),
    root: Buffer.from(root, "base64"),
    head,
    timeMs: Number(timeMs),
    previous,
    final: final !== undefined,
  }
}

function notACheckpoint(): GatewayError {
  return new GatewayError("invalid", "This text is no checkpoint of an audit log.")
}

/** By what a checkpoint is named: SHA-256 of the whole note, in base64url. */
export function noteDigest(note: string): string {
  return hash("sha256", note, "base64url")
}

/** A note as it stands in the file of checkpoints. */
export function fileNote(note: string): string {
  return `${note}\n`
}

/**
 * The notes of a file of checkpoints. A crash may have torn the last one, which then is left out; who writes on after
 * that has to cut it off first.
 */
export function splitNotes(text: string): { readonly notes: readonly string[]; readonly torn: boolean } {
  const pieces = text.split("\n\n")
  const whole = Math.floor((pieces.length - 1) / 2)
  const notes = Array.from({ length: whole }, (_, index) => `${pieces[index * 2]}\n\n${pieces[index * 2 + 1]}\n`)
  return { notes, torn: pieces.length % 2 === 0 || pieces.at(-1) !== "" }
}
