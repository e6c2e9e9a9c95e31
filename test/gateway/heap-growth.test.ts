import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { test } from "node:test"
import { promisify } from "node:util"
import { root } from "../support/process.ts"

const run = promisify(execFile)

/** Fills the heap with what stays, and says how large the young generation has become for it, in MB. */
const script = `
  import { setTimeout as wait } from "node:timers/promises"
  import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8"
  import { growForCalls } from ${JSON.stringify(join(root, "src/gateway/heap-growth.ts"))}
  setFlagsFromString("--semi-space-growth-factor=1")
  const young = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space").space_size
  const kept = []
  const fill = () => kept.push(Array.from({ length: 300_000 }, (_, at) => ({ at })))
  const ends = []
  let made = 0
  growForCalls(process.argv[1] === "workers" ? undefined : () => made, { add: (end) => ends.push(end) })
  const calls = process.argv[1] === "calls" ? setInterval(() => (made += 100), 50) : undefined
  for (let times = 0; times < 3; times++) {
    fill()
    await wait(700)
  }
  clearInterval(calls)
  for (const end of ends) end()
  console.log(young() / 1_048_576)
`

async function youngMb(what: "silence" | "calls" | "workers"): Promise<number> {
  const args = ["--input-type=module", "-e", script, what]
  return Number((await run(process.execPath, args, { timeout: 60_000 })).stdout)
}

test("the young generation of the heap grows for calls, and not for what stays while there are none", async () => {
  const [silent, calling, owning] = await Promise.all([youngMb("silence"), youngMb("calls"), youngMb("workers")])
  assert.ok(silent <= 4, `${silent} MB`)
  assert.ok(calling >= 8, `${calling} MB`)
  assert.ok(owning >= 8, `${owning} MB`)
})
