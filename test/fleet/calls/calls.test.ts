import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { GatewayError } from "../../../src/errors.ts"
import { callTool, openFleet, program, textOf, until } from "../fleet-kit.ts"

const wayward = program("test/fleet/wayward-service.ts")

function refusal(code: string): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof GatewayError && thrown.code === code
}

test("a crashed child fails its pending call at once and is started again", async (t) => {
  const { fleet } = await openFleet(t, { way: wayward })
  const before = textOf(await callTool(fleet, "way", "pid"))
  const pending = callTool(fleet, "way", "hang")
  const crashing = callTool(fleet, "way", "crash")
  const outcomes = await Promise.allSettled([pending, crashing])
  for (const outcome of outcomes) {
    assert.ok(outcome.status === "rejected" && refusal("service_unavailable")(outcome.reason))
  }
  const error = GatewayError.from(outcomes[0].status === "rejected" && outcomes[0].reason)
  assert.deepEqual(error.next, { operation: "diagnose_service", arguments: { name: "way" } })
  const after = textOf(await callTool(fleet, "way", "pid"))
  assert.notEqual(after, before)
})

test("principals of an isolated service get children of their own", async (t) => {
  const { fleet } = await openFleet(t, { way: { ...wayward, isolation: "principal" } })
  const pidOf = async (principalId: string): Promise<string> =>
    textOf(await callTool(fleet, "way", "pid", {}, { principalId }))
  const [ann, ben, annAgain] = [await pidOf("ann"), await pidOf("ben"), await pidOf("ann")]
  assert.notEqual(ann, ben)
  assert.equal(ann, annAgain)
})

test("a session of its own keeps its child until the session ends", async (t) => {
  const { fleet } = await openFleet(t, { way: { ...wayward, isolation: "session" } })
  const ending = new AbortController()
  const session = { id: "s1", closed: ending.signal }
  const first = textOf(await callTool(fleet, "way", "pid", {}, { exchange: { session } }))
  assert.equal(textOf(await callTool(fleet, "way", "pid", {}, { exchange: { session } })), first)
  ending.abort()
  const other = { id: "s2", closed: new AbortController().signal }
  assert.notEqual(textOf(await callTool(fleet, "way", "pid", {}, { exchange: { session: other } })), first)
  await until("the child of the first session is gone", () => !runs(Number(first)))
})

test("a repeatable call whose connection dies is made again", async (t) => {
  const { fleet, folder } = await openFleet(t, { way: wayward })
  const file = join(folder, "calls.txt")
  assert.equal(textOf(await callTool(fleet, "way", "die_once", { file }, { repeatable: true })), "survived")
  assert.equal(await readFile(file, "utf8"), "called\ncalled\n")
})

test("a call that is not repeatable is executed at most once", async (t) => {
  const { fleet, folder } = await openFleet(t, { way: wayward })
  const file = join(folder, "calls.txt")
  await assert.rejects(callTool(fleet, "way", "record", { file }), refusal("service_unavailable"))
  assert.ok(await callTool(fleet, "way", "pid"))
  assert.equal(await readFile(file, "utf8"), "called\n")
})

test("a call is refused when too many wait already", async (t) => {
  const { fleet } = await openFleet(t, { way: { ...wayward, concurrency: 1 } }, { limits: { queue: 1 } })
  await callTool(fleet, "way", "pid")
  const stop = new AbortController()
  const exchange = { signal: stop.signal }
  const inside = callTool(fleet, "way", "hang", {}, { exchange })
  const waiting = callTool(fleet, "way", "hang", {}, { exchange })
  const { endpoints } = fleet.status()[0] ?? {}
  assert.deepEqual([endpoints?.[0]?.inFlight, endpoints?.[0]?.waiting], [1, 1])
  await assert.rejects(callTool(fleet, "way", "hang"), refusal("overloaded"))
  stop.abort()
  await assert.rejects(inside)
  await assert.rejects(waiting)
  assert.ok(await callTool(fleet, "way", "pid"))
})

test("progress pushes the idle deadline back, but not the hard one", async (t) => {
  const { fleet } = await openFleet(t, { way: { ...wayward, timeoutMs: 1_000, maxTimeMs: 4_000 } })
  await callTool(fleet, "way", "pid")
  assert.equal(textOf(await callTool(fleet, "way", "progress", { times: 24 })), "done")
  await assert.rejects(callTool(fleet, "way", "hang"), { code: "timeout", message: /timeoutMs/ })
  await assert.rejects(callTool(fleet, "way", "progress", { times: 1_000 }), {
    code: "timeout",
    message: /maxTimeMs/,
  })
})

test("a service that does not exist, or is disabled, is not called", async (t) => {
  const { fleet } = await openFleet(t, { way: { ...wayward, enabled: false } })
  await assert.rejects(callTool(fleet, "other", "pid"), refusal("not_found"))
  await assert.rejects(callTool(fleet, "way", "pid"), refusal("service_unavailable"))
  assert.equal(fleet.status()[0]?.state, "disabled")
})

test("what was removed is gone, and what was not touched goes on", async (t) => {
  const { fleet, files } = await openFleet(t, { one: wayward, two: wayward })
  const [one, two] = await Promise.all([callTool(fleet, "one", "pid"), callTool(fleet, "two", "pid")])
  await files.remove("one")
  await assert.rejects(callTool(fleet, "one", "pid"), refusal("not_found"))
  assert.equal(textOf(await callTool(fleet, "two", "pid")), textOf(two))
  await until("its child is gone", () => !runs(Number(textOf(one))))
})

test("a call under way ends in peace when its service is removed", async (t) => {
  const { fleet, files } = await openFleet(t, { way: wayward })
  await callTool(fleet, "way", "pid")
  const progress = Promise.withResolvers<void>()
  const call = callTool(fleet, "way", "progress", { times: 5 }, { exchange: { notify: () => progress.resolve() } })
  await progress.promise
  await files.remove("way")
  assert.equal(textOf(await call), "done")
})

test("a change of its file restarts that service alone", async (t) => {
  const { fleet, files } = await openFleet(t, { one: wayward, two: wayward })
  const pids = async (): Promise<string[]> => {
    const answers = await Promise.all([callTool(fleet, "one", "pid"), callTool(fleet, "two", "pid")])
    return answers.map(textOf)
  }
  const before = await pids()
  await files.write("one", { ...wayward, title: "One" }, { ifNew: false })
  const after = await pids()
  assert.notEqual(after[0], before[0])
  assert.equal(after[1], before[1])
  assert.equal(fleet.status()[0]?.title, "One")
})

test("a service that answers no ping is started again", async (t) => {
  const health = { intervalMs: 200, timeoutMs: 200 }
  const { fleet } = await openFleet(t, { way: { ...wayward, health } })
  const before = textOf(await callTool(fleet, "way", "pid"))
  assert.equal((await fleet.check("way")).healthy, true)
  await callTool(fleet, "way", "deafen")
  await until("another one answers", async () => {
    const answer = await callTool(fleet, "way", "pid", {}, { repeatable: true }).catch(() => undefined)
    return answer !== undefined && textOf(answer) !== before
  })
})

test("stopping the fleet leaves no child behind, started or starting", async (t) => {
  const { fleet } = await openFleet(t, { way: wayward, slow: program("test/fleet/wayward-service.ts", "mute") })
  const pid = Number(textOf(await callTool(fleet, "way", "pid")))
  await fleet.stop(0)
  assert.equal(runs(pid), false)
  await assert.rejects(callTool(fleet, "way", "pid"), refusal("service_unavailable"))
})

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
