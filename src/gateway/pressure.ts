/**
 * Measures how much this process has to do, four times a second, by one timer that keeps nothing alive: its heap and its
 * memory against their limits, and how late its event loop is. What follows: domain/overload.ts.
 */

import { totalmem } from "node:os"
import { getHeapStatistics, setFlagsFromString, type HeapInfo } from "node:v8"
import { runInNewContext } from "node:vm"
import type { Config } from "../config.ts"
import { LoadLevels, type Load, type Reading } from "../domain/overload.ts"
import type { Closers } from "./closers.ts"

const everyMs = 250
/** A delay counts once it has held for so many looks: a pause for a collection of garbage is no overload. */
const held = 4
/** From here on it matters how much of it is garbage. */
const fullShare = 0.85
/** What is believed of it until that is known. */
const unproven = 0.84
/** At least so long between two collections, and so many times what the last one took. */
const collectEveryMs = 2_000
const collectShare = 20

export function watchPressure(config: Config, onLook: (load: Load) => void, closers: Closers): void {
  const levels = new LoadLevels(config.overload.delayMs)
  const delays: number[] = Array.from({ length: held }, () => 0)
  const memory = new Memory(rssLimitOf(config))
  let dueMs = performance.now() + everyMs
  const timer = setInterval(() => {
    const nowMs = performance.now()
    delays.push(Math.max(0, nowMs - dueMs))
    delays.shift()
    dueMs = nowMs + everyMs
    onLook(levels.look({ ...memory.look(nowMs), delayMs: Math.min(...delays) }, nowMs))
  }, everyMs)
  timer.unref()
  closers.add(() => clearInterval(timer))
}

/** What it may take of the container or the machine. */
function rssLimitOf({ overload: { rssBytes }, workers }: Config): number {
  if (rssBytes > 0) return rssBytes
  const processes = workers > 1 ? workers + 1 : 1
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()) / processes
}

type Collect = (how: { readonly type: "major"; readonly execution: "async" }) => Promise<void>

/**
 * How full heap and memory are. V8 lets garbage lie for as long as there is room, so memory that looks full is collected
 * once before that is believed; if it is full in truth, V8 is about to do the same. What the system's allocator keeps to
 * itself after that (glibc gives little back) is there to be used again, and counts as free.
 */
class Memory {
  readonly #rssLimit: number
  /** Of what is neither heap nor buffers, at the start: code, stacks, other libraries. */
  #besides: number | undefined
  #kept = 0
  #collect: Collect | undefined
  #collectFromMs = 0
  #state: "believed" | "collecting" | "collected" = "believed"

  constructor(rssLimit: number) {
    this.#rssLimit = rssLimit
  }

  look(nowMs: number): Pick<Reading, "heapShare" | "rssShare"> {
    const heap = getHeapStatistics()
    const [heapShare, rssShare] = [heap.used_heap_size / heap.heap_size_limit, this.#taken(heap) / this.#rssLimit]
    if (Math.max(heapShare, rssShare) < fullShare) return { heapShare, rssShare }
    if (nowMs >= this.#collectFromMs) this.#begin(nowMs)
    const most = this.#state === "believed" ? 1 : unproven
    return { heapShare: Math.min(heapShare, most), rssShare: Math.min(rssShare, most) }
  }

  /** Bytes. */
  #taken(heap: HeapInfo): number {
    const rss = residentBytes()
    const live = heap.total_heap_size + heap.external_memory
    this.#besides ??= Math.max(0, rss - live)
    if (this.#state === "collected") {
      this.#kept = Math.max(0, rss - live - this.#besides)
      this.#state = "believed"
    }
    return Math.max(rss - this.#kept, live + this.#besides)
  }

  #begin(nowMs: number): void {
    this.#collectFromMs = Number.POSITIVE_INFINITY
    this.#state = "collecting"
    this.#collect ??= collector()
    const end = (): void => {
      const endedMs = performance.now()
      this.#collectFromMs = endedMs + Math.max(collectEveryMs, collectShare * (endedMs - nowMs))
      this.#state = "collected"
    }
    this.#collect({ type: "major", execution: "async" }).then(end, end)
  }
}

let lastResidentBytes = 0

/** To be read it takes a descriptor, of which there may be none left. */
function residentBytes(): number {
  try {
    lastResidentBytes = process.memoryUsage.rss()
  } catch {
    // as it was
  }
  return lastResidentBytes
}

function collector(): Collect {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc") as Collect
}
