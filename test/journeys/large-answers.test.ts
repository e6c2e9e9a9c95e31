/** Results of megabytes go to the client as they come; what the client gets is whole, or is seen to be none. */
import assert from "node:assert/strict"
import { request, type IncomingMessage } from "node:http"
import { connect } from "node:net"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { startLargeService, type LargeService, type Script } from "./large-service.ts"
import { perform } from "./operations.ts"
import { listNames, modernRevision, openPeer, type Peer } from "./peer.ts"

const id = 'a"7'
const limit = { timeout: 120_000 }
const line = "Zeile 1 é 😀 \\n"
const textOf = (bytes: number): string => `"${line.repeat(Math.ceil(bytes / Buffer.byteLength(line)))}"`
const content = (bytes: number): string => `[{"type":"text","text":${textOf(bytes)}}]`
const mib = 1_048_576

/** How the service answers, by the argument `kind`. */
const script: Script = function* ({ kind, bytes = mib, uri, values }) {
  const size = Number(bytes)
  const start = kind === "legacy" ? "{" : '{"resultType":"complete",'
  const text = textOf(mib).slice(1, -1)
  const structured = values === "array" ? content(size) : `{"n":12345678901234567890,"a":${content(size)}}`
  if (uri !== undefined)
    yield `{"resultType":"complete","ttlMs":5,"cacheScope":"public","contents":${content(size)}}}`
  else if (kind === "parts")
    yield* [
      `${start}"content":[{"type":"text","text":"`,
      ...Array.from({ length: size / mib }, () => text),
      '"}]}}',
    ]
  else if (kind === "hang up") yield* [`${start}"content":[${textOf(size)}`, "hang up"]
  else if (kind === "garbage") yield* [`${start}"content":${content(size)}`, ',"isError":fals}}']
  else if (kind === "asks late") yield `{"content":${content(size)},"resultType":"input_required"}}`
  else if (kind === "asks")
    yield `{"resultType":"input_required","inputRequests":{},"requestState":"s","content":${content(size)}}}`
  else if (kind === "twice") yield `${start}"content":${content(size)},"content":[]}}`
  else if (kind === "late meta")
    yield `${start}"content":${content(size)},"isError":true,"_meta":{"x":1.0,"io.modelcontextprotocol/serverInfo":{"name":"other"}}}}`
  else yield `${start}"content":${content(size)},"structuredContent":${structured},"isError":false}}`
}

let modern: LargeService
let legacy: LargeService
let gateway: TestGateway
let admin: Peer

before(async () => {
  modern = await startLargeService("modern", script)
  legacy = await startLargeService("legacy", script)
  const breaker = { failures: 0, failurePercent: 0 } // wrong answers are asked for here
  const kept = { url: modern.url, audit: { payloads: "redacted" } }
  gateway = await startGateway({
    services: { modern: { url: modern.url, timeoutMs: 30_000, breaker }, legacy: { url: legacy.url }, kept },
  })
  admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
}, limit)

after(async () => {
  await admin?.close()
  await gateway?.stop()
  await Promise.all([modern?.close(), legacy?.close()])
})

type Sent = { readonly response: IncomingMessage; readonly cancel: () => void }

type Headers = Readonly<Record<string, string>>

function messageOf(method: string, params: object, capabilities: object = {}): { headers: Headers; body: string } {
  const { uri, name } = params as Record<string, unknown>
  const meta = {
    "io.modelcontextprotocol/protocolVersion": modernRevision,
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  }
  const headers = {
    ...bearer(gateway.key),
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": modernRevision,
    "mcp-method": method,
    "mcp-name": String(uri ?? name),
  }
  return { headers, body: JSON.stringify({ jsonrpc: "2.0", id, method, params: { ...params, _meta: meta } }) }
}

/** Sends and gives the answer before it is read. */
function send({ headers, body }: ReturnType<typeof messageOf>): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const sent = request(gateway.url, { method: "POST", headers }, (response) =>
      resolve({ response, cancel: () => sent.destroy() }),
    )
    sent.once("error", reject)
    sent.end(body)
  })
}

function callTool(service: string, values: object, capabilities?: object, more: Headers = {}): Promise<Sent> {
  const { headers, body } = messageOf("tools/call", { name: `${service}__get`, arguments: values }, capabilities)
  return send({ headers: { ...headers, ...more }, body })
}

async function read(response: IncomingMessage): Promise<string> {
  return Buffer.concat(await response.toArray()).toString()
}

type Answer = {
  readonly id: unknown
  readonly result: Record<string, unknown>
  readonly error?: { readonly message: string }
}
type Row = {
  readonly kind: string
  readonly outcome?: string
  readonly resultBytes?: number
  readonly resultDigest?: string
  readonly argumentsBytes?: number
  readonly argumentsDigest?: string
  readonly detail?: object
}

const parse = (text: string): Answer => JSON.parse(text) as Answer

async function lastOf(service: string, kind: "start" | "end"): Promise<Row> {
  const { entries } = await perform(admin, "audit_query", { service, kind, limit: 1 })
  return (entries as Row[])[0] as Row
}

const isCut = (thrown: unknown): boolean =>
  thrown instanceof Error && /aborted|terminated|ECONNRESET/.test(thrown.message)

for (const [service, kind] of [
  ["modern", "whole"],
  ["legacy", "legacy"],
] as const) {
  test(`a large result of a ${service} service comes whole and as it was written`, limit, async () => {
    const { response } = await callTool(service, { kind, bytes: 2 * mib })
    assert.equal(response.headers["transfer-encoding"], "chunked")
    const text = await read(response)
    const { id: answered, result } = parse(text)
    assert.equal(answered, id)
    assert.ok(text.includes(content(2 * mib)) && text.includes('{"n":12345678901234567890,'))
    assert.deepEqual(Object.keys(result).sort(), [
      "_meta",
      "content",
      "isError",
      "resultType",
      "structuredContent",
    ])
    assert.equal(result["resultType"], "complete")
    const { outcome, resultBytes = 0 } = await lastOf(service, "end")
    assert.equal(outcome, "ok")
    assert.ok(resultBytes > 4 * mib && resultBytes < Buffer.byteLength(text))
  })
}

test("payloads have one digest and one size, whether they passed in parts or were kept", limit, async () => {
  const rows: Row[] = []
  const starts: Row[] = []
  for (const [service, accept] of [
    ["modern", "parts"],
    ["kept", "whole"],
  ] as const) {
    const { response } = await callTool(service, { kind: "late meta", bytes: mib, pad: "x".repeat(mib) })
    assert.equal(response.headers["transfer-encoding"] === "chunked", accept === "parts")
    const { result } = parse(await read(response))
    assert.equal((result["_meta"] as Record<string, unknown>)["x"], 1)
    assert.notDeepEqual((result["_meta"] as Record<string, unknown>)["io.modelcontextprotocol/serverInfo"], {
      name: "other",
    })
    rows.push(await lastOf(service, "end"))
    starts.push(await lastOf(service, "start"))
  }
  assert.equal(rows[0]?.outcome, "tool_error")
  assert.equal(rows[0]?.resultBytes, rows[1]?.resultBytes)
  assert.equal(rows[0]?.resultDigest, rows[1]?.resultDigest)
  assert.ok((starts[0]?.argumentsBytes ?? 0) > mib)
  assert.equal(starts[0]?.argumentsBytes, starts[1]?.argumentsBytes)
  assert.equal(starts[0]?.argumentsDigest, starts[1]?.argumentsDigest)
  const { status } = (await perform(admin, "audit_verify", {})) as { status?: string }
  assert.notEqual(status, "broken")
})

test("a large resource is passed on under the cache scope of the gateway", limit, async () => {
  const [uri = ""] = (await listNames(admin, "resources")).filter((name) => name.startsWith("mcp://modern/"))
  const { response } = await send(messageOf("resources/read", { uri }))
  assert.equal(response.headers["transfer-encoding"], "chunked")
  const { result } = parse(await read(response))
  assert.equal(result["cacheScope"], "private")
  assert.equal(result["ttlMs"], 5)
})

for (const kind of ["hang up", "garbage", "asks late", "twice"]) {
  test(`DS-06 a wrong answer (${kind}) is cut, recorded so, and asked for once`, limit, async () => {
    const before = modern.calls
    const { response } = await callTool("modern", { kind, bytes: 2 * mib })
    assert.equal(response.statusCode, 200)
    await assert.rejects(read(response), isCut)
    const row = await lastOf("modern", "end")
    assert.equal(row.outcome, "service_unavailable")
    assert.ok((row.resultBytes ?? 0) > mib)
    assert.deepEqual(row.detail, { incomplete: true })
    assert.equal(modern.calls, before + 1)
  })
}

for (const [service, kind] of [
  ["modern", "whole"],
  ["legacy", "legacy"],
] as const) {
  test(`a legacy client gets a large result of a ${service} service as it comes`, limit, async () => {
    const revision = "2025-11-25"
    const plain = {
      ...bearer(gateway.key),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    }
    const post = async (message: object, more: Headers = {}) =>
      (await send({ headers: { ...plain, ...more }, body: JSON.stringify({ jsonrpc: "2.0", id, ...message }) }))
        .response
    const clientInfo = { name: "old", version: "1" }
    const begun = await post({
      method: "initialize",
      params: { protocolVersion: revision, capabilities: {}, clientInfo },
    })
    await read(begun)
    const session = { "mcp-session-id": String(begun.headers["mcp-session-id"]), "mcp-protocol-version": revision }
    for (const values of [{ kind }, { kind, values: "array" }]) {
      const params = { name: `${service}__get`, arguments: values }
      const response = await post({ method: "tools/call", params }, session)
      assert.equal(response.headers["transfer-encoding"], "chunked")
      const { id: answered, result } = parse(await read(response))
      assert.equal(answered, id)
      assert.deepEqual(Object.keys(result).sort(), ["content", "isError", "structuredContent"])
      const structured = result["structuredContent"] as Record<string, unknown>
      assert.deepEqual(Object.keys(structured), "values" in values ? ["result"] : ["n", "a"])
      assert.equal((await lastOf(service, "end")).outcome, "ok")
    }
  })
}

test("a large answer that asks something is read first, as a small one is", limit, async () => {
  const { response } = await callTool("modern", { kind: "asks" })
  assert.equal(response.headers["transfer-encoding"], undefined)
  const { result } = parse(await read(response))
  assert.equal(result["resultType"], "input_required")
  assert.notEqual(result["requestState"], "s")
})

test("a client that can be asked gets large answers as they come, too", limit, async () => {
  const { response } = await callTool("legacy", { kind: "legacy" }, { elicitation: { form: {} } })
  assert.equal(response.headers["transfer-encoding"], "chunked")
  assert.equal(parse(await read(response)).result["isError"], false)
})

test("RES-03 a client that does not read holds up the service; one that leaves ends the call", limit, async () => {
  const before = { ...modern, takenBytes: modern.takenBytes, cut: modern.cut }
  const { response, cancel } = await callTool("modern", { kind: "parts", bytes: 60 * mib })
  response.once("error", () => {})
  // What the buffers of four sockets may hold, whatever the machine allows them.
  await eventually("bytes are taken", () => modern.takenBytes > before.takenBytes)
  let taken = -1
  while (taken !== modern.takenBytes) {
    taken = modern.takenBytes
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  assert.ok(taken - before.takenBytes < 40 * mib, `${taken - before.takenBytes} bytes were taken`)
  cancel()
  await eventually("the service is cut off", () => modern.cut > before.cut)
  await eventually("its end is on record", async () => (await lastOf("modern", "end")).outcome === "cancelled")
})

test("a client that reads slowly gets it all", limit, async () => {
  const { response } = await callTool("modern", { kind: "parts", bytes: 12 * mib })
  let bytes = 0
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length
    if (bytes % 7 === 0) await new Promise(setImmediate)
  }
  assert.ok(bytes > 12 * mib)
  assert.equal((await lastOf("modern", "end")).outcome, "ok")
})

test("a client that wants events, and one of HTTP/1.0, get it whole", limit, async () => {
  const events = await callTool("modern", { kind: "whole" }, {}, { accept: "text/event-stream, application/json" })
  assert.equal(events.response.headers["content-type"], "text/event-stream")
  const text = await read(events.response)
  assert.equal(parse(text.slice(text.indexOf("data: ") + 6)).result["isError"], false)
  const { hostname, port } = new URL(gateway.origin)
  const socket = connect(Number(port), hostname)
  const { headers, body } = messageOf("tools/call", { name: "modern__get", arguments: { kind: "whole" } })
  const lines = Object.entries({ ...headers, host: "localhost", "content-length": Buffer.byteLength(body) })
  socket.write(["POST /mcp HTTP/1.0", ...lines.map(([name, value]) => `${name}: ${value}`), "", body].join("\r\n"))
  const answer = Buffer.concat(await socket.toArray()).toString()
  const [head = "", whole = ""] = answer.split("\r\n\r\n")
  assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(whole)}`, "i"))
  assert.equal(parse(whole).result["isError"], false)
})
