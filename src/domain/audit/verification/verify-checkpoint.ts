/** What can be said of the signed checkpoints: each for itself, against what is there, and as a chain. */

import { GatewayError } from "../../../errors.ts"
import { noPrevious, noteDigest, readCheckpoint, type Checkpoint } from "../checkpoint.ts"
import { DamageFound } from "./damage-found.ts"
import type { TrustedKeys } from "../key-history.ts"
import { openNote, type Verifier } from "../signed-note.ts"
import type { StreamProgress } from "./verify-stream.ts"

/** As it is kept: `stream` and `size` are those of its row. */
export type CheckpointRow = { readonly stream: string; readonly size: number; readonly note: string }

type Signed = { readonly checkpoint: Checkpoint; readonly verifier: Verifier }

/** @throws DamageFound `altered_checkpoint`, `unknown_key` */
export function openCheckpoint(row: CheckpointRow, keys: TrustedKeys): Signed {
  const opened = openNote(row.note, keys.verifiers)
  if (opened.state === "unknown_key") {
    throw damage(
      "unknown_key",
      row,
      "is signed by a key that is not one of the log's, or not one of those trusted",
    )
  }
  if (opened.state !== "signed") throw damage("altered_checkpoint", row, "does not carry a signature that fits")
  const checkpoint = read(opened.text, row)
  const isOfRow = checkpoint.stream === row.stream && checkpoint.size === row.size
  if (!isOfRow || checkpoint.log !== opened.verifier.name) {
    throw damage("altered_checkpoint", row, `is another one, of ${checkpoint.log}/${checkpoint.stream}`)
  }
  return { checkpoint, verifier: opened.verifier }
}

function read(text: string, row: CheckpointRow): Checkpoint {
  try {
    return readCheckpoint(text)
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown
    throw damage("altered_checkpoint", row, "is signed but says something else")
  }
}

/** @throws DamageFound where it does not say what is there; one of a prefix that was dropped is not compared */
export function checkAgainst(stream: StreamProgress, checkpoint: Checkpoint): void {
  const { size } = checkpoint
  const at = { stream: stream.name, size }
  if (size < stream.baseSize) return
  if (size < stream.size) throw damage("misplaced", at, "comes too late")
  if (stream.fits(checkpoint)) return
  if (size === stream.baseSize) throw damage("altered_checkpoint", at, "disagrees with the base kept in its place")
  const message = `The entries are not those that the checkpoint of ${size} entries was signed over.`
  throw new DamageFound("rewritten", { stream: stream.name, seq: stream.covered + 1 }, message)
}

/** What it means that a checkpoint covers more than there is, unless more entries follow. */
export function cutOff(stream: StreamProgress, { size }: CheckpointRow): DamageFound {
  const message = `A checkpoint covers ${size} entries; only ${stream.size} are there.`
  return new DamageFound("truncated", { stream: stream.name, seq: stream.size + 1 }, message)
}

export class CheckpointChain {
  readonly #keys: TrustedKeys
  #last: string | undefined
  #lastKey = 0
  #count = 0

  /** @param extent a `range` may begin anywhere in the chain */
  constructor(keys: TrustedKeys, extent: "whole" | "range") {
    this.#keys = keys
    this.#last = extent === "whole" ? noPrevious : undefined
  }

  get count(): number {
    return this.#count
  }

  /** @throws DamageFound where the one before it was another, or its key had been replaced by then */
  add(row: CheckpointRow, { checkpoint, verifier }: Signed, firstOpen: number): void {
    if (this.#last !== undefined && checkpoint.previous !== this.#last) {
      const message = `The checkpoint before that of ${row.size} entries is gone.`
      throw new DamageFound("missing_checkpoint", { stream: row.stream, seq: firstOpen }, message)
    }
    const key = this.#keys.verifiers.indexOf(verifier)
    if (key < this.#lastKey) throw damage("unknown_key", row, "is signed by a key that had been replaced before")
    this.#last = noteDigest(row.note)
    this.#lastKey = key
    this.#count += 1
  }

  /** The text of a note that was signed after the last checkpoint, by a key that was in use then. */
  openAfter(note: string): string | undefined {
    const opened = openNote(note, this.#keys.verifiers)
    const isCurrent = opened.state === "signed" && this.#keys.verifiers.indexOf(opened.verifier) >= this.#lastKey
    return isCurrent ? opened.text : undefined
  }

  /** Whether the trusted key, or one after it, stands at the end of the chain and so speaks for all of it. */
  get isTrusted(): boolean {
    return this.#count === 0 || this.#lastKey >= this.#keys.firstTrusted
  }
}

function damage(
  kind: "altered_checkpoint" | "unknown_key" | "misplaced",
  row: { readonly stream: string; readonly size: number },
  what: string,
): DamageFound {
  return new DamageFound(
    kind,
    { stream: row.stream, seq: row.size },
    `The checkpoint of ${row.size} entries ${what}.`,
  )
}
