import assert from "node:assert/strict"
import { test } from "node:test"
import { Taints } from "../../../src/domain/plans/taint.ts"

const ms = 1_000

function open(): Taints {
  const taints = new Taints({ calls: 3, ms })
  taints.mark("web", "untrusted")
  taints.mark("files", "trusted")
  return taints
}

function receive(taints: Taints, nowMs = 0): void {
  taints.begin("ann", "web", nowMs)
  taints.end("ann", "web", nowMs)
}

test("T13 whoever received results is tainted until so many calls and so much time are over, and nobody else", () => {
  const taints = open()
  assert.deepEqual([taints.isUntrusted("web"), taints.isUntrusted("files")], [true, false])
  receive(taints)
  assert.deepEqual(taints.of("ann", 0), { service: "web", callsAgo: 1 })
  assert.equal(taints.of("bob", 0), undefined)
  for (let calls = 0; calls < 10; calls++) taints.pass("ann", ms - 1)
  assert.deepEqual(taints.of("ann", ms - 1), { service: "web", callsAgo: 11 })
  taints.pass("ann", ms)
  assert.equal(taints.of("ann", ms), undefined)
})

test("time alone does not end it, and new results begin it anew", () => {
  const taints = open()
  receive(taints)
  taints.pass("ann", 5 * ms)
  taints.pass("ann", 5 * ms)
  assert.deepEqual(taints.of("ann", 1_000 * ms), { service: "web", callsAgo: 3 })
  receive(taints, 1_000 * ms)
  for (let calls = 0; calls < 3; calls++) taints.pass("ann", 1_001 * ms - 1)
  assert.notEqual(taints.of("ann", 1_001 * ms - 1), undefined)
  assert.equal(taints.of("ann", 1_001 * ms), undefined)
})

test("while a call is open it says something at any moment", () => {
  const taints = open()
  taints.begin("ann", "web", 0)
  taints.begin("ann", "web", 0)
  for (let calls = 0; calls < 5; calls++) taints.pass("ann", 9 * ms)
  taints.end("ann", "web", 9 * ms)
  for (let calls = 0; calls < 5; calls++) taints.pass("ann", 99 * ms)
  assert.deepEqual(taints.of("ann", 99 * ms), { service: "web", callsAgo: 0 })
  taints.end("ann", "web", 99 * ms)
  assert.deepEqual(taints.of("ann", 199 * ms), { service: "web", callsAgo: 1 })
})

test("nothing is followed where nothing is untrusted, and nothing is kept of who is gone", () => {
  const taints = open()
  assert.equal(taints.isIdle, false)
  receive(taints)
  taints.mark("web", "trusted")
  assert.equal(taints.isIdle, false)
  assert.notEqual(taints.of("ann", 0), undefined)
  taints.forget("ann")
  assert.deepEqual([taints.isIdle, taints.of("ann", 0)], [true, undefined])
})
