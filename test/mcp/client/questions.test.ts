/** A service that asks in ways it should not: too much at once, under one id, or for a call that is over. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { callTool, connect, exchange, legacy, scripted } from "./link-kit.ts"

const question = (id: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method: "elicitation/create", params: { message: "Name?" } })

test("a question under the id of an open one is refused, and so many questions are open at most", async (t) => {
  const ids = [...Array<string>(100).fill("same"), ...Array.from({ length: 100 }, (_, at) => `q${at}`)]
  const service = scripted(
    t,
    legacy((said, say) => {
      if (said.method === "tools/call") for (const id of ids) say(question(id))
    }),
  )
  const link = await connect(t, service.target)
  let asked = 0
  const ask = (_question: unknown, signal: AbortSignal): Promise<never> => {
    asked += 1
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
  }
  const gone = new AbortController()
  const call = link.handle(callTool("greedy"), exchange({ ask, signal: gone.signal }))
  await service.until(({ id, method }) => String(id) === "q99" && method === undefined)
  assert.equal(asked, 64)
  const refused = service.said.filter(({ id, method }) => String(id) === "same" && method === undefined)
  assert.equal(refused.length, 99)
  gone.abort()
  await assert.rejects(call)
})
