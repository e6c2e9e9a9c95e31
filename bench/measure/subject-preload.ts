/**
 * Loaded into a subject before its own code (`--import`): at SIGUSR2 it answers, in BENCH_ASK.<pid>.answer, the question
 * that stands in BENCH_ASK.<pid>. Who asks: ask-subject.ts.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks"
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { isMainThread } from "node:worker_threads"
import type { Answers, Question } from "./ask-subject.ts"

/** Of the histogram's own timer, ms. */
const resolution = 10

const path = process.env["BENCH_ASK"]
if (isMainThread && path !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  let collections = 0
  new PerformanceObserver((list) => (collections += list.getEntries().length)).observe({ entryTypes: ["gc"] })
  const answers: { readonly [K in Question]: () => Answers[K] } = {
    delay: () => {
      const p99Ms = Math.max(0, histogram.percentile(99) / 1e6 - resolution)
      histogram.reset()
      return { p99Ms }
    },
    collect: () => {
      setFlagsFromString("--expose-gc")
      for (let times = 0; times < 2; times++) (runInNewContext("gc") as () => void)()
      return {}
    },
    heap: () => {
      const { used_heap_size: heapBytes, external_memory: externalBytes } = getHeapStatistics()
      const old = getHeapSpaceStatistics().find(({ space_name: name }) => name === "old_space")
      return { heapBytes, oldBytes: old?.space_used_size ?? 0, externalBytes, collections }
    },
    resources: () => {
      const counts: Record<string, number> = {}
      for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
      return counts
    },
  }
  process.on("SIGUSR2", () => {
    const file = `${path}.${process.pid}`
    const answer = JSON.stringify(answers[readFileSync(file, "utf8") as Question]())
    writeFileSync(`${file}.new`, answer)
    renameSync(`${file}.new`, `${file}.answer`)
  })
}
