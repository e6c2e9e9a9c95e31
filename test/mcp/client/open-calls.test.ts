import assert from "node:assert/strict"
import { test } from "node:test"
import { plainCall } from "../../../src/mcp/client/carrier.ts"
import { OpenCalls } from "../../../src/mcp/client/open-calls.ts"
import { ProtocolError } from "../../../src/mcp/protocol-error.ts"
import { noMembers, toRaw } from "../../../src/mcp/raw-json.ts"

const question = { id: toRaw("q"), method: "roots/list", params: noMembers }
const callOf = (method: string) => plainCall(method, noMembers, AbortSignal.timeout(10_000))

test("a call that could not be written leaves nothing open", async () => {
  const calls = new OpenCalls()
  const unwritten = calls.run(callOf("tools/call"), () => {
    throw new ProtocolError("invalid_params", "A key comes twice.")
  })
  await assert.rejects(unwritten, /A key comes twice/)
  assert.equal(calls.asking(question), undefined)
  const other = callOf("tools/call")
  const answered = calls.run(other, () => () => {})
  assert.equal(calls.asking(question), other)
  calls.settle(2, { result: noMembers })
  await answered
})
