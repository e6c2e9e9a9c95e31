import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { readItems, readMembers, readMessages } from "../../src/mcp/outline.ts"
import { fromRaw, writeObject } from "../../src/mcp/raw-json.ts"
import { invalidParams, invalidRequest, nested, parseError, refusal, request } from "./outline-cases.ts"

describe("batches", () => {
  test("one message is no batch", () => {
    const read = readMessages(Buffer.from(' {"jsonrpc":"2.0","id":1,"method":"ping"}'))
    assert.equal(read.batch, false)
  })

  test("a batch keeps its order", () => {
    const read = readMessages(
      Buffer.from(
        ' [ {"jsonrpc":"2.0","id":1,"method":"a"} ,{"jsonrpc":"2.0","method":"b"}, {"jsonrpc":"2.0","id":2,"result":{}} ] ',
      ),
    )
    assert.ok(read.batch)
    assert.deepEqual(
      read.messages.map(({ kind }) => kind),
      ["request", "notification", "result"],
    )
  })

  test("messages in a batch may be nested as deep as others", () => {
    const deepest = request(`{"a":${nested(62)}}`).toString()
    assert.equal(readMessages(Buffer.from(`[${deepest}]`)).batch, true)
    assert.match(
      refusal(() => readMessages(Buffer.from(`[${deepest.replace("[]", "[[]]")}]`))).message,
      /deeper than/,
    )
  })

  const ping = '{"jsonrpc":"2.0","method":"ping"}'
  const batches: readonly (readonly [name: string, code: number, why: RegExp, text: string])[] = [
    ["an empty batch", invalidRequest, /at least one/, " [ ] "],
    ["a batch of 101 messages", invalidRequest, /more than 100 items/, `[${Array(101).fill(ping).join(",")}]`],
    ["a batch in a batch", invalidRequest, /one JSON object/, `[[${ping}]]`],
    ["a batch with something else in it", invalidRequest, /one JSON object/, `[${ping},1]`],
    ["a batch with a bad message in it", invalidRequest, /jsonrpc/, `[${ping},{}]`],
    ["a batch that does not end", parseError, /byte 34/, `[${ping}`],
    ["a batch with a comma too many", parseError, /a value/, `[${ping},]`],
    ["two batches", parseError, /the end of the text/, `[${ping}][${ping}]`],
  ]
  for (const [name, code, why, text] of batches) {
    test(`${name} is refused`, () => {
      const { rpc } = refusal(() => readMessages(Buffer.from(text)))
      assert.equal(rpc.code, code)
      assert.match(rpc.message, why)
    })
  }

  test("100 messages are accepted", () => {
    const read = readMessages(Buffer.from(`[${Array(100).fill(ping).join(",")}]`))
    assert.ok(read.batch && read.messages.length === 100)
  })
})

describe("values inside a message", () => {
  test("an object gives its members and an array its items, unparsed", () => {
    const members = readMembers(Buffer.from('{"a": 1.0 ,"b":{"c":[]}}'))
    assert.deepEqual(
      [...members].map(([key, raw]) => [key, raw.toString()]),
      [
        ["a", "1.0"],
        ["b", '{"c":[]}'],
      ],
    )
    assert.deepEqual(readItems(Buffer.from('[ 1e2, "x",[], {} ]')).map(String), ["1e2", '"x"', "[]", "{}"])
    assert.deepEqual([readMembers(Buffer.from("{ }")).size, readItems(Buffer.from("[ ]")).length], [0, 0])
  })

  test("other values and members that come twice are refused as params", () => {
    const reads = [
      () => readMembers(Buffer.from("[]")),
      () => readMembers(Buffer.from("null")),
      () => readMembers(Buffer.from('{"a":1,"\\u0061":2}')),
      () => readItems(Buffer.from("{}")),
      () => readItems(Buffer.from('"[]"')),
      () => readItems(Buffer.from(`[${"1,".repeat(100_000)}1]`)),
    ]
    assert.deepEqual(
      reads.map((read) => refusal(read).rpc.code),
      Array(6).fill(invalidParams),
    )
  })

  test("what is written back is what came", () => {
    const text = '{"z":1.10,"a":"\\u00e9","n":12345678901234567890}'
    assert.equal(writeObject(readMembers(Buffer.from(text))).toString(), text)
    assert.deepEqual(fromRaw(readMembers(Buffer.from(text)).get("a") ?? assert.fail()), "é")
  })
})
