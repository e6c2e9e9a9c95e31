import assert from "node:assert/strict"
import { after, test } from "node:test"
import * as z from "zod"
import { GatewayError } from "../../../src/errors.ts"
import { toRawObject } from "../../../src/mcp/raw-json.ts"
import { defineOperation, type Operation, type OperationContext } from "../../../src/operations/operation.ts"
import { perform } from "../../../src/operations/perform.ts"
import { bodyBytes, keys, startRestApp } from "./rest-app.ts"

const base = {
  title: "T",
  summary: "S",
  group: "services",
  permission: "services:read",
  risk: "low",
  say: () => "said",
} as const
const output = z.object({ got: z.unknown() })
const readThing = defineOperation({
  ...base,
  name: "read_thing",
  effect: "read",
  route: { method: "GET", path: "/things/{name}" },
  input: z.strictObject({
    name: z.string(),
    limit: z.int().optional(),
    deep: z.boolean().optional(),
    tags: z.array(z.string()).optional(),
  }),
  output,
  run: async (_context, got) => ({ got }),
})
const makeThing = defineOperation({
  ...base,
  name: "make_thing",
  effect: "create",
  route: { method: "POST", path: "/things" },
  input: z.strictObject({ name: z.string(), facts: z.record(z.string(), z.unknown()).optional() }),
  output,
  run: async (_context, got) => {
    if (got.name === "taken")
      throw new GatewayError("conflict", "It is there.", {
        next: { operation: "read_thing", arguments: { name: "taken" } },
      })
    if (got.name === "busy") throw new GatewayError("overloaded", "Too much.", { retryAfterMs: 1_200 })
    if (got.name === "broken") throw new Error("a path: /etc/passwd")
    return { got }
  },
})

const operations: readonly Operation[] = [readThing, makeThing]
const app = await startRestApp({
  operations,
  perform: (operation, actor, input) => perform(operation, { actor } as OperationContext, input),
  call: async ({ request }) => {
    const name = JSON.parse(request.params.get("name")?.toString() ?? "") as string
    if (name === "svc__rpc") return { error: { code: -32_000, message: "broken inside" } }
    if (name === "svc__wrong") return { error: { code: -32_602, message: "x is needed" } }
    if (name === "svc__asks") return { result: toRawObject({ resultType: "input_required" }) }
    if (name !== "svc__echo") throw new GatewayError("not_found", `Unknown tool: ${name}`)
    const given = request.params.get("arguments") ?? Buffer.from("null")
    return { result: new Map([["content", Buffer.from("[]")], ["structuredContent", given], ["isError", Buffer.from("true")]]) } // oxfmt-ignore
  },
})
after(() => app.close())

type Sent = {
  readonly method?: string
  readonly body?: string
  readonly key?: string | null
  readonly type?: string
}

async function send(
  path: string,
  { method = "GET", body, key = keys.observer, type = "application/json" }: Sent = {},
): Promise<Response> {
  const headers = {
    ...(key !== null && { authorization: `Bearer ${key}` }),
    ...(body !== undefined && { "content-type": type }),
  }
  return fetch(app.url + path, { method, headers, ...(body !== undefined && { body }) })
}

async function problem(response: Response): Promise<Record<string, unknown>> {
  assert.equal(response.headers.get("content-type"), "application/problem+json")
  return (await response.json()) as Record<string, unknown>
}

test("a GET operation takes its input from path and query, each as what it is", async () => {
  const response = await send("/api/v1/things/a%2Fb?limit=2&deep=false&tags=x&tags=y")
  assert.equal(response.status, 200)
  assert.equal(response.headers.get("cache-control"), "no-store")
  assert.deepEqual(await response.json(), { got: { name: "a/b", limit: 2, deep: false, tags: ["x", "y"] } })
})

test("a creating operation takes a JSON body and answers 201", async () => {
  const response = await send("/api/v1/things", { method: "POST", body: '{"name":"n","facts":{"deep":[1]}}' })
  assert.equal(response.status, 201)
  assert.deepEqual(await response.json(), { got: { name: "n", facts: { deep: [1] } } })
})

for (const [what, body, message] of [
  ["an unknown member", '{"name":"n","other":1}', /other/],
  ["a broken body", '{"name":', /no JSON object/],
  ["a body that is no object", "[1]", /no JSON object/],
  ["a member that comes twice", '{"name":"a","name":"b"}', /twice/],
] as const) {
  test(`${what} is refused as invalid`, async () => {
    const response = await send("/api/v1/things", { method: "POST", body })
    const { code, status, detail } = await problem(response)
    assert.deepEqual([response.status, code, status], [400, "invalid", 400])
    assert.match(String(detail), message)
  })
}

test("a member is read from one place only", async () => {
  assert.equal((await send("/api/v1/things/x?name=y")).status, 400)
  assert.equal((await send("/api/v1/things?name=y", { method: "POST", body: '{"name":"x"}' })).status, 400)
})

test("a body of another type is refused, so that no web form can send one", async () => {
  const response = await send("/api/v1/things", { method: "POST", body: '{"name":"n"}', type: "text/plain" })
  assert.equal((await problem(response))["code"], "invalid")
})

test("a body over the limit is refused, with and without its length told before", async () => {
  const body = JSON.stringify({ name: "n".repeat(bodyBytes) })
  assert.equal((await problem(await send("/api/v1/things", { method: "POST", body })))["code"], "too_large")
  const stream = new Blob([body]).stream()
  const headers = { authorization: `Bearer ${keys.observer}`, "content-type": "application/json" }
  const chunked = await fetch(`${app.url}/api/v1/things`, {
    method: "POST",
    headers,
    body: stream,
    duplex: "half",
  })
  assert.equal((await problem(chunked))["code"], "too_large")
})

test("an error is a problem that says what would help, and when", async () => {
  const taken = await send("/api/v1/things", { method: "POST", body: '{"name":"taken"}' })
  assert.deepEqual(await problem(taken), {
    type: "urn:mcp-meta:error:conflict",
    title: "The state does not allow it, or has changed meanwhile.",
    status: 409,
    detail: "It is there.",
    code: "conflict",
    retryable: false,
    next: { operation: "read_thing", arguments: { name: "taken" } },
  })
  const busy = await send("/api/v1/things", { method: "POST", body: '{"name":"busy"}' })
  assert.equal(busy.headers.get("retry-after"), "2")
  assert.equal((await problem(busy))["retryAfterMs"], 1_200)
})

test("a fault of our own says nothing of its inside", async () => {
  const text = await (await send("/api/v1/things", { method: "POST", body: '{"name":"broken"}' })).text()
  assert.match(text, /"code":"internal"/)
  assert.doesNotMatch(text, /passwd|rest\.test/)
})

test("without a credential or a permission nothing is performed", async () => {
  assert.equal((await send("/api/v1/things/x", { key: null })).status, 401)
  assert.equal((await send("/api/v1/things/x", { key: keys.nobody })).status, 404)
  assert.equal((await send("/api/v1/events", { key: keys.nobody })).status, 403)
})

test("an unknown path and an unknown method are problems too", async () => {
  assert.equal((await problem(await send("/api/v1/nothing")))["code"], "not_found")
  assert.equal((await problem(await send("/api/v1/things/x", { method: "PUT", body: "{}" })))["code"], "not_found")
})

test("a tool's arguments and result cross without losing a digit, and its failure is an answer", async () => {
  const body = '{"arguments":{"n":12345678901234567890,"f":1.0}}'
  const response = await send("/api/v1/tools/svc__echo/invoke", { method: "POST", body })
  assert.equal(response.status, 200)
  assert.equal(
    await response.text(),
    '{"content":[],"structuredContent":{"n":12345678901234567890,"f":1.0},"isError":true}',
  )
})

for (const [tool, body, status, code] of [
  ["svc__other", "{}", 404, "not_found"],
  ["svc__rpc", "{}", 502, "service_error"],
  ["svc__wrong", "{}", 400, "invalid"],
  ["svc__asks", "{}", 409, "conflict"],
  ["svc__echo", '{"arguments":[]}', 400, "invalid"],
  ["svc__echo", '{"args":{}}', 400, "invalid"],
] as const) {
  test(`invoking ${tool} with ${body} is answered with ${code}`, async () => {
    const response = await send(`/api/v1/tools/${tool}/invoke`, { method: "POST", body })
    assert.equal(response.status, status)
    assert.equal((await problem(response))["code"], code)
  })
}

async function* eventsOf(response: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  for await (const piece of response.body ?? []) yield decoder.decode(piece as Uint8Array)
}

test("a reader of events who leaves, or never meant to read, is not remembered", async () => {
  const leaving = new AbortController()
  const headers = { authorization: `Bearer ${keys.observer}` }
  const response = await fetch(`${app.url}/api/v1/events`, { headers, signal: leaving.signal })
  assert.equal((await eventsOf(response).next()).value, ": open\n\n")
  assert.equal(app.listeners(), 1)
  leaving.abort()
  while (app.listeners() > 0) await new Promise((resume) => setTimeout(resume, 5))
  assert.equal((await fetch(`${app.url}/api/v1/events`, { method: "HEAD", headers })).status, 404)
  assert.equal(app.listeners(), 0)
})

test("events are streamed to who may see them, and end with the right to", async () => {
  const response = await send("/api/v1/events")
  assert.equal(response.headers.get("content-type"), "text/event-stream")
  const events = eventsOf(response)
  assert.equal((await events.next()).value, ": open\n\n")
  app.events.publish({ type: "service", service: "time", state: "up" })
  assert.equal((await events.next()).value, 'event: service\ndata: {"service":"time","state":"up"}\n\n')
  app.events.publish({ type: "identity" })
  assert.equal((await events.next()).value, "event: identity\ndata: {}\n\n")
  app.revoke()
  app.events.publish({ type: "identity" })
  assert.equal((await events.next()).done, true)
})

test("the page that shows the API loads nothing from elsewhere", async () => {
  const page = await send("/docs", { key: null })
  const html = await page.text()
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/)
  assert.doesNotMatch(html, /https?:/)
  for (const [, path = ""] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const asset = await send(path, { key: null })
    assert.equal(asset.status, 200, path)
    assert.match(
      asset.headers.get("content-type") ?? "",
      path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
    )
    assert.ok((await asset.text()).length > 0)
  }
  for (const path of ["/docs/assets/package.json", "/docs/assets/..%2fpackage.json"])
    assert.equal((await send(path, { key: null })).status, 404)
})
