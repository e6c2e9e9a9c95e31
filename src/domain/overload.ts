/**
 * How much the gateway has to do, in levels, and what it takes no more of at each: first new sessions and streams, then
 * new calls, then connections. A level is entered as soon as its mark is passed, and left one at a time, well below it
 * and after a while, so that it does not flap.
 *
 * Who measures: gateway/pressure.ts. Who refuses: surfaces/http/shedding.ts.
 */

/** What is refused at each level and those above it. */
export const refusedFrom = { sessions: 1, streams: 1, calls: 2, connections: 3 } as const

export type Refusable = keyof typeof refusedFrom

export type LoadLevel = 0 | 1 | 2 | 3

export type Load = {
  readonly level: LoadLevel
  /** What is short, in words; undefined while nothing is. */
  readonly reason: string | undefined
}

export type Reading = {
  /** Of its limit, 0 to 1. */
  readonly heapShare: number
  readonly rssShare: number
  /** The least of the last second, in ms. */
  readonly delayMs: number
}

/** What was refused since the start, of all processes. */
export type Shed = Readonly<Record<Refusable | "slowReaders", number>>

/** How the gateway bears its load, for those who look after it. */
export interface Overload {
  report(): Load & { readonly shed: Shed }
}

export const nothingShed: Shed = { sessions: 0, streams: 0, calls: 0, connections: 0, slowReaders: 0 }

/** Where the levels begin. @see RES-06 in SECURITY.md */
const memoryMarks = [0.85, 0.92, 0.95] as const
/** Of `overload.delayMs`. */
const delayMarks = [0.5, 1, 4] as const
/** A level is left below so much of its mark. */
const easedShare = 0.94
/** ... and once that has held for so long. */
const calmMs = 2_000

export class LoadLevels {
  readonly #delayMs: number
  #load: Load = { level: 0, reason: undefined }
  #highAtMs = 0

  /** @param delayMs `overload.delayMs` */
  constructor(delayMs: number) {
    this.#delayMs = delayMs
  }

  /** @param nowMs on a clock that never jumps */
  look(reading: Reading, nowMs: number): Load {
    const level = this.#levelOf(reading, 1)
    if (level > 0 && level >= this.#load.level) {
      this.#highAtMs = nowMs
      return (this.#load = { level, reason: reasonOf(reading, this.#delayMs) })
    }
    if (this.#levelOf(reading, easedShare) >= this.#load.level) this.#highAtMs = nowMs
    else if (nowMs - this.#highAtMs >= calmMs) this.#ease(nowMs)
    return this.#load
  }

  #ease(nowMs: number): void {
    const level = Math.max(0, this.#load.level - 1) as LoadLevel
    this.#highAtMs = nowMs
    this.#load = { level, reason: level === 0 ? undefined : this.#load.reason }
  }

  #levelOf({ heapShare, rssShare, delayMs }: Reading, share: number): LoadLevel {
    const memory = Math.max(heapShare, rssShare)
    return Math.max(
      passed(memory, memoryMarks, share),
      passed(delayMs / this.#delayMs, delayMarks, share),
    ) as LoadLevel
  }
}

function passed(value: number, marks: readonly number[], share: number): number {
  return marks.filter((mark) => value >= mark * share).length
}

/** The shortest of all first. */
function reasonOf({ heapShare, rssShare, delayMs }: Reading, delayLimitMs: number): string {
  if (Math.max(heapShare, rssShare) < memoryMarks[0])
    return `its event loop is ${Math.round(delayMs)} ms late (overload.delayMs ${delayLimitMs})`
  return heapShare >= rssShare
    ? `${percent(heapShare)} of its heap is used (--max-old-space-size)`
    : `${percent(rssShare)} of its memory is used (overload.rssBytes)`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
