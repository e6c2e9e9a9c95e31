import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import { GatewayError } from "../../../src/errors.ts"
import { toRaw, toRawObject } from "../../../src/mcp/raw-json.ts"
import {
  callTool,
  caller,
  connect,
  exchange,
  fixture,
  firstText,
  http,
  initialized,
  json,
  refusal,
  request,
  result,
  serve,
  textOf,
  type Served,
} from "./link-kit.ts"

const legacyOnly = { eraHint: "legacy" } as const
const old = { ...caller, era: "legacy", revision: "2025-06-18" } as const
const session = { "mcp-session-id": "s-1" }

/** A service with a session and no stream of its own, which leaves everything past the handshake to `play`. */
async function serveLegacy(
  t: TestContext,
  play: (served: Served) => unknown,
): Promise<{ url: string; seen: Served[] }> {
  const seen: Served[] = []
  const url = await serve(t, (served) => {
    const { request: incoming, response, said } = served
    seen.push(served)
    if (incoming.method === "DELETE") return response.writeHead(204).end()
    if (said.method === "initialize") return json(response, result(said.id, initialized), 200, session)
    if (said.method === "notifications/initialized") return response.writeHead(202).end()
    if (incoming.method === "GET" && incoming.headers["last-event-id"] === undefined)
      return response.writeHead(405).end()
    return play(served)
  })
  return { url, seen }
}

const event = (data: string, fields = ""): string => `${fields}data: ${data}\n\n`

test("a question in the middle of a call is put to the caller and its answer goes back", async (t) => {
  const link = await connect(t, http(await fixture(t, "legacy/http.ts")))
  const asked: string[] = []
  const ask = async ({ method, params }: { method: string; params: ReadonlyMap<string, Buffer> }) => {
    asked.push(`${method}: ${params.get("message")?.toString()}`)
    return { result: toRawObject({ resultType: "complete", action: "accept", content: { email: "a@b.c" } }) }
  }
  const call = (message: string, more = {}) =>
    link.handle(callTool("test_elicitation", { message }), exchange({ ask, ...more }))
  const answers = await Promise.all([call("One?"), call("Two?")])
  assert.deepEqual(asked.sort(), ['elicitation/create: "One?"', 'elicitation/create: "Two?"'])
  for (const answer of answers) assert.match(firstText(answer), /action=accept, content=\{"email":"a@b\.c"\}/)
  const refused = await link.handle(callTool("test_elicitation", { message: "Three?" }), exchange())
  assert.match(textOf(refused), /does not support elicitation\/create/)
})

test("an answer whose stream the service closed is fetched by the last event's id", async (t) => {
  const link = await connect(t, http(await fixture(t, "legacy/http.ts")))
  const answer = await link.handle(callTool("test_reconnection"), exchange())
  assert.match(firstText(answer), /Reconnection test completed/)
})

test("a stream that breaks is taken up again as often as it brings something, and with the session's headers", async (t) => {
  let id: unknown
  const { url, seen } = await serveLegacy(t, ({ request: incoming, response, said }) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    const last = incoming.headers["last-event-id"]
    if (last === undefined) {
      id = said.id
      return response.end("id: e1\nretry: 1\ndata:\n\n")
    }
    const count = Number(String(last).slice(1))
    return response.end(
      event(
        count < 8
          ? '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error"}}'
          : result(id, { content: [] }),
        `id: e${count + 1}\n`,
      ),
    )
  })
  const link = await connect(t, http(url), legacyOnly)
  const one = exchange()
  assert.ok((await link.handle(callTool("x", {}, { client: old }), one)).result)
  assert.equal(one.heard.length, 7)
  const resumed = seen.filter(({ request: incoming }) => incoming.headers["last-event-id"] !== undefined)
  assert.equal(resumed.length, 8)
  assert.ok(resumed.every(({ request: incoming }) => incoming.headers["mcp-session-id"] === "s-1"))
})

test("a stream that ends without an answer fails the call, and so does one that never goes on", async (t) => {
  const { url, seen } = await serveLegacy(t, ({ request: incoming, response, said }) => {
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.end(
      incoming.method === "POST" && said.params?.["name"] === "numbered"
        ? "id: e1\nretry: 1\ndata:\n\n"
        : ": nothing\n\n",
    )
  })
  const link = await connect(t, http(url), legacyOnly)
  for (const name of ["plain", "numbered"]) {
    await assert.rejects(link.handle(callTool(name), exchange()), {
      code: "service_unavailable",
      detail: { sent: true },
    })
  }
  assert.equal(seen.filter(({ request: incoming }) => incoming.headers["last-event-id"] === "e1").length, 5)
})

test("the session and the revision go with every request, and the session is ended with the link", async (t) => {
  const { url, seen } = await serveLegacy(t, ({ response, said }) =>
    json(response, result(said.id, { tools: [] })),
  )
  const link = await connect(t, http(url, { Authorization: "Bearer ours" }), legacyOnly)
  await link.handle(request("tools/list"), exchange())
  await link.close()
  const [first, ...others] = seen
  assert.equal(first?.request.headers["mcp-session-id"], undefined)
  assert.ok(seen.every(({ request: incoming }) => incoming.headers.authorization === "Bearer ours"))
  assert.deepEqual(
    others.map(({ request: incoming }) => incoming.method),
    ["POST", "GET", "POST", "DELETE"],
  )
  for (const { request: incoming } of others) {
    assert.equal(incoming.headers["mcp-session-id"], "s-1")
    assert.equal(incoming.headers["mcp-protocol-version"], "2025-11-25")
  }
})

test("a session that the service has forgotten loses the link, and the call may be sent again", async (t) => {
  const answers: [number, string][] = [
    [404, refusal(null, -32001)],
    [404, "gone"],
    [
      400,
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}',
    ],
  ]
  for (const [status, body] of answers) {
    const { url } = await serveLegacy(t, ({ response }) => json(response, body, status))
    const link = await connect(t, http(url), legacyOnly)
    await assert.rejects(link.handle(callTool("x"), exchange()), {
      code: "service_unavailable",
      detail: { status: 404, session: "lost", sent: false },
    })
    assert.match((await link.closed)?.message ?? "", /no longer knows our session/)
  }
})

test("a cancelled call closes its stream, and the service is told by a notification too", async (t) => {
  const told = Promise.withResolvers<unknown>()
  const cut = Promise.withResolvers<void>()
  const open = Promise.withResolvers<unknown>()
  const { url } = await serveLegacy(t, ({ response, said }) => {
    if (said.method === "notifications/cancelled") {
      told.resolve(said.params?.["requestId"])
      return response.writeHead(202).end()
    }
    response.on("close", cut.resolve)
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
    return open.resolve(said.id)
  })
  const link = await connect(t, http(url), legacyOnly)
  const gone = new AbortController()
  const reason = new GatewayError("timeout", "Too slow.")
  const call = link.handle(callTool("slow"), exchange({ signal: gone.signal }))
  const id = await open.promise
  gone.abort(reason)
  await assert.rejects(call, reason)
  assert.equal(await told.promise, id)
  await cut.promise
})

test("what comes on the stream beside the calls reaches subscriptions, or the only call it can belong to", async (t) => {
  let aside: Served["response"] | undefined
  const replies: unknown[] = []
  const replied = Promise.withResolvers<void>()
  const url = await serve(t, ({ request: incoming, response, said }) => {
    if (said.method === "initialize")
      return json(response, result(said.id, { ...initialized, protocolVersion: "2025-03-26" }))
    if (incoming.method === "GET") {
      aside = response.writeHead(200, { "content-type": "text/event-stream" })
      return aside.flushHeaders()
    }
    if (said.method === "tools/call") {
      aside?.write(event('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'))
      aside?.write(event(`{"jsonrpc":"2.0","id":1,"method":"roots/list"}`))
      return replied.promise.then(() => json(response, result(said.id, { content: [] })))
    }
    if (said.method === undefined) {
      replies.push(said["result"])
      replied.resolve()
    }
    return response.writeHead(202).end()
  })
  const link = await connect(t, http(url), legacyOnly)
  assert.equal(link.facts.revision, "2025-03-26")
  const stop = new AbortController()
  const heard = exchange({ signal: stop.signal })
  const ended = link.handle(request("subscriptions/listen", { notifications: { toolsListChanged: true } }), heard)
  await heard.until(1)
  const ask = async () => ({ result: new Map([["roots", toRaw([])]]) })
  await link.handle(callTool("x"), exchange({ ask }))
  await heard.until(2)
  assert.deepEqual(replies, [{ roots: [] }])
  stop.abort()
  await ended
})

test("what is no answer is named: status, redirect, page, size, and whether the request was sent", async (t) => {
  const page = { "content-type": "text/html" }
  const cases: Record<string, [(served: Served) => unknown, { code: string; message: RegExp; detail: object }]> = {
    credential: [
      ({ response }) => response.writeHead(401, page).end(),
      { code: "service_unavailable", message: /credential/, detail: { status: 401, sent: false } },
    ],
    forbidden: [
      ({ response }) => json(response, "{}", 403),
      { code: "service_unavailable", message: /credential/, detail: { status: 403, sent: false } },
    ],
    moved: [
      ({ response }) => response.writeHead(307, { location: "https://elsewhere.example/mcp?key=secret" }).end(),
      {
        code: "service_unavailable",
        message: /redirects to https:\/\/elsewhere\.example\/mcp,/,
        detail: { status: 307, sent: false },
      },
    ],
    failed: [
      ({ response, said }) => json(response, refusal(said.id, -32603), 500),
      { code: "service_unavailable", message: /HTTP 500/, detail: { status: 500, sent: true } },
    ],
    busy: [
      ({ response }) => response.writeHead(503, { "retry-after": "3" }).end(),
      { code: "service_unavailable", message: /HTTP 503/, detail: { status: 503, sent: true } },
    ],
    page: [
      ({ response }) => response.writeHead(200, page).end("<html>"),
      { code: "service_unavailable", message: /text\/html/, detail: { status: 200, sent: true } },
    ],
    nothing: [
      ({ response }) => response.writeHead(202).end(),
      { code: "service_unavailable", message: /without content/, detail: { status: 202, sent: true } },
    ],
    large: [
      ({ response, said }) => json(response, result(said.id, { text: "x".repeat(2_000) })),
      { code: "too_large", message: /1000 bytes/, detail: { maxBytes: 1000 } },
    ],
    broken: [
      ({ response }) => response.destroy(),
      { code: "service_unavailable", message: /broke/, detail: { sent: true } },
    ],
    malformed: [
      ({ response }) => json(response, '{"a":1'),
      { code: "service_unavailable", message: /not valid/, detail: { sent: true } },
    ],
  }
  for (const [name, [play, expected]] of Object.entries(cases)) {
    const { url } = await serveLegacy(t, play)
    const link = await connect(t, http(url), { ...legacyOnly, limits: { maxResultBytes: 1_000 } })
    await assert.rejects(link.handle(callTool(name), exchange()), expected, name)
  }
})
