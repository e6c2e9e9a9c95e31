/**
 * What openings say was lost: entries that were on record and were not found again, as after a loss of power where
 * `audit.sync` is `process`. Only an opening that is signed excuses what a checkpoint kept outside the store covers.
 */

import type { Checkpoint } from "../checkpoint.ts"
import type { Entry } from "../entry.ts"

export class Losses {
  readonly #sentences: string[] = []
  /** By stream, up to which entry there had been some. */
  readonly #signed = new Map<string, number>()

  record(opening: Entry): void {
    const loss = lossIn(opening)
    if (loss === undefined) return
    const { stream, lost } = loss
    const what =
      lost > 0
        ? `${lost} entries of stream ${stream} that had been on record were gone`
        : `other entries than those on record were found in stream ${stream}`
    this.#sentences.push(
      `As stream ${opening.stream} began, ${what}, as its opening says: by a loss of power, or because someone took them away. Compare with what a sink has got of them.`,
    )
  }

  /** To be called when a checkpoint covers the opening. */
  sign(opening: Entry): void {
    const loss = lossIn(opening)
    if (loss) this.#signed.set(loss.stream, Math.max(loss.upTo, this.#signed.get(loss.stream) ?? 0))
  }

  explain({ stream, size }: Checkpoint): boolean {
    return size <= (this.#signed.get(stream) ?? 0)
  }

  get sentences(): readonly string[] {
    return this.#sentences
  }
}

/** `upTo` is the last entry that there had been. */
function lossIn({ detail = {} }: Entry): { stream: string; lost: number; upTo: number } | undefined {
  const { lost, lostStream, previousStream, previousSize } = detail
  if (typeof lost !== "number") return undefined
  const stream = String(lostStream ?? previousStream)
  const left = stream === previousStream ? Number(previousSize) : 0
  return { stream, lost, upTo: left + lost }
}
