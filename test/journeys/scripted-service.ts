/**
 * A service made of a few lines, in this process, so that a test sees what reached it: every message with its headers,
 * and when a call was cancelled. Speaks one era over Streamable HTTP, without sessions.
 */
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { modernRevision, type Message } from "./peer.ts"

export type ToolRun = {
  readonly values: Record<string, unknown>
  /** Aborts when the caller cancels. */
  readonly signal: AbortSignal
  /** Sends progress, where the request has a token. */
  readonly report: (progress: number, message?: string) => void
}

export type ServiceTool = {
  readonly name: string
  readonly inputSchema?: unknown
  readonly annotations?: object
  /** An answer that has an `error` is one. */
  readonly run?: (call: ToolRun) => object | Promise<object>
}

export type Seen = { readonly message: Message; readonly headers: IncomingHttpHeaders; readonly url: string }

export type ScriptedService = {
  readonly url: string
  readonly seen: readonly Seen[]
  /** The tools it lists from now on; nobody is told. */
  tools: readonly ServiceTool[]
  close(): Promise<void>
}

export type ServiceOptions = {
  readonly tools: readonly ServiceTool[]
  readonly era?: "legacy" | "modern"
  readonly port?: number
  /** Tools in one page of the list. */
  readonly pageSize?: number
  /** Done before a request is answered. */
  readonly before?: (method: string) => Promise<void> | undefined
}

export const say = (text: string): object => ({ content: [{ type: "text", text }] })

export async function startService(options: ServiceOptions): Promise<ScriptedService> {
  const playing = { ...options, era: options.era ?? "modern", running: new Map<unknown, AbortController>() }
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    void receive(playing, seen, request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen(options.port ?? 0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    get tools() {
      return playing.tools
    },
    set tools(tools) {
      playing.tools = tools
    },
    close: async () => {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

type Playing = Omit<ServiceOptions, "tools" | "era"> & {
  tools: readonly ServiceTool[]
  era: "legacy" | "modern"
  running: Map<unknown, AbortController>
}

async function receive(
  playing: Playing,
  seen: Seen[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "POST") return void response.writeHead(405).end()
  const message = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Message
  seen.push({ message, headers: request.headers, url: request.url ?? "" })
  const { id, method = "", params = {} } = message
  if (method === "notifications/cancelled") playing.running.get(params["requestId"])?.abort()
  if (id === undefined) return void response.writeHead(202).end()
  const modern =
    (params["_meta"] as object | undefined)?.hasOwnProperty("io.modelcontextprotocol/protocolVersion") ?? false
  if (modern !== (playing.era === "modern")) return refuse(response, message)
  await playing.before?.(method)
  if (method === "tools/call") return callTool(playing, message, response)
  const result = resultOf(playing, method, params)
  const answer = result ? { result } : { error: { code: -32601, message: `No method ${method}` } }
  send(response, result || playing.era === "legacy" ? 200 : 404, { id, ...answer })
}

/** What a server of the other era answers to what it does not know. */
function refuse(response: ServerResponse, { id = null }: Message): void {
  send(response, 400, { id, error: { code: -32000, message: "Bad Request" } })
}

function resultOf(
  { era, tools, pageSize = 10_000 }: Playing,
  method: string,
  params: Record<string, unknown>,
): object | undefined {
  const modern = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
  const info = { name: "scripted", version: "1.0.0" }
  if (method === "ping") return {}
  if (method === "initialize")
    return { protocolVersion: params["protocolVersion"], capabilities: { tools: {} }, serverInfo: info }
  if (method === "server/discover")
    return { ...modern, supportedVersions: [modernRevision], capabilities: { tools: {} } }
  if (method !== "tools/list") return undefined
  const start = Number(params["cursor"] ?? 0)
  const page = tools
    .slice(start, start + pageSize)
    .map(({ run: _run, ...tool }) => ({ inputSchema: { type: "object" }, ...tool }))
  const nextCursor = start + pageSize < tools.length ? String(start + pageSize) : undefined
  return { ...(era === "modern" && modern), tools: page, ...(nextCursor !== undefined && { nextCursor }) }
}

async function callTool(
  playing: Playing,
  { id = null, params = {} }: Message,
  response: ServerResponse,
): Promise<void> {
  const tool = playing.tools.find(({ name }) => name === params["name"])
  const cancelled = new AbortController()
  playing.running.set(id, cancelled)
  response.once("close", () => !response.writableFinished && playing.era === "modern" && cancelled.abort())
  const progressToken = (params["_meta"] as { progressToken?: unknown } | undefined)?.progressToken
  const report = (progress: number, message?: string): void => {
    if (progressToken === undefined || response.destroyed) return
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" })
    writeEvent(response, { method: "notifications/progress", params: { progressToken, progress, message } })
  }
  const values = (params["arguments"] ?? {}) as Record<string, unknown>
  const ran = await tool?.run?.({ values, signal: cancelled.signal, report })
  playing.running.delete(id)
  if (ran && "error" in ran) return send(response, 200, { id, ...ran })
  const result = {
    ...(playing.era === "modern" && { resultType: "complete" }),
    ...(ran ?? say(String(params["name"]))),
  }
  if (!response.headersSent) return send(response, 200, { id, result })
  writeEvent(response, { id, result })
  response.end()
}

function send(response: ServerResponse, status: number, message: object): void {
  if (response.destroyed) return
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", ...message }))
}

function writeEvent(response: ServerResponse, message: object): void {
  response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`)
}
