import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { readOutline } from "../../src/mcp/outline.ts"
import { invalidRequest, nested, refusal, refused, request } from "./outline-cases.ts"

describe("members that come twice", () => {
  const twice: readonly (readonly [where: string, id: string | undefined, text: string])[] = [
    ['"id" comes twice in the message at byte 41', undefined, '{"jsonrpc":"2.0","id":1,"method":"ping", "id":2}'],
    ['"id" comes twice in the message', undefined, '{"jsonrpc":"2.0","id":1,"method":"ping","\\u0069d":1}'],
    ['"id" comes twice in the message', undefined, '{"jsonrpc":"2.0","id":1,"id":2,"id":3,"method":"ping"}'],
    ['"method" comes twice in the message', "1", '{"jsonrpc":"2.0","method":"ping","method":"ping","id":1}'],
    ['"x" comes twice in the message', "1", '{"x":1,"jsonrpc":"2.0","x":1,"method":"ping","id":1}'],
    [
      '"params" comes twice in the message',
      "1",
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1},"params":{}}',
    ],
    [
      '"name" comes twice in params',
      "1",
      '{"jsonrpc":"2.0","method":"m","params":{"name":"a","n\\u0061me":"b"},"id":1}',
    ],
    [
      '"__proto__" comes twice in params',
      "1",
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"__proto__":1,"__proto__":1}}',
    ],
    [
      '"a" comes twice in params._meta',
      "1",
      '{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"a":1,"a":1}}}',
    ],
    ['"isError" comes twice in result', "1", '{"jsonrpc":"2.0","id":1,"result":{"isError":true,"isError":false}}'],
    ['"code" comes twice in error', "1", '{"jsonrpc":"2.0","id":1,"error":{"code":1,"code":2,"message":""}}'],
  ]
  for (const [where, id, text] of twice) {
    test(`${text} is refused`, () => {
      const [code, foundId, message] = refused(text)
      assert.deepEqual([code, foundId], [invalidRequest, id])
      assert.ok(message.includes(where), message)
    })
  }

  test("deeper down they are left to whoever parses the value", () => {
    assert.equal(readOutline(request('{"arguments":{"a":1,"a":2}}')).kind, "request")
  })

  test("a refusal shows at most 40 harmless characters of a key", () => {
    const key = `\u202e\u0007${"s".repeat(5_000)}`
    const [, , message] = refused(
      `{${JSON.stringify(key)}:1,${JSON.stringify(key)}:2,"jsonrpc":"2.0","method":"ping","id":3}`,
    )
    assert.match(message, /^The member "\\u202e\\u0007s+\.\.\." comes twice in the message at byte \d+\.$/)
    assert.ok(message.length < 100, message)
  })
})

describe("limits", () => {
  test("IN-03 64 levels are accepted, the message and params among them, and 65 are not", () => {
    assert.equal(readOutline(request(`{"a":${nested(62)}}`)).kind, "request")
    const { rpc, id } = refusal(() => readOutline(request(`{"a":${nested(63)}}`)))
    assert.deepEqual([rpc.code, id?.toString()], [invalidRequest, "7"])
    assert.match(rpc.message, /deeper than 64 levels/)
  })

  test("the id of a message nested too deep is found behind the nesting", () => {
    const [code, id] = refused(`{"jsonrpc":"2.0","result":{"a":${nested(900)}},"id":"late"}`)
    assert.deepEqual([code, id], [invalidRequest, '"late"'])
  })

  test("a message that is nothing but nesting is refused without a stack overflow", () => {
    const bottomless = [
      Buffer.alloc(4 << 20, "["),
      Buffer.from('{"a":'.repeat(500_000)),
      request(`{"a":${nested(100_000)}}`),
    ]
    const codes = bottomless.map((bytes) => refusal(() => readOutline(bytes)).rpc.code)
    assert.deepEqual(codes, [invalidRequest, invalidRequest, invalidRequest])
  })

  test("the depth may be set", () => {
    assert.equal(readOutline(request("{}"), { maxDepth: 2 }).kind, "request")
    assert.match(refusal(() => readOutline(request('{"a":{}}'), { maxDepth: 2 })).message, /deeper than 2 levels/)
  })

  test("more than 10,000 members are refused", () => {
    const members = Array.from({ length: 10_001 }, (_, index) => `"${index}":0`).join(",")
    const [code, id, message] = refused(`{"jsonrpc":"2.0","method":"m","params":{${members}},"id":1}`)
    assert.deepEqual([code, id], [invalidRequest, "1"])
    assert.match(message, /more than 10000 members in params/)
  })
})
