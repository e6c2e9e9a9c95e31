/**
 * Whether what is no longer there was dropped by the log itself: a `retention` entry records how far it went, before it
 * goes. Without it, whoever can write the file could cut the log off at any checkpoint and call that retention.
 */

import { DamageFound } from "./damage-found.ts"
import type { Entry } from "../entry.ts"
import type { StreamProgress } from "./verify-stream.ts"

type Point = { readonly order: number; readonly size: number }

export class RetentionProof {
  readonly #orders = new Map<string, number>()
  readonly #bases: (Point & { readonly stream: string })[] = []
  #recorded: Point = { order: -1, size: 0 }

  knows(stream: string): boolean {
    return this.#orders.has(stream)
  }

  begin(stream: StreamProgress): void {
    const order = this.#orders.size
    this.#orders.set(stream.name, order)
    if (stream.baseSize > 0) this.#bases.push({ stream: stream.name, order, size: stream.baseSize })
  }

  /** @param detail `lastStream` and `lastSeq` say up to where all is or will be dropped, the streams before included */
  record({ detail = {} }: Entry): void {
    const point = { order: this.#orders.get(String(detail["lastStream"])) ?? -1, size: Number(detail["lastSeq"]) }
    if (!isBeyond(this.#recorded, point)) this.#recorded = point
  }

  /** @throws DamageFound */
  finish(): void {
    const unproven = this.#bases.find((base) => isBeyond(base, this.#recorded))
    if (unproven === undefined) return
    const recorded = unproven.order === this.#recorded.order ? this.#recorded.size : 0
    const message = `The entries up to ${unproven.size} are gone, and no entry says that they were to be dropped.`
    throw new DamageFound("missing", { stream: unproven.stream, seq: recorded + 1 }, message)
  }
}

function isBeyond(a: Point, b: Point): boolean {
  return a.order === b.order ? a.size > b.size : a.order > b.order
}
