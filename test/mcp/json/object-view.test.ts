import assert from "node:assert/strict"
import { test } from "node:test"
import { readMembers } from "../../../src/mcp/outline.ts"
import { ObjectView } from "../../../src/mcp/json/object-view.ts"
import { objectPieces, withMembers, writeObject } from "../../../src/mcp/raw-json.ts"

test("an object that nobody changed is written as it came", () => {
  const text = '{ "b" : 1.0,\n"a":[ ] }'
  const members = readMembers(Buffer.from(` ${text} `))
  assert.equal(writeObject(members).toString(), text)
  assert.equal(Buffer.concat(objectPieces(members)).toString(), text)
  assert.equal(writeObject(withMembers(members, { a: undefined })).toString(), '{"b":1.0}')
})

test("few members and many are found by their keys, and kept in order", () => {
  for (const count of [0, 1, 12, 13, 14, 500]) {
    const entries = Array.from({ length: count }, (_, index) => [`key ${index}`, String(index)] as const)
    const text = `{${entries.map(([key, value]) => `"${key}":${value}`).join(",")}}`
    const members = readMembers(Buffer.from(text))
    assert.equal(members.size, count)
    assert.deepEqual(
      [...members].map(([key, raw]) => [key, raw.toString()]),
      entries.map((entry) => [...entry]),
    )
    for (const [key, value] of entries) assert.equal(members.get(key)?.toString(), value)
    assert.equal(members.get("key"), undefined)
    assert.equal(members.has("key"), false)
  }
})

test("it is read in all the ways of a map", () => {
  const members = readMembers(Buffer.from('{"a":1,"b":"two"}'))
  const seen: unknown[] = []
  members.forEach((raw, key, all) => seen.push([key, raw.toString(), all === members]))
  assert.deepEqual(seen, [
    ["a", "1", true],
    ["b", '"two"', true],
  ])
  assert.deepEqual([...members.keys()], ["a", "b"])
  assert.deepEqual([...members.values()].map(String), ["1", '"two"'])
  assert.deepEqual([...members.entries()], [...members])
})

test("no value counts of a key that came twice", () => {
  const bytes = Buffer.from('{"a":"x","a":"y"}')
  const view = new ObjectView(bytes, 0)
  assert.deepEqual([view.note("a", 5, 8), view.note("a", 13, 16)], [true, false])
  assert.equal(view.get("a")?.length, 0)
})

test("views of different objects are never taken for equal", () => {
  const members = readMembers(Buffer.from('{"a":1}'))
  assert.notDeepEqual(members, readMembers(Buffer.from('{"a":2}')))
})
