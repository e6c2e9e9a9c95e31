import assert from "node:assert/strict"
import { test } from "node:test"
import { createTaskIds } from "../../../src/call/tasks/task-ids.ts"
import { createSealer } from "../../../src/identity/sealer.ts"

const sealer = createSealer(Buffer.alloc(32, 7))
const ids = createTaskIds(sealer, "task")
const record = { principalId: "ann", service: "s", tool: "t", taskId: "inner id" }

test("an id says nothing and opens to its record, here and for tasks alone", () => {
  const id = ids.seal(record)
  assert.ok(!Buffer.from(id, "base64url").includes("inner id"))
  assert.deepEqual(ids.open(id), record)
  assert.equal(createTaskIds(sealer, "task-round").open(id), undefined)
  assert.equal(createTaskIds(createSealer(Buffer.alloc(32, 8)), "task").open(id), undefined)
})

test("ISO-09 an id with any one character changed, added or missing is none", () => {
  const id = ids.seal(record)
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  let accepted = 0
  for (let at = 0; at < id.length; at++) {
    for (const other of alphabet) {
      if (other !== id[at] && ids.open(id.slice(0, at) + other + id.slice(at + 1))) accepted++
    }
    if (ids.open(id.slice(0, at) + id.slice(at + 1))) accepted++
  }
  if (ids.open(`${id}A`) ?? ids.open(` ${id}`) ?? ids.open(`${id}=`)) accepted++
  assert.equal(accepted, 0)
})

test("a service's id that no header could carry is refused", () => {
  assert.throws(() => ids.seal({ ...record, taskId: "x".repeat(1_025) }), { code: "service_error" })
})
