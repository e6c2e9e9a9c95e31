/** `npm run faults -- exhaustion` and `-- soak`, small: some hundred streams, 2,000 abandoned sessions, 256 descriptors. */

import { test } from "node:test"
import { abandoned } from "./abandoned.ts"
import { descriptorsAtTheLimit } from "./descriptors.ts"
import { idleStreams } from "./idle-streams.ts"
import { memoryCeiling } from "./memory-ceiling.ts"
import { missingProgram } from "../missing-program.ts"
import { report } from "../report.ts"
import { soak } from "./soak.ts"

const limit = { timeout: 600_000 }

test("RES-01 idle streams cost little, and calls beside them are as fast as before", limit, async (t) => {
  await report(t, await idleStreams(300, 60))
})

test("RES-02 RES-07 abandoned sessions and connections leave nothing behind", limit, async (t) => {
  await report(t, await abandoned(2_000))
})

test(
  "RES-04 a gateway out of descriptors says so, goes on with what it has, and recovers",
  { ...limit, skip: missingProgram("prlimit") },
  async (t) => report(t, await descriptorsAtTheLimit(1)),
)

test("RES-06 a flood that is larger than its memory does not end the gateway", limit, async (t) => {
  await report(t, await memoryCeiling(2))
})

test("RES-05 under mixed load nothing fails", limit, async (t) => {
  await report(t, await soak(0.08))
})
