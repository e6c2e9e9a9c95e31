/**
 * One gateway of several processes: what one of them could count wrong, do twice or lose. The rig, its journals and what
 * must hold of them are those of the faults suites.
 */
import assert from "node:assert/strict"
import { after, before, beforeEach, test } from "node:test"
import {
  allowed,
  answeredOf,
  callAtOnce,
  crowd,
  otherwise,
  setQuotas,
  usedOf,
} from "../faults/quotas/quota-round.ts"
import { openRig, type Rig } from "../faults/rig.ts"
import { childrenOf, commandOf, isAlive } from "./child-processes.ts"
import { eventually } from "./eventually.ts"
import { perform } from "./operations.ts"

const limit = { timeout: 120_000 }
const size = 3
const callsPerSecond = 100

let rig: Rig

before(async () => {
  rig = await openRig()
  await rig.start({ args: ["--workers", String(size)], env: { MCP_META_LIMITS_DRAIN_MS: "5000" } })
})

beforeEach(() => eventually("all workers are up", async () => (await readiness()).up === size))

after(() => rig?.close())

test("of a thousand calls at once a quota lets through as many as it allows", limit, async () => {
  const agent = await rig.agent("crowd")
  const ids = await setQuotas(rig, [{ target: "tool:modern__count", limit: allowed, algorithm: "fixed_window" }])
  const asked = await callAtOnce(rig, agent, crowd)
  assert.equal(answeredOf(asked), allowed)
  assert.deepEqual(otherwise(asked), [])
  assert.deepEqual(await usedOf(rig, ids), [allowed])
  assert.deepEqual(await rig.check(), [])
})

test(
  "a worker that is killed takes along its open calls, which are closed in the record, and nothing else",
  limit,
  async (t) => {
    const load = rig.load(callsPerSecond)
    await made(20)
    const [victim = 0] = workers()
    process.kill(victim, "SIGKILL")
    await eventually(
      "another is in its place",
      async () => !workers().includes(victim) && workers().length === size,
    )
    await made(20)
    await load.stop()
    const lost = rig.calls.of("unknown")
    t.diagnostic(`${lost.length} of ${rig.calls.asked.length} calls were cut`)
    const refused = rig.calls
      .of("refused")
      .filter(({ fate }) => fate?.kind === "refused" && fate.code !== "quota_exceeded")
    assert.deepEqual(refused, [])
    assert.deepEqual(await rig.check(), [])
    const { entries } = (await perform(rig.clients.modern, "audit_query", { outcome: "unknown_after_crash" })) as {
      entries: object[]
    }
    assert.ok(entries.length <= lost.length, `${entries.length} were closed, ${lost.length} were cut`)
  },
)

test("LIF-02 new workers take the place of the old ones without a call that fails", limit, async (t) => {
  const old = workers()
  const cut = rig.calls.of("unknown").length
  const load = rig.load(callsPerSecond)
  await made(20)
  process.kill(rig.pid, "SIGHUP")
  await eventually("the old ones are gone", () => !old.some(isAlive), 60_000)
  await made(20)
  const { made: calls } = await load.stop()
  t.diagnostic(`${calls} calls were made meanwhile`)
  assert.equal(workers().length, size)
  assert.equal(rig.calls.of("unknown").length, cut)
  assert.deepEqual(await rig.check(), [])
})

test("a program runs once, however many workers there are", limit, async () => {
  await rig.calls.call(rig.clients.modern, "piped__count")
  const programs = [rig.pid, ...workers()].flatMap(childrenOf).filter((pid) => commandOf(pid).includes("--stdio"))
  assert.equal(programs.length, 1)
})

test("a stop under load leaves no call open, and the log is whole", limit, async () => {
  const load = rig.load(callsPerSecond)
  await made(20)
  const [pids, stopped] = [workers(), rig.stop()]
  await load.stop()
  await stopped
  assert.deepEqual(pids.filter(isAlive), [])
  assert.deepEqual(await rig.checkStopped(), [])
})

function workers(): readonly number[] {
  return childrenOf(rig.pid).filter((pid) => commandOf(pid).includes("main/worker"))
}

async function readiness(): Promise<{ readonly up: number; readonly of: number }> {
  const answer = await fetch(`${rig.origin}/readiness`)
  return ((await answer.json()) as { workers: { up: number; of: number } }).workers
}

/** Waits for so many more calls to be answered. */
async function made(more: number): Promise<void> {
  const enough = rig.calls.of("answered").length + more
  await eventually("calls are answered", () => rig.calls.of("answered").length >= enough, 30_000)
}
