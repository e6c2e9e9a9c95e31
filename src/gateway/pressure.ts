/**
 * Measures how much this process has to do, four times a second, by one timer that keeps nothing alive: its heap and its
 * memory against their limits, and how late its event loop is. What follows: domain/overload.ts.
 */

import { totalmem } from "node:os"
import { getHeapStatistics, setFlagsFromString } from "node:v8"
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
const collectEveryMs = 30_000

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
 * once before that is believed; if it is full in truth, V8 is about to do the same.
 */
class Memory {
  readonly #rssLimit: number
  #collect: Collect | undefined
  #collectedAtMs = Number.NEGATIVE_INFINITY
  #isCollecting = false

  constructor(rssLimit: number) {
    this.#rssLimit = rssLimit
  }

  look(nowMs: number): Pick<Reading, "heapShare" | "rssShare"> {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    const [heapShare, rssShare] = [used / limit, process.memoryUsage.rss() / this.#rssLimit]
    if (Math.max(heapShare, rssShare) < fullShare) return { heapShare, rssShare }
    if (nowMs - this.#collectedAtMs > collectEveryMs) this.#begin(nowMs)
    const believed = this.#isCollecting ? unproven : 1
    return { heapShare: Math.min(heapShare, believed), rssShare: Math.min(rssShare, believed) }
  }

  #begin(nowMs: number): void {
    this.#collectedAtMs = nowMs
    this.#isCollecting = true
    this.#collect ??= collector()
    const end = (): void => void (this.#isCollecting = false)
    this.#collect({ type: "major", execution: "async" }).then(end, end)
  }
}

function collector(): Collect {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc") as Collect
}
