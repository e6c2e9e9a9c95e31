/**
 * The checkpoints that are kept outside the store: in the log's own file, and by whoever asks for a verification. Each
 * must be among those in the store. One that is there word for word costs a comparison; only others are opened.
 */

import { GatewayError } from "../../../errors.ts"
import { readCheckpoint, type Checkpoint } from "../checkpoint.ts"
import { DamageFound } from "./damage-found.ts"
import type { TrustedKeys } from "../key-history.ts"
import { openCheckpoint, type CheckpointRow } from "./verify-checkpoint.ts"
import type { StreamProgress } from "./verify-stream.ts"

type Origin = "filed" | "brought"
type OutsideNote = CheckpointRow & { readonly origin: Origin; stored: boolean }

type StreamNotes = {
  /** By size. */
  readonly notes: readonly OutsideNote[]
  /** The first that the entries fed have not reached. */
  next: number
  /** The last stored checkpoint fed. */
  last?: Checkpoint
  /** Up to where the notes of each origin and the store are at one. */
  readonly agreed: Record<Origin, number>
  /** Entries that there are of a stream that has ended: notes of more are left. */
  ended?: number
}

export class OutsideNotes {
  readonly #keys: TrustedKeys
  readonly #extent: "whole" | "range"
  readonly #streams: Map<string, StreamNotes>
  readonly #unreadable: number

  constructor(
    { keys, extent }: { readonly keys: TrustedKeys; readonly extent: "whole" | "range" },
    notes: Readonly<Record<Origin, readonly string[]>>,
  ) {
    this.#keys = keys
    this.#extent = extent
    const filed = notes.filed.flatMap((note) => outline(note, "filed"))
    const brought = notes.brought.flatMap((note) => outline(note, "brought"))
    this.#unreadable = notes.filed.length + notes.brought.length - filed.length - brought.length
    this.#streams = new Map(
      [...Map.groupBy([...filed, ...brought], ({ stream }) => stream)].map(([stream, notes]) => [
        stream,
        { notes: notes.sort((a, b) => a.size - b.size), next: 0, agreed: { filed: 0, brought: 0 } },
      ]),
    )
  }

  /** Tells of a checkpoint of the store; those of smaller sizes have been told of before. @throws DamageFound */
  stored(stream: StreamProgress, row: CheckpointRow, checkpoint: Checkpoint): void {
    this.pass(stream, row.size - 1)
    const kept = this.#streams.get(stream.name)
    if (kept === undefined) return
    kept.last = checkpoint
    for (let index = kept.next; kept.notes[index]?.size === row.size; index += 1) {
      const note = kept.notes[index]
      if (note?.note === row.note) note.stored = true
    }
  }

  /** To be called before the stream grows beyond `size`. @throws DamageFound */
  pass(stream: StreamProgress, size: number): void {
    const kept = this.#streams.get(stream.name)
    if (kept === undefined) return
    for (let note = kept.notes[kept.next]; note && note.size <= size; note = kept.notes[kept.next]) {
      if (!note.stored) this.#judge(stream, note, kept)
      kept.agreed[note.origin] = note.size
      kept.next += 1
    }
  }

  #judge(stream: StreamProgress, note: OutsideNote, { last, agreed }: StreamNotes): void {
    const isBefore = note.size < stream.size
    if (isBefore && this.#extent === "range") return
    const { checkpoint } = openCheckpoint(note, this.#keys)
    if (!isBefore && !stream.fits(checkpoint)) {
      const message = `The entries are not those that ${origins[note.origin]} was signed over.`
      throw new DamageFound("rewritten", { stream: stream.name, seq: agreed[note.origin] + 1 }, message)
    }
    if (isReplaced(checkpoint, last) || (note.size === stream.baseSize && this.#extent === "range")) return
    throw new DamageFound(
      "missing_checkpoint",
      { stream: stream.name, seq: note.size },
      `The store has lost ${origins[note.origin]}, of ${note.size} entries.`,
    )
  }

  /** To be called when all that there is of the stream has been fed. @returns up to where notes brought agree */
  end(stream: StreamProgress): number {
    this.pass(stream, stream.size)
    const kept = this.#streams.get(stream.name)
    if (kept?.notes[kept.next] === undefined) this.#streams.delete(stream.name)
    else kept.ended = stream.size
    return kept?.agreed.brought ?? 0
  }

  /**
   * To be called when the stream is over and the one after it is known.
   *
   * @param explain whether it is known why there is no more what a checkpoint covers
   * @throws DamageFound where it is not
   */
  settle(stream: string, explain: (checkpoint: Checkpoint) => boolean): void {
    const kept = this.#streams.get(stream)
    this.#streams.delete(stream)
    if (kept === undefined || this.#extent === "range") return
    for (const note of kept.notes.slice(kept.next)) {
      const { checkpoint } = openCheckpoint(note, this.#keys)
      if (!explain(checkpoint)) throw lostBehind(note, kept.ended)
    }
  }

  /** To be called when all streams have ended. @throws DamageFound */
  finish(explain: (checkpoint: Checkpoint) => boolean): void {
    if (this.#extent === "range") return
    for (const stream of this.#streams.keys()) this.settle(stream, explain)
    if (this.#unreadable === 0) return
    const message = `${this.#unreadable} of the checkpoints kept outside the store cannot be read.`
    throw new DamageFound("altered_checkpoint", { stream: "", seq: 0 }, message)
  }
}

const origins = {
  filed: "a checkpoint in the log's file of checkpoints",
  brought: "a checkpoint kept elsewhere",
} as const

/** @param size of the stream; undefined where that is gone as a whole */
function lostBehind(note: OutsideNote, size: number | undefined): DamageFound {
  const { stream, origin } = note
  if (size === undefined) {
    return new DamageFound(
      "missing_stream",
      { stream, seq: 1 },
      `The stream that ${origins[origin]} covers is gone.${orOlder(origin)}`,
    )
  }
  const message = `Of ${note.size} entries that ${origins[origin]} covers, only ${size} are there, and no opening that is signed says that they were lost.${orOlder(origin)}`
  return new DamageFound("truncated", { stream, seq: size + 1 }, message)
}

/** What was copied before a checkpoint was signed looks like what was cut off after: nothing in it says when it was made. */
function orOlder(origin: Origin): string {
  if (origin === "filed") return ""
  return " Either they were cut off, or the export or copy is older than that checkpoint. To tell, verify one that was made after it."
}

/** What the note says, whether or not it is signed. */
function outline(note: string, origin: Origin): OutsideNote[] {
  try {
    const { stream, size } = readCheckpoint(note.slice(0, note.lastIndexOf("\n\n") + 1))
    return [{ stream, size, note, origin, stored: false }]
  } catch (thrown) {
    if (thrown instanceof GatewayError) return []
    throw thrown
  }
}

/** Whether the final checkpoint stands in the store in place of this one. */
function isReplaced(checkpoint: Checkpoint, final: Checkpoint | undefined): boolean {
  return final?.final === true && final.size === checkpoint.size && final.previous === checkpoint.previous
}
