/** How rounds become rows, rows tables, and tables a page. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { median, summarize } from "../../bench/measure/rows.ts"
import type { Measured, Subject } from "../../bench/measure/subject.ts"
import { toMarkdown } from "../../bench/measure/table.ts"
import { withTables } from "../../bench/page.ts"
import { reachRows } from "../../bench/reach.ts"

test("a ratio is taken within each round, and then its median", () => {
  const yardstick = subjectOf([1_000, 100, 1_000])
  const [row] = summarize([subjectOf([500, 90, 400])], { yardstick })
  assert.equal(row?.["of yardstick"], 0.5)
  assert.equal(row?.["calls/s"], 400)
  assert.deepEqual([row?.["least"], row?.["most"]], [90, 500])
})

test("the governed call is said in multiples of each subject", () => {
  const governed = subjectOf([900, 900])
  const rows = summarize([governed, subjectOf([100, 300])], { yardstick: governed, governed })
  assert.deepEqual(
    rows.map((row) => row["governed is x"]),
    [1, 6],
  )
})

test("the median of an even number of values lies between the two in the middle", () => {
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([]), 0)
})

test("a table is Markdown with its columns in the order of their first mention", () => {
  const text = toMarkdown([{ subject: "a", "calls/s": 12_345 }, { subject: "longer" }])
  assert.deepEqual(text.split("\n"), [
    "| subject | calls/s |",
    "| ------- | ------: |",
    "| a       |  12,345 |",
    "| longer  |         |",
  ])
})

test("a bench replaces its own tables on the page and nothing else", () => {
  const page = "before\n<!-- bench call -->\nold\n<!-- end of call -->\nafter\n"
  const written = withTables(page, "call", [{ title: "T", about: "A.", rows: [{ a: 1 }] }])
  assert.match(written, /^before\n<!-- bench call -->\n\n\*\*T\.\*\* A\.\n\n\| a \|/)
  assert.ok(written.endsWith("<!-- end of call -->\nafter\n"))
  assert.ok(!written.includes("old"))
  assert.throws(() => withTables(page, "list", []), /no <!-- bench list -->/)
})

function subjectOf(callsPerSecond: readonly number[]): Subject {
  const call = { url: "", headers: {}, body: "" }
  return { name: "", call, connections: 1, pid: 0, saysDelay: false, rounds: callsPerSecond.map(measured) }
}

function measured(callsPerSecond: number): Measured {
  return {
    calls: callsPerSecond,
    callsPerSecond,
    p50Ms: 1,
    p99Ms: 1,
    failed: 0,
    cpuUs: { process: 1, mainThread: 1, children: 0 },
    residentMb: 1,
    loopDelayMs: undefined,
  }
}

test("what was to be reached is read from the tables of the page", () => {
  const page =
    "**A governed call, 32 connections.** Of it.\n\n| subject | of yardstick |\n|---|---:|\n| governed, audit process | 0.72 |\n"
  const [first, second] = reachRows(page)
  assert.deepEqual([first?.["measured"], first?.["reached"]], [0.72, "yes"])
  assert.deepEqual([second?.["measured"], second?.["reached"]], ["", "not measured"])
})
