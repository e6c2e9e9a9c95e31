import assert from "node:assert/strict"
import { test } from "node:test"
import { SourceCounts } from "../../../src/surfaces/http/source-counts.ts"

/** How many of so many connections from each address are let in. */
function letIn(counts: SourceCounts, ...addresses: readonly string[]): number {
  return addresses.filter((address) => counts.enter(address) !== undefined).length
}

test("each address has its own room, an IPv4 address as IPv6 the same", () => {
  const counts = new SourceCounts(2, [])
  assert.equal(letIn(counts, "10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1"), 2)
  assert.equal(letIn(counts, "10.0.0.2"), 1)
})

test("a network of 64 bits is one source, however its addresses are written", () => {
  const counts = new SourceCounts(2, [])
  assert.equal(letIn(counts, "2001:db8:1:2::1", "2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::3"), 2)
  assert.equal(letIn(counts, "2001:db8:1:3::1", "::1"), 2)
})

test("who leaves makes room, and nothing is kept of who has left", () => {
  const counts = new SourceCounts(1, [])
  const source = counts.enter("10.0.0.1") ?? assert.fail()
  counts.leave(source)
  assert.equal(letIn(counts, "10.0.0.1", "10.0.0.1"), 1)
  counts.leave(source)
  assert.equal(counts.size, 0)
})

test("a trusted proxy is not held to the limit", () => {
  const counts = new SourceCounts(1, ["10.0.0.0/8", "fd00::1"])
  assert.equal(letIn(counts, "10.1.2.3", "10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "fd00::1"), 5)
  assert.equal(letIn(counts, "11.0.0.1", "11.0.0.1", "fd00::2", "fd00::2"), 2)
})
