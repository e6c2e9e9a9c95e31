import assert from "node:assert/strict"
import { test } from "node:test"
import { readServiceMessages } from "../../../src/mcp/client/service-messages.ts"

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth)
const answer = (member: string, depth: number): Buffer =>
  Buffer.from(`{"jsonrpc":"2.0","id":1,"result":{"${member}":${nested(depth)}}}`)

test("a list may hold what is nested too deeply, any other answer may not", () => {
  for (const member of ["tools", "prompts", "resources", "resourceTemplates"]) {
    assert.equal(readServiceMessages(answer(member, 100))[0]?.kind, "result")
  }
  assert.throws(() => readServiceMessages(answer("content", 100)), { name: "ProtocolError" })
  assert.throws(() => readServiceMessages(answer("tools", 300)), { name: "ProtocolError" })
})

test("what is no message is refused, in a list too", () => {
  for (const text of [
    "{",
    "[]",
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","id":1,"result":{"tools":[],"tools":[]}}',
  ]) {
    assert.throws(() => readServiceMessages(Buffer.from(text)), { name: "ProtocolError" })
  }
})
