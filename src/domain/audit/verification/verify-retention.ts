/**
 * Whether what is no longer there was dropped by the log itself: a `retention` entry holds a note, signed by the log's
 * key, that names the stream and how far it goes. An entry alone would not do: before the next checkpoint anyone who
 * can write the file can add one. A note is signed when all before its stream is gone, so it speaks for that, too; the
 * notes of those streams go with the entries that they stand in.
 */

import { DamageFound } from "./damage-found.ts"
import type { Entry } from "../entry.ts"
import { readRetention } from "../retention-note.ts"
import type { StreamProgress } from "./verify-stream.ts"

type Point = { readonly order: number; readonly size: number }

/** More streams than these are only counted. */
const mostNamed = 10

export class RetentionProof {
  readonly #orders = new Map<string, number>()
  readonly #bases: (Point & { readonly stream: string })[] = []
  #recorded: Point & { readonly timeMs: number } = { order: -1, size: 0, timeMs: 0 }

  knows(stream: string): boolean {
    return this.#orders.has(stream)
  }

  /** @param extent a `range` may begin anywhere in its first stream */
  begin({ name, baseSize }: StreamProgress, extent: "whole" | "range"): void {
    const order = this.#orders.size
    this.#orders.set(name, order)
    const isLoose = extent === "range" && order === 0
    if (baseSize > 0 && !isLoose) this.#bases.push({ stream: name, order, size: baseSize })
  }

  /** @param open gives the text of a note that the log's key has signed */
  record({ detail = {} }: Entry, open: (note: string) => string | undefined): void {
    const text = open(String(detail["note"] ?? ""))
    const note = text === undefined ? undefined : readRetention(text)
    if (note === undefined) return
    const point = { ...note, order: this.#orders.get(note.stream) ?? -1 }
    if (isBeyond(point, this.#recorded)) this.#recorded = point
  }

  /** @throws DamageFound */
  finish(): void {
    const unproven = this.#bases.find((base) => isBeyond(base, this.#recorded))
    if (unproven === undefined) return
    const recorded = unproven.order === this.#recorded.order ? this.#recorded.size : 0
    const message = `The entries up to ${unproven.size} are gone, and no note signed by the log says that they were to be dropped.`
    throw new DamageFound("missing", { stream: unproven.stream, seq: recorded + 1 }, message)
  }

  /** What was dropped and when, of the newest streams by name. */
  get sentences(): readonly string[] {
    if (this.#bases.length === 0) return []
    const newest = this.#bases.slice(-mostNamed)
    const others = this.#bases.length - newest.length
    const named = newest.map(({ stream, size }) => `entries 1 to ${size} of stream ${stream}`)
    const list = [...(others > 0 ? [`${others} streams before`] : []), ...named].join("; ")
    const when = instant(this.#recorded.timeMs)
    return [
      `What retention has dropped, the last of it at ${when} as a note signed by the log says, cannot be looked at any more: ${list}.`,
    ]
  }
}

function isBeyond(a: Point, b: Point): boolean {
  return a.order === b.order ? a.size > b.size : a.order > b.order
}

/** A number that is no date must not end a verification. */
function instant(timeMs: number): string {
  const date = new Date(timeMs)
  return Number.isNaN(date.getTime()) ? `${timeMs} ms` : date.toISOString()
}
