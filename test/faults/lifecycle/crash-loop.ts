/**
 * LIF-08: a program that ends as soon as it is started, for as long as it is there. It is started ever less often, and
 * nobody else's calls notice.
 */

import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type { Figures } from "../figures.ts"
import { openRig } from "../rig.ts"

const callsPerSecond = 80
/** Full jitter may be short a few times, but doubles. */
const mostStarts = 25

export async function crashLoop(lastsMs: number): Promise<Figures> {
  const rig = await openRig()
  try {
    await rig.start()
    const marks = join(rig.data, "starts")
    const script = `require("node:fs").appendFileSync(${JSON.stringify(marks)}, "x"); process.exit(1)`
    const load = rig.load(callsPerSecond)
    const definition = { command: process.execPath, args: ["-e", script] }
    await writeFile(join(rig.servers, "looping.json"), JSON.stringify(definition), { mode: 0o600 })
    await sleep(lastsMs)
    await load.stop()
    const starts = (await readFile(marks, "utf8").catch(() => "")).length
    const [calls, answered] = [rig.calls.asked.length, rig.calls.of("answered").length]
    const violations = [
      ...(starts === 0 ? ["the program was never started"] : []),
      ...(starts > mostStarts ? [`the program was started ${starts} times`] : []),
      ...(answered < calls ? [`${calls - answered} calls of others failed`] : []),
      ...(await rig.check()),
    ]
    return {
      suite: "a program that ends at once",
      figures: { starts, calls, failed: calls - answered },
      violations,
    }
  } finally {
    await rig.close()
  }
}
