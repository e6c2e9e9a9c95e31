/**
 * Loaded into a subject before its own code (`--import`): at SIGUSR2 it writes how late its event loop was since the
 * last time, in ms, to BENCH_LOOP_DELAY.<pid>. Who asks: loop-delay.ts.
 */

import { renameSync, writeFileSync } from "node:fs"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { isMainThread } from "node:worker_threads"

const path = process.env["BENCH_LOOP_DELAY"]
if (isMainThread && path !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: 10 })
  histogram.enable()
  process.on("SIGUSR2", () => {
    // The histogram counts the wait of its own timer as well.
    const p99Ms = Math.max(0, histogram.percentile(99) / 1e6 - 10)
    histogram.reset()
    const file = `${path}.${process.pid}`
    writeFileSync(`${file}.new`, JSON.stringify({ p99Ms }))
    renameSync(`${file}.new`, file)
  })
}
