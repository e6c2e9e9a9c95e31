/** A service in this process whose every definition a test can change, to the letter. Speaks one era over HTTP. */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { ItemKind } from "../../../src/domain/catalog.ts"
import { modernRevision, type Message } from "../peer.ts"

/** JSON texts, sent as they stand here. */
export type Definitions = Record<ItemKind, readonly string[]>

export type ChangingService = {
  readonly url: string
  readonly era: "legacy" | "modern"
  /** What it lists from now on; nobody is told. */
  definitions: Definitions
  /** Told to whoever connects from now on. */
  instructions: string
  /** Requests for methods that use what it offers. */
  readonly used: readonly string[]
  /** While set, its tools answer when it resolves. */
  waits: Promise<unknown> | undefined
  close(): Promise<void>
}

const listMethods: Readonly<Record<string, readonly [ItemKind, string]>> = {
  "tools/list": ["tools", "tools"],
  "prompts/list": ["prompts", "prompts"],
  "resources/list": ["resources", "resources"],
  "resources/templates/list": ["templates", "resourceTemplates"],
}

export async function startChangingService(
  era: ChangingService["era"],
  definitions: Definitions,
): Promise<ChangingService> {
  const used: string[] = []
  const state = {
    definitions,
    instructions: "Ask before you write.",
    waits: undefined as Promise<unknown> | undefined,
  }
  const server = createServer((request, response) => {
    void receive(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, "close")
  }
  return Object.assign(state, { url, era, used, close })

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") return void response.writeHead(405).end()
    const message = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Message
    const { id, method = "", params = {} } = message
    if (id === undefined) return void response.writeHead(202).end()
    const meta = params["_meta"] as object | undefined
    const isModern = meta !== undefined && "io.modelcontextprotocol/protocolVersion" in meta
    const result = isModern === (era === "modern") ? await answer(method, params) : undefined
    const error = { code: isModern && era === "legacy" ? -32000 : -32601, message: `No ${method}` }
    const status = result === undefined ? (era === "legacy" && isModern ? 400 : 404) : 200
    const body = result === undefined ? `"error":${JSON.stringify(error)}` : `"result":${result}`
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},${body}}`)
  }

  async function answer(method: string, params: Record<string, unknown>): Promise<string | undefined> {
    const modern = era === "modern" ? '"resultType":"complete","ttlMs":0,"cacheScope":"private",' : ""
    const list = listMethods[method]
    if (list) return `{${modern}"${list[1]}":[${state.definitions[list[0]].join(",")}]}`
    const facts = factsOf(era, params)
    if (facts[method]) return JSON.stringify({ ...facts[method], instructions: state.instructions })
    const uses = useOf(method)
    if (uses === undefined) return method === "ping" ? "{}" : undefined
    used.push(method)
    if (method === "tools/call") await state.waits
    return `{${era === "modern" ? '"resultType":"complete",' : ""}${uses}}`
  }
}

function factsOf(era: string, params: Record<string, unknown>): Record<string, object> {
  const capabilities = { tools: {}, prompts: {}, resources: {}, completions: {} }
  const serverInfo = { name: "changing", version: "1.0.0" }
  if (era === "legacy")
    return { initialize: { protocolVersion: params["protocolVersion"], capabilities, serverInfo } }
  const cache = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
  return { "server/discover": { ...cache, supportedVersions: [modernRevision], capabilities } }
}

function useOf(method: string): string | undefined {
  switch (method) {
    case "tools/call":
      return '"content":[{"type":"text","text":"done"}],"structuredContent":{"said":"done"}'
    case "prompts/get":
      return '"messages":[]'
    case "resources/read":
      return '"contents":[]'
    case "completion/complete":
      return '"completion":{"values":["one"]}'
    default:
      return undefined
  }
}
