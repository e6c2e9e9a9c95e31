import assert from "node:assert/strict"
import { test } from "node:test"
import { toRaw } from "../../../src/mcp/raw-json.ts"
import {
  callTool,
  connect,
  discovered,
  exchange,
  refusal,
  result,
  scripted,
  textOf,
  type Said,
} from "./link-kit.ts"

const isCall = ({ method }: Said): boolean => method === "tools/call"

test("a modern request carries the caller's own facts, and what describes our hop stays here", async (t) => {
  const service = scripted(t, (said, say) => {
    if (said.method === "server/discover") return say(result(said.id, discovered))
    return say(
      result(said.id, { content: [], _meta: { "io.modelcontextprotocol/serverInfo": { name: "s" }, kept: 1 } }),
    )
  })
  const link = await connect(t, service.target)
  const answer = await link.handle(
    callTool("x", {}, { logLevel: "error", meta: new Map([["traceparent", toRaw("00-1")]]) }),
    exchange(),
  )
  assert.equal(textOf(answer), '{"resultType":"complete","content":[],"_meta":{"kept":1}}')
  assert.deepEqual((await service.until(isCall)).params?.["_meta"], {
    traceparent: "00-1",
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {}, sampling: {}, roots: {} },
    "io.modelcontextprotocol/clientInfo": { name: "caller", version: "1" },
    "io.modelcontextprotocol/logLevel": "error",
  })
})

test("refusals of our hop become ours, while a missing capability is the caller's business", async (t) => {
  const service = scripted(t, ({ id, method, params }, say) => {
    if (method === "server/discover") return say(result(id, discovered))
    return say(refusal(id, Number(params?.["name"]), { requiredCapabilities: { sampling: {} } }))
  })
  const link = await connect(t, service.target)
  for (const code of [-32020, -32022]) {
    await assert.rejects(link.handle(callTool(String(code)), exchange()), {
      code: "service_unavailable",
      detail: { rpc: code, sent: false },
    })
  }
  assert.equal((await link.handle(callTool("-32021"), exchange())).error?.code, -32021)
})
