import assert from "node:assert/strict"
import { describe, test } from "node:test"
import { readOutline } from "../../src/mcp/outline.ts"
import { writeObject } from "../../src/mcp/raw-json.ts"
import { invalidRequest, refused, request } from "./outline-cases.ts"

describe("what a message is", () => {
  test("a request is read with its params unparsed and in order", () => {
    const outline = readOutline(
      request('{ "name" : "a__b", "arguments":{"n": 12345678901234567890, "b":1,"a":[ ]} , "_meta":{}}'),
    )
    assert.equal(outline.kind, "request")
    assert.ok(outline.kind === "request")
    assert.equal(outline.id.toString(), "7")
    assert.equal(outline.method, "tools/call")
    assert.deepEqual(
      [...outline.params].map(([key, raw]) => [key, raw.toString()]),
      [
        ["name", '"a__b"'],
        ["arguments", '{"n": 12345678901234567890, "b":1,"a":[ ]}'],
        ["_meta", "{}"],
      ],
    )
  })

  test("the values are views into the bytes of the message", () => {
    const bytes = request('{"name":"echo"}')
    const outline = readOutline(bytes)
    assert.ok(outline.kind === "request")
    assert.equal(outline.params.get("name")?.buffer, bytes.buffer)
  })

  test("a message without an id and with a method is a notification", () => {
    const outline = readOutline(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'))
    assert.deepEqual(outline, { kind: "notification", method: "notifications/initialized", params: new Map() })
  })

  test("a result is read with every member", () => {
    const outline = readOutline(Buffer.from('{"result":{"content":[],"x-new":1e400},"jsonrpc":"2.0","id":"a-1"}'))
    assert.ok(outline.kind === "result")
    assert.equal(outline.id.toString(), '"a-1"')
    assert.equal(writeObject(outline.result).toString(), '{"content":[],"x-new":1e400}')
  })

  test("an error is read with its data unparsed", () => {
    const text = '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"No \\"x\\"","data":{"n":1.0}}}'
    const outline = readOutline(Buffer.from(text))
    assert.ok(outline.kind === "error")
    assert.equal(outline.error.code, -32601)
    assert.equal(outline.error.message, 'No "x"')
    assert.equal(outline.error.data?.toString(), '{"n":1.0}')
  })

  test("an error may answer a request whose id nobody could read", () => {
    for (const id of ['"id":null,', ""]) {
      const outline = readOutline(Buffer.from(`{"jsonrpc":"2.0",${id}"error":{"code":1,"message":""}}`))
      assert.deepEqual(outline, { kind: "error", id: undefined, error: { code: 1, message: "" } })
    }
  })

  test("members nobody knows are passed over, and names are exact", () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"x","ID":2,"trace":{"a":[1]},"\\u0070arams":{"n":1}}'
    const outline = readOutline(Buffer.from(text))
    assert.ok(outline.kind === "request")
    assert.equal(outline.method, "ping")
    assert.deepEqual([...outline.params.keys()], ["n"])
  })

  test("a method, a version and keys may be written with escapes", () => {
    const text =
      '{"\\u006asonrpc":"2\\u002e0","id":1,"method":"tools\\/call","params":{"\\u00e9\\n":1,"é":2,"\\\\u0061":3}}'
    const outline = readOutline(Buffer.from(text))
    assert.ok(outline.kind === "request")
    assert.equal(outline.method, "tools/call")
    assert.deepEqual([...outline.params.keys()], ["é\n", "é", "\\u0061"])
  })

  test("a name that only begins like another is another", () => {
    // "idE" falls into the same slot of the familiar names as "id".
    const outline = readOutline(Buffer.from('{"jsonrpc":"2.0","method":"ping","idE":1,"i":1,"id ":1,"methodx":1}'))
    assert.equal(outline.kind, "notification")
  })

  test("names that mean something to JavaScript are plain keys", () => {
    const outline = readOutline(request('{"__proto__":{"polluted":1},"constructor":2,"toString":3}'))
    assert.ok(outline.kind === "request")
    assert.deepEqual([...outline.params.keys()], ["__proto__", "constructor", "toString"])
    assert.equal("polluted" in {}, false)
  })
})

describe("what is no message", () => {
  const envelopes: readonly (readonly [why: RegExp, id: string | undefined, text: string])[] = [
    [/one JSON object/, undefined, "[]"],
    [/one JSON object/, undefined, '[{"jsonrpc":"2.0","method":"ping","id":1}]'],
    [/one JSON object/, undefined, '"ping"'],
    [/one JSON object/, undefined, " null "],
    [/jsonrpc/, undefined, "{}"],
    [/jsonrpc/, "1", '{"id":1,"method":"ping"}'],
    [/jsonrpc/, "1", '{"jsonrpc":2.0,"id":1,"method":"ping"}'],
    [/jsonrpc/, "1", '{"jsonrpc":"2","id":1,"method":"ping"}'],
    [/jsonrpc/, "1", '{"jsonrpc":"2.0 ","id":1,"method":"ping"}'],
    [/jsonrpc/, "1", '{"JSONRPC":"2.0","id":1,"method":"ping"}'],
    [/method must/, "1", '{"jsonrpc":"2.0","id":1,"method":""}'],
    [/method must/, "1", '{"jsonrpc":"2.0","id":1,"method":7}'],
    [/method must/, "1", '{"jsonrpc":"2.0","id":1,"method":null}'],
    [/method must/, "1", `{"jsonrpc":"2.0","id":1,"method":"${"m".repeat(257)}"}`],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":null,"method":"ping"}'],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":1.5,"method":"ping"}'],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":1.0,"method":"ping"}'],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":1e400,"method":"ping"}'],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":{},"method":"ping"}'],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":[1],"method":"ping"}'],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":true,"method":"ping"}'],
    [/id must/, undefined, `{"jsonrpc":"2.0","id":"${"i".repeat(257)}","method":"ping"}`],
    [/id must/, undefined, `{"jsonrpc":"2.0","id":${"9".repeat(257)},"method":"ping"}`],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":null,"result":{}}'],
    [/id must/, undefined, '{"jsonrpc":"2.0","id":1.5,"error":{"code":1,"message":""}}'],
    [/params must/, "1", '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}'],
    [/params must/, "1", '{"jsonrpc":"2.0","id":1,"method":"ping","params":null}'],
    [/params must/, "1", '{"jsonrpc":"2.0","id":1,"method":"ping","params":"{}"}'],
    [/exactly one/, "1", '{"jsonrpc":"2.0","id":1}'],
    [/exactly one/, "1", '{"jsonrpc":"2.0","id":1,"Method":"ping"}'],
    [/exactly one/, "1", '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}'],
    [/exactly one/, "1", '{"jsonrpc":"2.0","id":1,"result":{},"error":null}'],
    [/exactly one/, "1", '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}'],
    [/id of its request/, undefined, '{"jsonrpc":"2.0","result":{}}'],
    [/result must/, "1", '{"jsonrpc":"2.0","id":1,"result":[]}'],
    [/result must/, "1", '{"jsonrpc":"2.0","id":1,"result":null}'],
    [/error must/, "1", '{"jsonrpc":"2.0","id":1,"error":"no"}'],
    [/error\.code/, "1", '{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}'],
    [/error\.code/, "1", '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"no"}}'],
    [/error\.code/, "1", '{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"no"}}'],
    [/error\.code/, "1", '{"jsonrpc":"2.0","id":1,"error":{"code":1e400,"message":"no"}}'],
    [/error\.code/, "1", '{"jsonrpc":"2.0","id":1,"error":{"code":[],"message":"no"}}'],
    [/error\.code/, "1", '{"jsonrpc":"2.0","id":1,"error":{"code":null,"message":"no"}}'],
    [/error\.message/, "1", '{"jsonrpc":"2.0","id":1,"error":{"code":1}}'],
    [/error\.message/, "1", '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":null}}'],
  ]
  for (const [why, id, text] of envelopes) {
    test(`${text.slice(0, 80)} is refused`, () => {
      const [code, foundId, message] = refused(text)
      assert.deepEqual([code, foundId], [invalidRequest, id])
      assert.match(message, why)
    })
  }

  test("the longest method and ids are accepted", () => {
    const method = `{"jsonrpc":"2.0","method":"${"é".repeat(256)}"}`
    const textId = `{"jsonrpc":"2.0","method":"m","id":"${"i".repeat(256)}"}`
    const numberId = `{"jsonrpc":"2.0","method":"m","id":-${"9".repeat(255)}}`
    const kinds = [method, textId, numberId].map((text) => readOutline(Buffer.from(text)).kind)
    assert.deepEqual(kinds, ["notification", "request", "request"])
  })
})
