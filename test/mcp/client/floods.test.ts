/** What a service says that nobody asked for: DS-12, DS-13 and DS-14 of the catalogue of attacks, on every kind of connection. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { callTool, connect, discovered, exchange, json, legacy, result, scripted, serve } from "./link-kit.ts"

const note = (method: string, params: object): string => JSON.stringify({ jsonrpc: "2.0", method, params })
const progress = (token: unknown): string => note("notifications/progress", { progressToken: token, progress: 1 })
const many = (length: number, make: (at: number) => string): string[] =>
  Array.from({ length }, (_, at) => make(at))
const wantsProgress = { progressToken: Buffer.from('"p"') }

test("DS-14 of a flood of progress a caller hears what it can follow, and then its answer", async (t) => {
  const dropped: number[] = []
  const service = scripted(
    t,
    legacy(({ id, method }, say) => {
      if (method !== "tools/call") return
      for (const text of many(5_000, () => progress(id))) say(text)
      say(result(id, { content: [] }))
    }),
  )
  const link = await connect(t, service.target, { onDropped: (messages) => dropped.push(messages) })
  const caller = exchange()
  assert.ok((await link.handle(callTool("noisy", {}, wantsProgress), caller)).result)
  // A machine that is slow enough reads them over several seconds.
  assert.ok(caller.heard.length >= 1_000 && caller.heard.length < 5_000, String(caller.heard.length))
  assert.deepEqual(dropped, [1])
  await link.close()
  await new Promise(setImmediate)
  assert.deepEqual(dropped, [1, 5_000 - caller.heard.length])
})

const floods: Readonly<Record<string, (at: number) => string>> = {
  "DS-12 answers to what was never asked": (at) => result(1_000_000 + at, {}),
  "DS-12 answers with an id of null": () => result(null, {}),
  "DS-12 answers with text for an id": () => result("1", {}),
  "DS-12 one answer again and again": () => result(1, {}),
  "DS-11 lines that are no messages": () => "Hello!",
  "DS-13 requests": (at) =>
    JSON.stringify({ jsonrpc: "2.0", id: `q${at}`, method: "sampling/createMessage", params: {} }),
  "DS-14 log messages": () => note("notifications/message", { level: "info", data: "x" }),
  "DS-15 list changes": () => note("notifications/tools/list_changed", {}),
}

for (const [name, make] of Object.entries(floods)) {
  test(`${name}: a service that does nothing else loses the connection, and its calls end`, async (t) => {
    const service = scripted(
      t,
      legacy(({ method }, say) => {
        // More than any machine reads in one second, so that one of them has too many.
        if (method === "tools/call") for (const text of many(60_000, make)) say(text)
      }),
    )
    const link = await connect(t, service.target)
    const call = link.handle(callTool("flood"), exchange())
    await assert.rejects(call, { code: "service_unavailable", message: /more than 10000 things in a second/ })
    assert.equal((await link.closed)?.code, "service_unavailable")
  })
}

test("late answers to calls that were given up are no flood", async (t) => {
  const held: unknown[] = []
  const service = scripted(
    t,
    legacy(({ id, method }, say) => {
      if (method !== "tools/call") return
      if (held.push(id) <= 12_000) return
      for (const late of held) say(result(late, {}))
    }),
  )
  const link = await connect(t, service.target)
  const gone = new AbortController()
  const given = Array.from({ length: 12_000 }, () => link.handle(callTool("a"), exchange({ signal: gone.signal })))
  gone.abort()
  await Promise.allSettled(given)
  assert.ok((await link.handle(callTool("a"), exchange())).result)
})

test("DS-14 a modern service that floods the stream of a call loses that stream", async (t) => {
  const url = await serve(t, ({ response, said: { id, method } }) => {
    if (method === "server/discover") return json(response, result(id, discovered))
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(many(60_000, () => `data: ${progress(id)}\n\n`).join(""))
  })
  const link = await connect(t, { kind: "http", url })
  const caller = exchange()
  const call = link.handle(callTool("noisy", {}, wantsProgress), caller)
  await assert.rejects(call, { code: "service_unavailable", message: /more than 10000 things in a second/ })
})

test("DS-14 a legacy service over HTTP that floods loses the connection, and its other calls end with it", async (t) => {
  const url = await serve(t, ({ request, response, said: { id, method, params } }) => {
    if (request.method !== "POST") return response.writeHead(405).end()
    if (method === "initialize")
      return json(response, result(id, { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} }))
    if (method !== "tools/call") return response.writeHead(202).end()
    response.writeHead(200, { "content-type": "text/event-stream" })
    if (params?.["name"] !== "quiet") response.write(many(60_000, () => `data: ${progress(id)}\n\n`).join(""))
  })
  const link = await connect(t, { kind: "http", url }, { eraHint: "legacy" })
  const quiet = link.handle(callTool("quiet"), exchange())
  const noisy = link.handle(callTool("noisy"), exchange())
  for (const call of [quiet, noisy]) await assert.rejects(call, { message: /more than 10000 things in a second/ })
  assert.match((await link.closed)?.message ?? "", /more than 10000/)
})

test("DS-13 a call that asks its client without end is told that it has asked enough", async (t) => {
  let asked = 0
  const answers: Record<string, unknown>[] = []
  const service = scripted(
    t,
    legacy((said, say) => {
      if (said.method === undefined) answers.push(said)
      if (said["error"]) return say(result(callId, { content: [] }))
      if (said.method === "tools/call") callId = said.id
      say(JSON.stringify({ jsonrpc: "2.0", id: `q${asked}`, method: "sampling/createMessage", params: {} }))
    }),
  )
  let callId: unknown
  const link = await connect(t, service.target)
  const ask = async () => (asked++, { result: new Map() })
  assert.ok((await link.handle(callTool("endless"), exchange({ ask }))).result)
  assert.ok(asked <= 1_000, String(asked))
  assert.match(JSON.stringify(answers.at(-1)), /has asked 1000 times|ask fewer/)
})
