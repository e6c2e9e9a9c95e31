/**
 * Verifies a log that is fed to it piece by piece, from disk or from an export, in memory that does not grow with it.
 * What is checked of an entry: verify-entry.ts; of a checkpoint: verify-checkpoint.ts; of a stream as a whole and its
 * link to the one before: verify-stream.ts. Notes kept outside the store: outside-notes.ts.
 *
 * A log may be written while it is read. No false alarm comes of it when the reader takes first the notes of the file,
 * then the list of streams, then the checkpoints of a stream, and its entries last: what each of them tells of is then
 * among what is read after it.
 */

import type { Checkpoint } from "../checkpoint.ts"
import { cannotExclude } from "./cannot-exclude.ts"
import { DamageFound } from "./damage-found.ts"
import type { TrustedKeys } from "../key-history.ts"
import type { Entry } from "../entry.ts"
import { OutsideNotes } from "./outside-notes.ts"
import type { Damage, Verdict } from "../verdict.ts"
import { checkAgainst, CheckpointChain, cutOff, openCheckpoint, type CheckpointRow } from "./verify-checkpoint.ts"
import { checkPlace, readEntry, type EntryRow } from "./verify-entry.ts"
import { Losses } from "./verify-losses.ts"
import { RetentionProof } from "./verify-retention.ts"
import { checkLink, checkSealed, StreamProgress, type StreamBase } from "./verify-stream.ts"

/**
 * Streams in the order of their start; in each its entries ascending, and each checkpoint after the entry of its size.
 * Those of a prefix that was dropped come right after their stream.
 */
export type VerifyItem =
  | { readonly type: "stream"; readonly name: string; readonly base: StreamBase }
  | ({ readonly type: "entry" } & EntryRow)
  | ({ readonly type: "checkpoint" } & CheckpointRow)

export type VerifyOptions = {
  readonly keys: TrustedKeys
  /** The notes of the log's own file of checkpoints, as far as it is at hand. */
  readonly filed?: readonly string[]
  /** Notes that were kept elsewhere, by whoever asks. */
  readonly brought?: readonly string[]
  /** Of a `range`, the ends are loose: what came before it and what follows are not asked for. */
  readonly extent: "whole" | "range"
  /** What else is to be said with a log that is whole. */
  readonly remarks?: readonly string[]
}

export class LogVerifier {
  readonly #options: VerifyOptions
  readonly #chain: CheckpointChain
  readonly #outside: OutsideNotes
  readonly #retention = new RetentionProof()
  readonly #losses = new Losses()
  /** When the newest checkpoint of what was dropped was signed. */
  #droppedMs = -Infinity
  #before: StreamProgress | undefined
  #stream: StreamProgress | undefined
  /** Of the stream that is read, until it is known to be what was signed and its link has been followed. */
  #opening: Entry | undefined
  #linked = true
  /** Found where a checkpoint covers more than there is: it is a gap in the middle if entries follow. */
  #cutOff: DamageFound | undefined
  #agreed = 0
  #entries = 0
  #streams = 0
  #damage: Damage | undefined

  constructor(options: VerifyOptions) {
    this.#options = options
    this.#chain = new CheckpointChain(options.keys, options.extent)
    this.#outside = new OutsideNotes(options, { filed: options.filed ?? [], brought: options.brought ?? [] })
  }

  /** Once there is one, what else is fed is not looked at. */
  get damage(): Damage | undefined {
    return this.#damage
  }

  feed(item: VerifyItem): void {
    this.#note(() => {
      switch (item.type) {
        case "stream":
          return this.#beginStream(item.name, item.base)
        case "entry":
          return this.#takeEntry(item)
        case "checkpoint":
          return this.#takeCheckpoint(item)
      }
    })
  }

  finish(): Verdict {
    this.#note(() => this.#end())
    const last = this.#stream && {
      stream: this.#stream.name,
      size: this.#stream.size,
      covered: this.#stream.covered,
      agreed: this.#agreed,
    }
    const { extent, keys, remarks = [] } = this.#options
    const proven = cannotExclude({ extent, keyBrought: keys.brought, last })
    return {
      ok: this.#damage === undefined,
      entries: this.#entries,
      streams: this.#streams,
      checkpoints: this.#chain.count,
      ...(this.#damage && { damage: this.#damage }),
      cannotExclude: this.#damage
        ? ["What comes after the damage has not been looked at."]
        : [...proven, ...this.#losses.sentences, ...this.#retention.sentences, ...remarks],
    }
  }

  #note(step: () => void): void {
    if (this.#damage !== undefined) return
    try {
      step()
    } catch (thrown) {
      if (!(thrown instanceof DamageFound)) throw thrown
      this.#damage = thrown.damage
    }
  }

  #beginStream(name: string, base: StreamBase): void {
    this.#endStream()
    if (this.#retention.knows(name)) {
      throw new DamageFound("misplaced", { stream: name, seq: 0 }, `The stream ${name} comes a second time.`)
    }
    this.#before = this.#stream
    this.#stream = new StreamProgress(name, base)
    this.#streams += 1
    this.#retention.begin(this.#stream, this.#options.extent)
    this.#linked = false
    if (base.size > 0) this.#followLink()
  }

  #takeEntry(row: EntryRow): void {
    const stream = this.#of(row)
    checkPlace(row, stream.size + 1)
    if (this.#cutOff) throw this.#cutOff
    this.#outside.pass(stream, stream.size)
    if (stream.size === stream.baseSize) this.#checkBase(stream)
    const entry = readEntry(row, stream.head)
    if ((entry.kind === "opening") !== (row.seq === 1)) {
      throw new DamageFound(
        "misplaced",
        row,
        "A stream's opening is its first entry, and its first entry the opening.",
      )
    }
    stream.add(row)
    if (entry.kind === "opening") {
      this.#opening = entry
      this.#losses.record(entry)
    }
    if (entry.kind === "retention") this.#retention.record(entry, (note) => this.#chain.openAfter(note))
    this.#entries += 1
  }

  #takeCheckpoint(row: CheckpointRow): void {
    const stream = this.#of(row)
    const signed = openCheckpoint(row, this.#options.keys)
    if (row.size > stream.size) this.#cutOff ??= cutOff(stream, row)
    if (this.#cutOff) return
    checkAgainst(stream, signed.checkpoint)
    this.#outside.stored(stream, row, signed.checkpoint)
    if (this.#opening !== undefined) {
      this.#losses.sign(this.#opening)
      this.#followLink()
    }
    this.#chain.add(row, signed, stream.firstOpen)
    if (row.size <= stream.baseSize) this.#droppedMs = Math.max(this.#droppedMs, signed.checkpoint.timeMs)
    if (row.size < stream.baseSize) return
    stream.covered = row.size
    stream.sealed = signed.checkpoint.final
  }

  /** A row of a stream that is not the one being read has lost its stream, or was moved. */
  #of(row: { readonly stream: string }): StreamProgress {
    if (this.#stream?.name === row.stream) return this.#stream
    const seq = "seq" in row && typeof row.seq === "number" ? row.seq : 0
    const message = `Entries or checkpoints are there of a stream that is not, ${row.stream}.`
    throw new DamageFound("missing_stream", { stream: row.stream, seq }, message)
  }

  #checkBase(stream: StreamProgress): void {
    const isLoose = this.#options.extent === "range" && this.#before === undefined
    if (stream.covered >= stream.baseSize || isLoose) return
    const message = `The entries up to ${stream.baseSize} are gone, and no checkpoint stands for them.`
    throw new DamageFound("missing", { stream: stream.name, seq: 1 }, message)
  }

  #followLink(): void {
    if (this.#linked) return
    this.#linked = true
    const opening = this.#opening
    this.#opening = undefined
    if (opening === undefined) {
      if (this.#before !== undefined) checkSealed(this.#before)
    } else if (this.#before !== undefined || this.#options.extent === "whole") {
      checkLink(opening, this.#before, (name) => this.#retention.knows(name))
      if (this.#before) this.#outside.settle(this.#before.name, (checkpoint) => this.#losses.explain(checkpoint))
    }
  }

  #endStream(): void {
    if (this.#cutOff) throw this.#cutOff
    if (this.#stream === undefined) return
    this.#checkBase(this.#stream)
    this.#agreed = this.#outside.end(this.#stream)
    // A range may begin where a stream ends.
    if (this.#options.extent === "range" && this.#stream.isOnlyBase) this.#stream.sealed = true
    this.#followLink()
  }

  /** Of what was lost before all that is left, the opening that said so was dropped by retention, too. */
  #isBeforeAll({ stream, timeMs }: Checkpoint): boolean {
    return stream !== this.#stream?.name && timeMs <= this.#droppedMs
  }

  #end(): void {
    this.#endStream()
    this.#outside.finish((note) => this.#losses.explain(note) || this.#isBeforeAll(note))
    this.#retention.finish()
    if (this.#chain.isTrusted) return
    throw new DamageFound(
      "unknown_key",
      { stream: this.#stream?.name ?? "", seq: this.#stream?.covered ?? 0 },
      "No checkpoint is signed by the key trusted, or one after it: only keys that it replaced have signed.",
    )
  }
}
