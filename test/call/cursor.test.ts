import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { test } from "node:test"
import type { CallRequest } from "../../src/call/call.ts"
import { createCursors } from "../../src/call/cursor.ts"
import { createSealer } from "../../src/identity/sealer.ts"
import { callOf } from "./fixtures.ts"

const cursors = createCursors(createSealer(randomBytes(32)))

function asking(cursor: string, changes: Partial<CallRequest> = {}, method = "tools/list"): CallRequest {
  return { ...callOf(method, { cursor }), ...changes }
}

test("a cursor goes on after the item it was made for", () => {
  assert.equal(cursors.read(callOf("tools/list", {})), undefined)
  assert.equal(cursors.read(asking(cursors.write(callOf("tools/list", {}), "files__read"))), "files__read")
})

test("who asks again for a page that is the same is given the same cursor, however many others were given out", () => {
  const call = callOf("tools/list", {})
  const cursor = cursors.write(call, "files__read")
  assert.equal(cursors.write(call, "files__read"), cursor)
  assert.notEqual(cursors.write(call, "files__write"), cursor)
  assert.notEqual(cursors.write({ ...call, mount: "files" }, "files__read"), cursor)
  for (let at = 0; at < 2_000; at++) cursors.write(call, `tool_${at}`)
  assert.equal(cursors.read(asking(cursor)), "files__read")
})

test("a cursor that was changed in any byte, or was somebody else's or another list's, is refused", () => {
  const cursor = cursors.write(callOf("tools/list", {}), "files__read")
  const refused = { code: "invalid" }
  for (let at = 0; at < cursor.length; at++) {
    const other = cursor[at] === "A" ? "B" : "A"
    assert.throws(() => cursors.read(asking(cursor.slice(0, at) + other + cursor.slice(at + 1))), refused)
  }
  assert.throws(() => cursors.read(asking(cursor, { caller: { principalId: "another" } })), refused)
  assert.throws(() => cursors.read(asking(cursor, { mount: "files" })), refused)
  assert.throws(() => cursors.read(asking(cursor, {}, "prompts/list")), refused)
  const elsewhere = createCursors(createSealer(randomBytes(32)))
  assert.throws(() => elsewhere.read(asking(cursor)), refused)
})
