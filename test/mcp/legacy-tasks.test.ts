import assert from "node:assert/strict"
import { test } from "node:test"
import { writeLegacyAnswer, readLegacyAnswer } from "../../src/mcp/era-legacy.ts"
import { readCreatedTask, readLegacyTaskNews, writeLegacyNews } from "../../src/mcp/legacy-tasks.ts"
import { readMembers } from "../../src/mcp/outline.ts"
import { noMembers, writeObject, type RawObject } from "../../src/mcp/raw-json.ts"

const text = (members: RawObject | undefined): string => writeObject(members ?? noMembers).toString()
const read = (json: string): RawObject => readMembers(Buffer.from(json))

const task = '{"taskId":"i","status":"working","ttl":12345678901234567890,"x":{"b":1,"a":2},"pollInterval":5}'

test("a task that was begun crosses the neutral form and back byte for byte", () => {
  const created = `{"task":${task},"_meta":{"k":1.0}}`
  const neutral = readCreatedTask(readLegacyAnswer("tools/call", { result: read(created) }))
  assert.match(text(neutral.result), /^\{"resultType":"task","taskId":"i",.*"ttlMs":12345678901234567890/)
  assert.equal(text(writeLegacyAnswer("tools/call", neutral).result), created)
})

test("a service that ran the call at once is answered for as always", () => {
  const neutral = readCreatedTask(readLegacyAnswer("tools/call", { result: read('{"content":[]}') }))
  assert.equal(text(neutral.result), '{"resultType":"complete","content":[]}')
})

test("the state of a task crosses and comes back, without what the older era does not tell", () => {
  for (const method of ["tasks/get", "tasks/cancel"]) {
    const neutral = readLegacyAnswer(method, { result: read(task) })
    assert.match(text(neutral.result), /"pollIntervalMs":5/)
    assert.equal(text(writeLegacyAnswer(method, neutral).result), task)
  }
  const detailed = { result: read('{"resultType":"complete","taskId":"i","ttlMs":1,"result":{"content":[]}}') }
  assert.equal(text(writeLegacyAnswer("tasks/get", detailed).result), '{"taskId":"i","ttl":1}')
  const news = { method: "notifications/tasks/status", params: read(task) }
  assert.equal(readLegacyTaskNews(news).method, "notifications/tasks")
  assert.equal(text(writeLegacyNews(readLegacyTaskNews(news)).params), task)
})

test("what a method of a service's own answers is left alone", () => {
  const own = '{"ttlMs":1,"resultType":"mine","cacheScope":2}'
  const crossed = writeLegacyAnswer("vendor/do", readLegacyAnswer("vendor/do", { result: read(own) }))
  assert.equal(text(crossed.result), own)
})
