import assert from "node:assert/strict"
import { test } from "node:test"
import { callTool, connect, exchange, legacy, result, scripted } from "./link-kit.ts"

test("a question that its service did not wait for ends with the call, and its asker hears so", async (t) => {
  const question = { jsonrpc: "2.0", id: "q", method: "elicitation/create", params: { message: "Name?" } }
  const service = scripted(
    t,
    legacy((said, say) => {
      if (said.method !== "tools/call") return
      say(JSON.stringify(question))
      say(result(said.id, {}))
    }),
  )
  const link = await connect(t, service.target)
  const withdrawn = Promise.withResolvers<unknown>()
  const ask = (_question: unknown, signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        withdrawn.resolve(signal.reason)
        reject(signal.reason)
      })
    })
  const { result: answer } = await link.handle(callTool("hasty"), exchange({ ask }))
  assert.ok(answer)
  assert.match(String(await withdrawn.promise), /The call is over/)
  const told = await service.until(({ id, method }) => String(id) === "q" && method === undefined)
  assert.ok(told["error"])
})
