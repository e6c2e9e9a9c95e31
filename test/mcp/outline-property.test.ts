import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import type { Outline } from "../../src/mcp/message.ts"
import { ProtocolError } from "../../src/mcp/protocol-error.ts"
import { readMembers, readMessages, readOutline } from "../../src/mcp/outline.ts"
import { writeObject, type RawObject } from "../../src/mcp/raw-json.ts"
import { isMessage, readValue } from "./outline-oracle.ts"

const runs = { numRuns: 2_000 }

const samples = [
  '{"jsonrpc":"2.0","id":12,"method":"tools/call","params":{"name":"a__b","arguments":{"n":-1.5e+3,"t":[true,null]}}}',
  '{"jsonrpc":"2.0","id":"\\u0069d","method":"m","params":{"_meta":{"progressToken":"é","a":[{}]},"a\\n":0}}',
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"😀"}}',
  '{"result":{"content":[{"type":"text","text":"x"}],"isError":false},"jsonrpc":"2.0","id":0}',
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no","data":{"a":1}}}',
].map((text) => Buffer.from(text))

/** The outline, or `undefined` for what is refused in the one way it may be. */
function outlineOf(bytes: Buffer): Outline | undefined {
  try {
    return readOutline(bytes)
  } catch (thrown) {
    assert.ok(thrown instanceof ProtocolError, `${String(thrown)} is no ProtocolError`)
    assert.ok(thrown.message.length < 200, thrown.message)
    return undefined
  }
}

function assertAgrees(bytes: Buffer): void {
  const outline = outlineOf(bytes)
  assert.equal(outline !== undefined, isMessage(bytes), bytes.toString())
  if (outline) assertSameAs(outline, readValue(bytes) as Record<string, unknown>)
}

function assertSameAs(outline: Outline, parsed: Record<string, unknown>): void {
  if ("id" in outline && outline.id) assert.deepEqual(JSON.parse(outline.id.toString()), parsed["id"])
  if (outline.kind === "error")
    assert.equal(outline.error.message, (parsed["error"] as { message: string }).message)
  else if (outline.kind === "result") assert.deepEqual(valuesOf(outline.result), parsed["result"])
  else {
    assert.equal(outline.method, parsed["method"])
    assert.deepEqual(valuesOf(outline.params), parsed["params"] ?? {})
  }
}

function valuesOf(members: RawObject): Record<string, unknown> {
  return Object.fromEntries([...members].map(([key, raw]) => [key, readValue(raw)]))
}

/** A place in a text, modulo its length, and what happens there. */
const mutation = fc.record({
  place: fc.nat(),
  removed: fc.nat({ max: 2 }),
  added: fc.oneof(
    fc.constantFrom("", " ", "a", "1", "Zz").map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(...Array.from('{}[]",:\\ \n0-.e')).map((text) => Buffer.from(text)),
    fc
      .constantFrom('"id":1,', '"a":0,', ',"x":[]', "\\u0061", "null", "1.0", "\ufeff", "é")
      .map((text) => Buffer.from(text)),
  ),
})

type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never

function mutate(bytes: Buffer, { place, removed, added }: Mutation): Buffer {
  const at = place % (bytes.length + 1)
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
}

const key = fc.constantFrom(
  "jsonrpc",
  "id",
  "method",
  "params",
  "result",
  "error",
  "x",
  "\\u0069d",
  "p\\u0061rams",
  "Method",
)
/** A line for each kind of member they suit. */
const values = String.raw`
  "2.0" "2.\u0030" 2.0
  1 -0 1.0 1e3 null "a" "" true
  [] {} [{}] {"a":1} {"a":1,"\u0061":2} {"_meta":{"a":1,"a":1}} {"_meta":{"a":{"b":1,"b":1}}} {"_meta":[]}
  {"code":1,"message":"m"} {"code":1.0,"message":""} {"code":1e99,"message":""} {"message":"","code":"1"}`
const value = fc.constantFrom(
  ...values.trim().split(/\s+/),
  ...[256, 257].flatMap((length) => [`"${"m".repeat(length)}"`, "9".repeat(length)]),
  ...[63, 64].map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`),
  `"${"é".repeat(129)}"`,
)

/** What makes a message, so that many of them are one. */
const core = fc.constantFrom(
  '"jsonrpc":"2.0","id":1,"method":"m"',
  '"jsonrpc":"2.0","id":1',
  '"jsonrpc":"2.0","method":"m"',
  "",
)

test("whatever value params hold comes out byte for byte", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: "binary" }), (value, name) => {
      const text = JSON.stringify(value)
      const bytes = Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"m","params":{${JSON.stringify(name)}:${text}}}`)
      const outline = readOutline(bytes)
      assert.ok(outline.kind === "request")
      const raw = outline.params.get(name)
      assert.equal(raw?.toString(), text)
    }),
    { numRuns: 500 },
  )
})

test("members written back are the members that were read", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (members) => {
      const bytes = Buffer.from(JSON.stringify(members))
      assert.deepEqual(writeObject(readMembers(bytes)), bytes)
    }),
    { numRuns: 500 },
  )
})

test("IN-10 any change to a message is judged as a slow reader judges it", () => {
  for (const sample of samples) assert.ok(isMessage(sample))
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(mutation, { minLength: 1, maxLength: 2 }),
      (sample, mutations) => {
        assertAgrees(mutations.reduce(mutate, sample))
      },
    ),
    runs,
  )
})

test("any mix of members is judged as a slow reader judges it", () => {
  fc.assert(
    fc.property(
      core,
      fc.array(fc.tuple(key, value), { maxLength: 4 }),
      fc.boolean(),
      (core, members, coreIsLast) => {
        const written = members.map(([key, value]) => `"${key}":${value}`)
        const parts = (coreIsLast ? [...written, core] : [core, ...written]).filter((part) => part !== "")
        assertAgrees(Buffer.from(`{${parts.join(",")}}`))
      },
    ),
    runs,
  )
})

test("IN-20 whatever bytes come, nothing but a ProtocolError is thrown", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      for (const prefix of ["", "[", '{"jsonrpc":', '{"a":"']) {
        const text = Buffer.concat([Buffer.from(prefix), bytes])
        assertAgrees(text)
        assert.doesNotThrow(() => readBatch(text))
      }
    }),
    runs,
  )
})

function readBatch(bytes: Buffer): void {
  try {
    readMessages(bytes)
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown
  }
}
