import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { createLineReader } from "../../../src/mcp/channels/line-reader.ts"
import { cutAt } from "./chunks.ts"

function readLines(chunks: readonly Buffer[], maxLineBytes = 1_000): string[] {
  const lines: string[] = []
  const reader = createLineReader({ maxLineBytes, onLine: (line) => lines.push(line.toString("latin1")) })
  for (const chunk of chunks) reader.push(chunk)
  return lines
}

test("lines come without their ends, and blank ones do not come", () => {
  assert.deepEqual(readLines([Buffer.from("one\r\n\n \t\r\ntwo\r\rthree\n")]), ["one", "two\r\rthree"])
})

test("a line that the end of the stream cut off never comes", () => {
  assert.deepEqual(readLines([Buffer.from("whole\ncut")]), ["whole"])
})

test("any chunking gives the same lines", () => {
  const piece = fc.constantFrom("a", "{}", "é", "\n", "\r\n", "\r", " ", "x".repeat(1_500))
  fc.assert(
    fc.property(fc.array(piece), fc.array(fc.nat(4_000)), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(""))
      assert.deepEqual(readLines(cutAt(bytes, cuts), 100_000), readLines([bytes], 100_000))
    }),
  )
})

test("a line that lies in one chunk is a view into it", () => {
  const chunk = Buffer.from("one\ntwo\n")
  const lines: Buffer[] = []
  createLineReader({ maxLineBytes: 10, onLine: (line) => lines.push(line) }).push(chunk)
  chunk.fill("x")
  assert.deepEqual(lines.map(String), ["xxx", "xxx"])
})

test("a line of the limit passes and one byte more is too large, however it is cut", () => {
  for (const end of ["\n", "\r\n"]) {
    fc.assert(
      fc.property(fc.array(fc.nat(14)), (cuts) => {
        assert.deepEqual(readLines(cutAt(Buffer.from(`0123456789${end}`), cuts), 10), ["0123456789"])
        assert.throws(() => readLines(cutAt(Buffer.from(`0123456789a${end}`), cuts), 10), { code: "too_large" })
      }),
    )
  }
})

test("a line without end is too large before its end comes", () => {
  assert.throws(
    () =>
      readLines(
        Array.from({ length: 12 }, () => Buffer.from("x")),
        10,
      ),
    { code: "too_large" },
  )
})

test("DS-07 blanks without end are refused, and a message between them starts their count anew", () => {
  const blanks = Buffer.alloc(600_000, " \r\n\t")
  assert.deepEqual(readLines([blanks, Buffer.from("{}\n"), blanks]), ["{}"])
  assert.throws(() => readLines([blanks, blanks]), { code: "service_unavailable", message: /blank lines/ })
})
