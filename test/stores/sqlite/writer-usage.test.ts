import assert from "node:assert/strict"
import { test } from "node:test"
import { binOf } from "../../../src/stores/sqlite/usage/latency-bins.ts"
import { bytes, end, makeKit, start, startMs } from "./writer-kit.ts"

const sums =
  "sum(started) AS started, sum(calls) AS calls, sum(duration_us) AS duration_us, sum(compute_us) AS compute_us, sum(bytes_in) AS bytes_in, sum(bytes_out) AS bytes_out, sum(cost_micro_usd) AS cost"

test("each grain of the usage holds the sums of the entries", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open({ now: () => startMs + 200_000 })
  for (let index = 0; index < 6; index += 1) {
    const timeMs = startMs + index * 30_000
    await writer.append(start(`c${index}`, { timeMs }), { arguments: bytes("12345") })
    await writer.append(end(`c${index}`, { timeMs }), { result: bytes("123") })
  }
  const expected = {
    started: 6,
    calls: 6,
    duration_us: 75_000,
    compute_us: 60_000,
    bytes_in: 30,
    bytes_out: 18,
    cost: 18,
  }
  for (const grain of ["minute", "hour", "day"]) {
    const [row] = kit.rows(`SELECT ${sums} FROM usage WHERE grain = '${grain}'`)
    assert.deepEqual({ ...row }, expected)
  }
  assert.equal(kit.rows("SELECT DISTINCT bucket FROM usage WHERE grain = 'minute'").length, 3)
  const [row] = kit.rows("SELECT * FROM usage WHERE grain = 'day' AND outcome = 'ok'")
  const { principal, principal_id, key, team, service, tool, tags } = row ?? {}
  assert.deepEqual(
    [principal, principal_id, key, team, service, tool, tags],
    ["ann", "p1", "k1", "", "files", "files__read", "io\nlocal"],
  )
  const [bin] = kit.rows("SELECT bucket, tool, bin, sum(calls) AS calls FROM latencies GROUP BY bucket, tool, bin")
  assert.deepEqual({ ...bin }, { bucket: startMs, tool: "files__read", bin: binOf(12.5), calls: 6 })
})

test("operations and refusals are not counted", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  await writer.append(start("c1", { targetKind: "operation" }))
  await writer.append(end("c1", { targetKind: "operation" }))
  await writer.append({ ...start("c2"), kind: "refusal", outcome: "forbidden" })
  assert.deepEqual(kit.rows("SELECT * FROM usage"), [])
})

test("sums beyond what a float can hold stay exact", async (t) => {
  const kit = await makeKit(t)
  const writer = await kit.open()
  const costMicroUsd = Number.MAX_SAFE_INTEGER
  for (const callId of ["a", "b", "c"]) {
    await writer.append(start(callId))
    await writer.append(end(callId, { costMicroUsd }))
  }
  const sum = (): unknown =>
    kit.rows("SELECT CAST(sum(cost_micro_usd) AS TEXT) AS cost FROM usage WHERE grain = 'day'")[0]?.["cost"]
  assert.equal(sum(), String(BigInt(costMicroUsd) * 3n))
  await writer.close(startMs)
  assert.equal(sum(), String(BigInt(costMicroUsd) * 3n))
})

test("finer grains are dropped when they are old", async (t) => {
  const kit = await makeKit(t)
  const first = await kit.open({ now: () => startMs })
  await first.append(start("c1"))
  await first.append(end("c1"))
  await first.close(startMs)
  const grains = (): unknown[] =>
    kit.rows("SELECT DISTINCT grain FROM usage ORDER BY grain").map(({ grain }) => grain)
  assert.deepEqual(grains(), ["day", "hour", "minute"])
  await (await kit.open({ now: () => startMs + 3 * 86_400_000 })).close(startMs)
  assert.deepEqual(grains(), ["day", "hour"])
  await (await kit.open({ now: () => startMs + 101 * 86_400_000 })).close(startMs)
  assert.deepEqual(grains(), ["day"])
  assert.deepEqual(kit.rows("SELECT * FROM latencies"), [])
})

test("usage is told at once and once, before it is added to the tables and after", async (t) => {
  const kit = await makeKit(t)
  const first = await kit.open()
  const told = (): unknown => kit.rows(`SELECT ${sums} FROM usage WHERE grain = 'hour'`).map((row) => ({ ...row }))
  for (let call = 0; call < 1_500; call += 1) {
    first.note(start(`c${call}`, { target: `tool${call}` }))
    first.note(end(`c${call}`, { target: `tool${call}` }))
  }
  await first.append(start("open"))
  const counted = told()
  assert.deepEqual(counted, [
    {
      started: 1_501,
      calls: 1_500,
      duration_us: 18_750_000,
      compute_us: 15_000_000,
      bytes_in: 0,
      bytes_out: 0,
      cost: 4_500,
    },
  ])
  await first.close(startMs)
  assert.deepEqual(told(), counted)
  assert.deepEqual(kit.rows("SELECT 1 FROM usage_recent"), [])
  await (await kit.open()).close(startMs)
  assert.deepEqual(
    kit.rows(`SELECT ${sums} FROM usage WHERE grain = 'day'`).map(({ started, calls }) => [started, calls]),
    [[1_501, 1_501]],
  )
})
