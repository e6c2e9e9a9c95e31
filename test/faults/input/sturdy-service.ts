/**
 * A service that takes whatever a gateway lets through: `node sturdy-service.ts` speaks the modern era on /modern and
 * the legacy one, without sessions, on /legacy. It answers every method with something valid and never fails, so that
 * a failure seen before the gateway is the gateway's.
 */

import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

type Message = { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown }

const revision = "2026-07-28"
const largeLength = 65_536
const capabilities = { tools: {}, prompts: {}, resources: { subscribe: true }, completions: {}, logging: {} }
const info = { name: "sturdy", version: "1.0.0" }
const complete = { resultType: "complete", ttlMs: 60_000, cacheScope: "private" }
const region = { type: "string", "x-mcp-header": "Region" }
const tools = [
  { name: "echo", inputSchema: { type: "object" } },
  { name: "routed", inputSchema: { type: "object", properties: { region } } },
  ...["constructor", "toString", "__proto__", "hasOwnProperty"].map((name) => ({
    name,
    inputSchema: { type: "object" },
  })),
]

const answers: ReadonlyMap<unknown, object> = new Map<unknown, object>([
  ["server/discover", { supportedVersions: [revision], capabilities, serverInfo: info }],
  ["initialize", { protocolVersion: "2025-11-25", capabilities, serverInfo: info }],
  ["tools/list", { tools }],
  ["prompts/list", { prompts: [{ name: "greet", arguments: [{ name: "who" }] }] }],
  ["resources/list", { resources: [{ uri: "test://one", name: "one" }] }],
  ["resources/templates/list", { resourceTemplates: [{ uriTemplate: "test://{id}", name: "by id" }] }],
  ["prompts/get", { messages: [] }],
  ["resources/read", { contents: [{ uri: "test://one", text: "one" }] }],
  ["completion/complete", { completion: { values: ["a"] } }],
])

const server = createServer((request, response) => {
  const isModern = request.url === "/modern"
  void text(request).then((body) => {
    const { id, method, params } = read(body)
    if (id === undefined) return response.writeHead(request.method === "POST" ? 202 : 405).end()
    const result = method === "tools/call" ? echo(params) : (answers.get(method) ?? {})
    const answer = { jsonrpc: "2.0", id, result: { ...(isModern && complete), ...result } }
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer))
  })
})
server.listen(0, "127.0.0.1", () =>
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)

/** What is large is taken at its word, lest its time count as the gateway's. */
function read(body: string): Message {
  if (body.length < largeLength) return (body === "" ? {} : JSON.parse(body)) as Message
  return { id: Number(/^[^{]*\{[^{]*?"id":(\d+)/.exec(body)?.[1] ?? 0), method: "tools/call", params: "much" }
}

function echo(params: unknown): object {
  const given = JSON.stringify(params) ?? ""
  return { content: [{ type: "text", text: given.slice(0, 1_000) }], isError: false }
}
