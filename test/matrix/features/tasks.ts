/** Calls that run as tasks: two ways of the two eras, and what is made of each for clients of the other. */
import assert from "node:assert/strict"
import { eventually } from "../../journeys/eventually.ts"
import { cellOf, type Cell } from "../cells.ts"
import type { Json } from "../driver.ts"
import { nameOf, textOf, type Bench, type Feature } from "../feature.ts"

const methodNotFound = -32601
const missingCapability = -32021

export const tasks: Feature = {
  name: "tasks",
  proof: {
    "legacy-legacy": "a call that asks to be a task is one: listed, polled, cancelled, its result fetched",
    "legacy-modern": "a task that the service makes of a call is waited for in the open call",
    "modern-legacy": "a tool that runs as a task only is one of the extension, whose end brings the result",
    "modern-modern": "a task that the service makes of a call passes to a client that declared the extension",
  },
  prove: (bench) => proofs[cellOf(bench.client, bench.service)](bench),
  missing: {
    before: "2025-11-25",
    says: "Tasks were introduced in version 2025-11-25 of the MCP specification and are currently considered **experimental**.",
    where: "https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/tasks",
    proof: "what runs as a task only is not offered by a legacy service, and waited for with a modern one",
    prove: (bench) => (bench.service.era === "legacy" ? isHidden(bench) : isWaitedFor(bench)),
  },
}

const proofs: Readonly<Record<Cell, (bench: Bench) => Promise<void>>> = {
  "legacy-legacy": async (bench) => {
    const { driver } = bench
    const call = { name: nameOf(bench, "test_task_required"), arguments: { ms: 60, label: "tea" } }
    const id = await legacyTask(bench, call)
    const state = (): Promise<Json> => driver.request("tasks/get", { taskId: id })
    const { tasks: listed } = (await driver.request("tasks/list", {})) as { tasks: { taskId: string }[] }
    assert.ok(listed.some(({ taskId }) => taskId === id))
    await eventually("the task has ended", async () => (await state())["status"] === "completed")
    assert.equal(textOf(await driver.request("tasks/result", { taskId: id })), "Waited for tea")
    const slow = await legacyTask(bench, { ...call, arguments: { ms: 5_000, label: "more" } })
    assert.equal((await driver.request("tasks/cancel", { taskId: slow }))["status"], "cancelled")
  },
  "legacy-modern": async (bench) => {
    await isWaitedFor(bench)
    const call = { name: nameOf(bench, "slow_compute"), arguments: { seconds: 0.1, label: "tea" } }
    const asTask = bench.driver.request("tools/call", { ...call, task: { ttl: 60_000 } })
    await assert.rejects(asTask, { code: methodNotFound })
  },
  "modern-legacy": async (bench) => {
    await isHidden(bench)
    await assert.rejects(bench.driver.call(nameOf(bench, "test_task_required")), { code: missingCapability })
    const call = { name: nameOf(bench, "test_task_required"), arguments: { ms: 60, label: "tea" } }
    assert.equal(await endOfModernTask(bench, call), "Waited for tea")
  },
  "modern-modern": async (bench) => {
    const call = { name: nameOf(bench, "slow_compute"), arguments: { seconds: 0.1, label: "tea" } }
    assert.equal(textOf(await bench.driver.call(call.name, call.arguments)), "Computed tea")
    assert.equal(await endOfModernTask(bench, call), "Computed tea")
  },
}

async function legacyTask({ driver }: Bench, call: Json): Promise<string> {
  const { task } = await driver.request("tools/call", { ...call, task: { ttl: 60_000 } })
  const { taskId, status } = task as { taskId: string; status: string }
  assert.equal(status, "working")
  return taskId
}

/** Polls as a client does that has the extension, and cancels another task of the kind. */
async function endOfModernTask({ driver }: Bench, call: Json): Promise<string> {
  const begin = async (): Promise<unknown> => {
    const { resultType, taskId } = await driver.request("tools/call", call)
    assert.equal(resultType, "task")
    return taskId
  }
  const taskId = await begin()
  let state: Json = {}
  await eventually("the task has ended", async () => {
    state = await driver.request("tasks/get", { taskId })
    return state["status"] === "completed"
  })
  await driver.request("tasks/cancel", { taskId: await begin() })
  return textOf(state["result"] as Json)
}

/** A tool that this client could never be given the result of. */
async function isHidden(bench: Bench): Promise<void> {
  const { driver } = bench
  const names = (await driver.items("tools")).map(({ name }) => name)
  assert.ok(!names.includes(nameOf(bench, "test_task_required")))
  const answer = await driver.call(nameOf(bench, "test_task_optional"), { ms: 10, label: "tea" })
  assert.equal(textOf(answer), "Waited for tea")
}

async function isWaitedFor(bench: Bench): Promise<void> {
  const { driver } = bench
  assert.equal(textOf(await driver.call(nameOf(bench, "test_unasked_task"), { seconds: 0.1 })), "Done")
  const failed = await driver.call(nameOf(bench, "failing_job"))
  assert.deepEqual([failed["isError"], textOf(failed)], [true, "The job failed"])
}
