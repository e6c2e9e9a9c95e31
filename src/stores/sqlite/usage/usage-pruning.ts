/** Old sums lose their finer grains: minutes are kept two days, hours and latencies a hundred, days for good. */

import type { DatabaseSync } from "node:sqlite"

const dayMs = 86_400_000
const keptMinutesMs = 2 * dayMs
const keptHoursMs = 100 * dayMs

export function pruneUsage(db: DatabaseSync, nowMs: number): void {
  const drop = db.prepare("DELETE FROM usage_sums WHERE grain = ? AND bucket < ?")
  drop.run("minute", nowMs - keptMinutesMs)
  drop.run("hour", nowMs - keptHoursMs)
  db.prepare("DELETE FROM latency_sums WHERE bucket < ?").run(nowMs - keptHoursMs)
}
