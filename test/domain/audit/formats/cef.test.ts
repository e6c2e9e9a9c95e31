import assert from "node:assert/strict"
import { test } from "node:test"
import { toCef } from "../../../../src/domain/audit/formats/cef.ts"
import type { Entry } from "../../../../src/domain/audit/entry.ts"

const end: Entry = {
  stream: "s1",
  seq: 7,
  previous: "x",
  kind: "end",
  timeMs: 1_763_712_000_000,
  callId: "c1",
  principal: "ann",
  principalId: "p1",
  service: "files",
  target: "files__read",
  targetKind: "tool",
  method: "tools/call",
  outcome: "ok",
  durationMs: 1.5,
  source: "203.0.113.9",
  result: { bytes: 12, digest: "d" },
}

function lineOf(change: Partial<Entry>, version = "1.2.3"): string {
  return toCef({ entry: { ...end, ...change }, hash: "h" }, version)
}

test("an entry becomes one line with the header and the keys of CEF", () => {
  assert.equal(
    lineOf({}),
    "CEF:0|mcp-meta|gateway|1.2.3|end|Call ended|1|rt=1763712000000 externalId=s1/7 suser=ann suid=p1 " +
      "src=203.0.113.9 act=tools/call outcome=ok out=12 cs1=files__read cs1Label=target cs2=files cs2Label=service " +
      "cs4=c1 cs4Label=call cs6=h cs6Label=hash cfp1=1.5 cfp1Label=durationMs mcpMetaTargetKind=tool " +
      "mcpMetaResultDigest=d",
  )
})

test("pipes and backslashes are escaped in the header, and in it only", () => {
  const line = lineOf({ principal: "a|b" }, String.raw`1|2\3`)
  assert.ok(line.startsWith(String.raw`CEF:0|mcp-meta|gateway|1\|2\\3|end|`))
  assert.match(line, / suser=a\|b /)
})

test("no value can end its key, its line, or begin another key", () => {
  const hostile = "x=1\\ outcome=ok\r\nCEF:0|a|b\u2028c\u0000d"
  const line = lineOf({ principal: hostile })
  assert.doesNotMatch(line, /[\p{Cc}\p{Zl}]/u)
  assert.ok(line.includes(String.raw`suser=x\=1\\ outcome\=ok\r\nCEF:0|a|b c d suid=p1`))
  assert.equal(line.match(/(?<!\\)outcome=/g)?.length, 1)
})

test("an address of the sixth version and a name have keys of their own", () => {
  assert.match(lineOf({ source: "2001:db8::1" }), / c6a2=2001:db8::1 c6a2Label=source /)
  assert.match(lineOf({ source: "host.example" }), / shost=host.example /)
})

test("what matters more has a higher severity", () => {
  const severityOf = (change: Partial<Entry>): number => Number(lineOf(change).split("|")[6])
  const kinds = [{}, { outcome: "timeout" }, { outcome: "forbidden" }, { outcome: "internal" }] as const
  assert.deepEqual(kinds.map(severityOf), [1, 3, 6, 9])
  assert.equal(severityOf({ kind: "gap" }), 9)
})

test("the detail of an entry is told as JSON", () => {
  assert.match(lineOf({ detail: { state: "up", n: 1 } }), / msg=\{"state":"up","n":1\}$/)
})
