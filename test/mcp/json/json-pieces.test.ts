import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { JsonPieces } from "../../../src/mcp/json/json-pieces.ts"
import { endWalk, skipSpace, skipValue, startWalk } from "../../../src/mcp/json/json-scanner.ts"
import { ProtocolError } from "../../../src/mcp/protocol-error.ts"
import { cutAt } from "../channels/chunks.ts"

const maxDepth = 8
const cuts = fc.array(fc.nat({ max: 120 }), { maxLength: 6 })
const runs = { numRuns: 3_000 }

function judgeWhole(bytes: Buffer): "taken" | "refused" {
  return judge(() => {
    const walk = startWalk(bytes, maxDepth)
    endWalk(walk, skipValue(walk, skipSpace(walk, 0), 0))
    if (walk.fault !== undefined) throw new ProtocolError("invalid_request", walk.fault)
  })
}

function judgePieces(pieces: readonly Buffer[]): "taken" | "refused" {
  return judge(() => {
    const walk = new JsonPieces({ begins: () => {}, ends: () => {} }, maxDepth)
    for (const piece of pieces) walk.push(piece)
    walk.end()
  })
}

function judge(read: () => void): "taken" | "refused" {
  try {
    read()
    return "taken"
  } catch (thrown) {
    assert.ok(thrown instanceof ProtocolError, String(thrown))
    return "refused"
  }
}

function assertSame(bytes: Buffer, places: readonly number[]): void {
  const pieces = cutAt(bytes, places)
  assert.equal(
    judgePieces(pieces),
    judgeWhole(bytes),
    JSON.stringify(pieces.map((piece) => piece.toString("latin1"))),
  )
}

const everywhere = (bytes: Buffer): readonly number[] => Array.from(bytes, (_, index) => index)

/** Pieces of text that are JSON when one is lucky, and break it in all the ways that there are. */
const token = fc.constantFrom(
  ...Array.from('{}[],: \n\t\r\v0-1e.E+"\\'),
  ...`true false null tru nulll 0 -0 12 1.5 -1.5e+7 1e 01 1. .5 "" "a" "é" "😀" "\\u00e9" "\\n" "\\x" "\\u12" "a":1 "a": [] {} [1,2] {"a":{}}
  [[[[[[[[1]]]]]]]] [[[[[[[[[1]]]]]]]]] 1e5 1E-5 1.0.0 -- -a`.split(/\s+/),
  "\ufeff",
  "\u0000",
  "\u007f",
)
const bytes = fc.oneof(
  fc.array(token, { maxLength: 8 }).map((tokens) => Buffer.from(tokens.join(""))),
  fc.jsonValue({ maxDepth: 9 }).map((value) => Buffer.from(JSON.stringify(value, null, 1))),
  fc.uint8Array({ maxLength: 12 }).map((raw) => Buffer.from(raw)),
  fc.uint8Array({ maxLength: 12 }).map((raw) => Buffer.concat([Buffer.from('"'), raw, Buffer.from('"')])),
)
const mutated = fc
  .tuple(fc.jsonValue({ maxDepth: 5 }), fc.nat(), fc.integer({ min: 0, max: 255 }))
  .map(([value, place, byte]) => {
    const text = Buffer.from(JSON.stringify(value))
    text[place % text.length] = byte
    return text
  })

test("text in pieces is judged as the whole of it is, wherever it is cut", () => {
  fc.assert(fc.property(fc.oneof(bytes, mutated), cuts, assertSame), runs)
  fc.assert(
    fc.property(fc.oneof(bytes, mutated), (text) => assertSame(text, everywhere(text))),
    runs,
  )
})

test("a character that is cut is still one, and half of one is none", () => {
  for (const text of ['"é"', '"€"', '"😀"', '"a😀€éb"']) {
    assert.equal(judgePieces(cutAt(Buffer.from(text), everywhere(Buffer.from(text)))), "taken", text)
  }
  const half = Buffer.from('"😀"').subarray(0, 3)
  assert.equal(judgePieces([half, Buffer.from('"')]), "refused")
  assert.equal(judgePieces([Buffer.from('"'), Buffer.from([0x80]), Buffer.from('"')]), "refused")
  assert.equal(
    judgePieces([Buffer.from('"'), Buffer.from([0xed]), Buffer.from([0xa0, 0x80]), Buffer.from('"')]),
    "refused",
  )
})

test("where the members of a member begin and end is told, however the text is cut", () => {
  const text = Buffer.from('{"id":[1], "result": {"a" : 12 ,"b":{"c":[3]},"d":"x"},"e":true}')
  fc.assert(
    fc.property(cuts, (places) => {
      assert.deepEqual(spansIn(cutAt(text, places)), ["1", "12", '{"c":[3]}', '"x"'])
    }),
  )
})

function spansIn(pieces: readonly Buffer[]): string[] {
  const whole = Buffer.concat(pieces)
  const spans: string[] = []
  let [before, start] = [0, 0]
  const walk = new JsonPieces(
    {
      begins: (at) => (start = before + at),
      ends: (at) => spans.push(whole.toString("utf8", start, before + at)),
    },
    maxDepth,
  )
  for (const piece of pieces) {
    walk.push(piece)
    before += piece.length
  }
  walk.end()
  return spans
}
