import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import type { LinkOptions } from "../../../src/mcp/client/link.ts"
import { fromRaw, noMembers, toRaw } from "../../../src/mcp/raw-json.ts"
import {
  callTool,
  caller,
  connect,
  discovered,
  exchange,
  fixture,
  firstText,
  http,
  json,
  refusal,
  request,
  result,
  serve,
  textOf,
  type Served,
} from "./link-kit.ts"

/** A modern service that leaves everything past the discovery to `play`. */
async function serveModern(
  t: TestContext,
  play: (served: Served) => unknown,
): Promise<{ url: string; seen: Served[] }> {
  const seen: Served[] = []
  const url = await serve(t, (served) => {
    seen.push(served)
    const { response, said } = served
    return said.method === "server/discover" ? json(response, result(said.id, discovered)) : play(served)
  })
  return { url, seen }
}

test("an input_required answer and its retry pass through with the state's exact bytes", async (t) => {
  const link = await connect(t, http(await fixture(t, "modern/http.ts")))
  const call = (more: object) =>
    link.handle(
      request("tools/call", { name: "test_input_required_result_request_state", arguments: {}, ...more }),
      exchange(),
    )
  const { result: first } = await call({})
  assert.equal(first?.get("resultType")?.toString(), '"input_required"')
  const requestState = fromRaw(first?.get("requestState") ?? toRaw(0))
  assert.equal(typeof requestState, "string")
  const inputResponses = { confirm: { action: "accept", content: { ok: true } } }
  assert.equal(firstText(await call({ inputResponses, requestState })), "state-ok: true")
})

test("a capability that the caller did not declare is missing at the service too", async (t) => {
  const link = await connect(t, http(await fixture(t, "modern/http.ts")))
  const silent = { client: { ...caller, capabilities: noMembers } }
  const answer = await link.handle(callTool("test_missing_capability", {}, silent), exchange())
  assert.equal(answer.error?.code, -32021)
})

test("log messages come with the call that asked for them and only with that one", async (t) => {
  const link = await connect(t, http(await fixture(t, "modern/http.ts")))
  const [loud, quiet] = [exchange(), exchange()]
  await Promise.all([
    link.handle(callTool("test_logging_tool", {}, { logLevel: "info" }), loud),
    link.handle(callTool("test_logging_tool"), quiet),
  ])
  assert.deepEqual([loud.heard.length, quiet.heard.length], [3, 0])
})

test("the headers repeat method, name and marked arguments, encoded where they are not plain", async (t) => {
  const { url, seen } = await serveModern(t, ({ response, said }) =>
    json(response, result(said.id, { content: [] })),
  )
  const paths = new Map([
    ["Region", ["where", "region"]],
    ["n", ["n"]],
    ["none", ["none"]],
  ])
  const paramHeaders: NonNullable<LinkOptions["paramHeaders"]> = (tool) => (tool === "grüße" ? paths : undefined)
  const link = await connect(t, http(url, { "X-Key": "k" }), { paramHeaders })
  const values = { where: { region: " eu\nwest" }, n: 5 }
  await link.handle(callTool("grüße", values), exchange())
  await link.handle(request("resources/read", { uri: "test://a b" }), exchange())
  await link.handle(request("tools/list"), exchange())
  const mcp = seen.slice(1).map(({ request: { headers } }) =>
    Object.entries(headers)
      .filter(([name]) => /^(mcp|x)-/.test(name))
      .sort(([one], [two]) => (one < two ? -1 : 1)),
  )
  const always = [
    ["mcp-protocol-version", "2026-07-28"],
    ["x-key", "k"],
  ]
  const encoded = (text: string): string => `=?base64?${Buffer.from(text).toString("base64")}?=`
  assert.deepEqual(mcp, [
    [
      ["mcp-method", "tools/call"],
      ["mcp-name", encoded("grüße")],
      ["mcp-param-n", "5"],
      ["mcp-param-region", encoded(" eu\nwest")],
      ...always,
    ],
    [["mcp-method", "resources/read"], ["mcp-name", "test://a b"], ...always],
    [["mcp-method", "tools/list"], ...always],
  ])
})

test("a service that compares the headers with the body accepts them", async (t) => {
  const paramHeaders = (): ReadonlyMap<string, readonly string[]> => new Map([["region", ["region"]]])
  const url = await fixture(t, "modern/http.ts")
  const call = callTool("test_x_mcp_header", { region: "ü-west", level: 3 })
  assert.match(firstText(await (await connect(t, http(url), { paramHeaders })).handle(call, exchange())), /ü-west/)
  await assert.rejects((await connect(t, http(url))).handle(call, exchange()), {
    code: "service_unavailable",
    detail: { rpc: -32020, sent: false },
  })
})

test("number digits survive both ways, as JSON and in an event stream", async (t) => {
  const values = '{"big":12345678901234567890,"n":1.0}'
  for (const type of ["application/json", "text/event-stream"]) {
    let body = ""
    const url = await serve(t, ({ response, said }) => {
      if (said.method === "server/discover") return json(response, result(said.id, discovered))
      body = `{"jsonrpc":"2.0","id":${said.id},"result":{"resultType":"complete","structuredContent":${values}}}`
      return response
        .writeHead(200, { "content-type": type })
        .end(type === "application/json" ? body : `event: message\r\ndata: ${body}\r\n\r\n`)
    })
    const link = await connect(t, http(url))
    const answer = await link.handle(
      request(
        "tools/call",
        new Map([
          ["name", toRaw("x")],
          ["arguments", Buffer.from(values)],
        ]),
      ),
      exchange(),
    )
    assert.equal(textOf(answer), `{"resultType":"complete","structuredContent":${values}}`)
  }
})

test("an aborted call closes its response, which is how this era cancels", async (t) => {
  const [open, cut] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { url, seen } = await serveModern(t, ({ response }) => {
    response.on("close", cut.resolve)
    open.resolve()
  })
  const link = await connect(t, http(url))
  const gone = new AbortController()
  const call = link.handle(callTool("slow"), exchange({ signal: gone.signal }))
  await open.promise
  gone.abort()
  await assert.rejects(call, { code: "invalid" })
  await cut.promise
  assert.equal(seen.length, 2)
})

test("calls wait for a free connection, while subscriptions stay out of their way", async (t) => {
  let busy = 0
  let most = 0
  const { url } = await serveModern(t, ({ response, said }) => {
    if (said.method === "subscriptions/listen")
      return response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
    most = Math.max(most, ++busy)
    return setImmediate(() => {
      busy -= 1
      json(response, result(said.id, {}))
    })
  })
  const link = await connect(t, { ...http(url), connections: 2 } as ReturnType<typeof http>)
  const stop = new AbortController()
  const listening = [1, 2, 3].map(() =>
    link.handle(request("subscriptions/listen", { notifications: {} }), exchange({ signal: stop.signal })),
  )
  const answers = await Promise.all(Array.from({ length: 10 }, () => link.handle(callTool("x"), exchange())))
  assert.equal(answers.length, 10)
  assert.equal(most, 2)
  stop.abort()
  for (const answer of await Promise.all(listening)) assert.equal(textOf(answer), '{"resultType":"complete"}')
})

test("a service that is gone was not sent anything", async (t) => {
  const { url } = await serveModern(t, () => {})
  const link = await connect(t, http(url))
  const server = createServer()
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await assert.rejects(connect(t, http(`http://127.0.0.1:${port}/mcp`)), {
    code: "service_unavailable",
    detail: { sent: false },
    message: /ECONNREFUSED/,
  })
  await link.close()
  await assert.rejects(link.handle(callTool("x"), exchange()), {
    code: "service_unavailable",
    detail: { sent: false },
  })
  assert.equal(await link.closed, undefined)
})

test("a refusal of the request is the caller's answer, whatever the status", async (t) => {
  const { url } = await serveModern(t, ({ response, said }) =>
    json(response, refusal(said.method === "tools/call" ? null : said.id, -32601), 404),
  )
  const link = await connect(t, http(url))
  for (const one of [callTool("x"), request("x/y")])
    assert.equal((await link.handle(one, exchange())).error?.code, -32601)
})
