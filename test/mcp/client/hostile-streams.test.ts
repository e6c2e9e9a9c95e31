/** Services that would have us come back to their streams without a pause, or answer without an end. */
import assert from "node:assert/strict"
import type { ServerResponse } from "node:http"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { callTool, connect, exchange, http, initialized, json, result, serve } from "./link-kit.ts"

const legacyOnly = { eraHint: "legacy" } as const
const eventStream = { "content-type": "text/event-stream" }

test("a stream that ends at once and wants no pause is not taken up again without one", async (t) => {
  const news: number[] = []
  const calls: number[] = []
  const url = await serve(t, ({ request, response, said }) => {
    if (said.method === "initialize") return json(response, result(said.id, initialized))
    if (said.method === "notifications/initialized") return response.writeHead(202).end()
    const last = request.headers["last-event-id"]
    const times = request.method === "GET" && last === undefined ? news : calls
    times.push(performance.now())
    const fields = times === news ? "retry: 0\n\n" : `id: e${calls.length}\nretry: 0\ndata:\n\n`
    return response.writeHead(200, eventStream).end(fields)
  })
  const link = await connect(t, http(url), legacyOnly)
  const gone = new AbortController()
  const call = link.handle(callTool("x"), exchange({ signal: gone.signal }))
  while (calls.length < 5 || news.length < 3) await sleep(10)
  gone.abort()
  await assert.rejects(call)
  for (const times of [calls, news]) {
    const pauses = times.slice(1).map((at, index) => at - (times[index] ?? 0))
    assert.ok(Math.min(...pauses) >= 40, `pauses of ${pauses.map(Math.round).join(", ")} ms`)
  }
})

test("a service that asks without reading the answers is not answered without an end", async (t) => {
  const held: ServerResponse[] = []
  let answered = 0
  const url = await serve(t, async ({ request, response, said }) => {
    if (said.method === "initialize") return json(response, result(said.id, initialized))
    if (said.method === "notifications/initialized") return response.writeHead(202).end()
    if (request.method === "GET") return response.writeHead(405).end()
    if (said.method !== "tools/call") return void (answered++, held.push(response))
    response.writeHead(200, eventStream)
    for (let at = 0; at < 2_000; at++) {
      const message = JSON.stringify({ jsonrpc: "2.0", id: `p${at}`, method: at % 2 ? "ping" : "other/thing" })
      response.write(`data: ${message}\n\n`)
    }
    await sleep(300)
    return response.end(`data: ${result(said.id, {})}\n\n`)
  })
  const link = await connect(t, http(url), legacyOnly)
  await link.handle(callTool("x"), exchange())
  await sleep(100)
  assert.ok(answered <= 256, `${answered} answers are on their way`)
  for (const response of held) response.destroy()
})
