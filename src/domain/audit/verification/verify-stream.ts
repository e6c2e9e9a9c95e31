/** How far the verification of one stream has come, and whether the stream begins where the one before it ended. */

import { DamageFound } from "./damage-found.ts"
import type { Entry } from "../entry.ts"
import { Frontier } from "../merkle.ts"
import { toText } from "../chain.ts"
import type { Checkpoint } from "../checkpoint.ts"

/** What is left out before the first entry that is there: all zero and empty where nothing is. */
export type StreamBase = { readonly size: number; readonly head: string; readonly frontier: Buffer }

export class StreamProgress {
  readonly name: string
  readonly baseSize: number
  readonly #frontier: Frontier
  head: string
  /** Entries covered by the last checkpoint that fits. */
  covered: number
  /** Whether a checkpoint said that the stream is over. */
  sealed = false

  /** @throws DamageFound */
  constructor(name: string, base: StreamBase) {
    this.name = name
    this.baseSize = base.size
    this.#frontier = frontierOf(name, base)
    this.head = base.head
    this.covered = 0
  }

  get size(): number {
    return this.#frontier.size
  }

  get isOnlyBase(): boolean {
    return this.size === this.baseSize && this.covered === 0
  }

  /** @throws DamageFound where the stream was over */
  add(row: { readonly seq: number; readonly hash: Buffer }): void {
    if (this.sealed) {
      throw new DamageFound(
        "forged",
        { stream: this.name, seq: row.seq },
        `Entry ${row.seq} was added after the stream was over.`,
      )
    }
    this.#frontier.add(row.hash)
    this.head = toText(row.hash)
  }

  /** Whether a checkpoint of this size says what is here. */
  fits({ root, head }: Pick<Checkpoint, "root" | "head">): boolean {
    return head === this.head && root.equals(this.#frontier.root())
  }

  /** The first entry that no checkpoint has confirmed; the last one where all are. */
  get firstOpen(): number {
    return Math.min(this.covered + 1, Math.max(this.size, 1))
  }
}

function frontierOf(name: string, base: StreamBase): Frontier {
  try {
    if (base.size === 0 && base.head !== "") throw new Error("a head without entries")
    return Frontier.read(base.size, base.frontier)
  } catch {
    const message = `What is kept in place of the entries up to ${base.size} that were dropped cannot be right.`
    throw new DamageFound("altered_checkpoint", { stream: name, seq: base.size }, message)
  }
}

/** The stream before, as an opening names it. */
type Link = { readonly stream: string; readonly size: number; readonly hash: string }

function linkOf(opening: Entry): Link | undefined {
  const { previousStream, previousSize, previousHash } = opening.detail ?? {}
  if (previousStream === undefined || previousStream === "") return undefined
  return { stream: String(previousStream), size: Number(previousSize), hash: String(previousHash) }
}

/**
 * Asked once the opening is known to be what was signed, for else it could put the blame on another stream.
 *
 * @param before the stream fed before this one
 * @param known whether a stream of this name was fed
 * @throws DamageFound
 */
export function checkLink(
  opening: Entry,
  before: StreamProgress | undefined,
  known: (name: string) => boolean,
): void {
  const link = linkOf(opening)
  if (link !== undefined && !known(link.stream)) {
    const message = `Stream ${opening.stream} began after stream ${link.stream}, which is gone.`
    throw new DamageFound("missing_stream", { stream: link.stream, seq: 1 }, message)
  }
  if (link?.stream !== before?.name) {
    const message = `Stream ${opening.stream} did not begin after stream ${before?.name ?? "none"}, which comes before it.`
    throw new DamageFound("broken_chain", opening, message)
  }
  if (link !== undefined && before !== undefined) checkEnd(before, link)
}

function checkEnd(before: StreamProgress, link: Link): void {
  const stream = before.name
  if (link.size > before.size) {
    const message = `The stream had ${link.size} entries when the next one began; only ${before.size} are there.`
    throw new DamageFound("truncated", { stream, seq: before.size + 1 }, message)
  }
  if (link.size < before.size) {
    const message = `The stream had ${link.size} entries when the next one began; those after were added later.`
    throw new DamageFound("forged", { stream, seq: link.size + 1 }, message)
  }
  checkSealed(before)
  if (link.hash !== before.head) {
    throw new DamageFound(
      "rewritten",
      { stream, seq: before.firstOpen },
      "The next stream began after another entry.",
    )
  }
}

/** @throws DamageFound for a stream that is over and has no checkpoint that says so */
export function checkSealed(stream: StreamProgress): void {
  if (stream.sealed) return
  const message = `The stream is over, but its final checkpoint is gone.`
  throw new DamageFound("missing_checkpoint", { stream: stream.name, seq: stream.firstOpen }, message)
}
