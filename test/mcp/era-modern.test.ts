import assert from "node:assert/strict"
import { test } from "node:test"
import { encodeModernAnswer, encodeModernRequest, readModernAnswer } from "../../src/mcp/era-modern.ts"
import { readMembers } from "../../src/mcp/outline.ts"
import { noMembers, toRaw, toRawObject, type RawObject } from "../../src/mcp/raw-json.ts"

const serverInfo = toRaw({ name: "gateway" })
const signed = { "io.modelcontextprotocol/serverInfo": { name: "gateway" } }
const seen = (text: string): RawObject => readMembers(Buffer.from(text))

test("an answer is signed once, whatever it holds and however it came", () => {
  const other = { "io.modelcontextprotocol/serverInfo": { name: "service" }, trace: 1 }
  const cases: readonly [RawObject, object][] = [
    [seen("{}"), { _meta: signed }],
    [seen("{ }"), { _meta: signed }],
    [seen('{"content":[ 1.0 ]}'), { content: [1], _meta: signed }],
    [seen(JSON.stringify({ _meta: other, content: [] })), { content: [], _meta: { trace: 1, ...signed } }],
    [seen('{"_meta":{ },"a":1}'), { a: 1, _meta: signed }],
    [noMembers, { _meta: signed }],
    [toRawObject({ a: 1 }), { a: 1, _meta: signed }],
    [toRawObject({ _meta: other, a: 1 }), { a: 1, _meta: { trace: 1, ...signed } }],
  ]
  for (const [result, expected] of cases) {
    const text = encodeModernAnswer(toRaw("id"), { result }, serverInfo).toString()
    assert.deepEqual(JSON.parse(text), { jsonrpc: "2.0", id: "id", result: expected })
    assert.equal(text.split("serverInfo").length, 2)
  }
})

test("what a service says of its hop is taken out of its answer, and nothing else", () => {
  const plain = seen('{"resultType":"complete","_meta":{"trace":1},"content":[]}')
  assert.equal(readModernAnswer({ result: plain }).result, plain)
  const named = seen('{"_meta":{"io.modelcontextprotocol/serverInfo":{},"trace":1}}')
  const { result = noMembers } = readModernAnswer({ result: named })
  assert.deepEqual(
    [...result].map(([key, raw]) => [key, raw.toString()]),
    [
      ["resultType", '"complete"'],
      ["_meta", '{"trace":1}'],
    ],
  )
})

test("a request describes our hop once, beside what its sender said", () => {
  const version = "io.modelcontextprotocol/protocolVersion"
  const text = encodeModernRequest(7, {
    method: 'odd"method',
    params: toRawObject({ _meta: { stale: 1 }, "é\n": [1] }),
    meta: toRawObject({ trace: 1, [version]: "1999-01-01" }),
    client: {
      era: "modern",
      revision: "2026-07-28",
      capabilities: toRawObject({ roots: {} }),
      info: toRaw({ name: "c" }),
    },
    progressToken: toRaw("theirs"),
    logLevel: "info",
  }).toString()
  assert.deepEqual(JSON.parse(text), {
    jsonrpc: "2.0",
    id: 7,
    method: 'odd"method',
    params: {
      "é\n": [1],
      _meta: {
        [version]: "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": { roots: {} },
        "io.modelcontextprotocol/clientInfo": { name: "c" },
        "io.modelcontextprotocol/logLevel": "info",
        progressToken: 7,
        trace: 1,
      },
    },
  })
  assert.equal(text.split(version).length, 2)
})
