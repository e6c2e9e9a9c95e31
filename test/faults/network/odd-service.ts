/**
 * A service that lists a tool for each odd answer and gives it to whoever calls that tool. Of either era, and it counts
 * how often each was called, and how often one came to where its redirects point.
 */

import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { json } from "node:stream/consumers"
import { modernRevision } from "../../journeys/peer.ts"
import { oddAnswers } from "./odd-answers.ts"

export type OddService = {
  readonly port: number
  /** Requests for each tool, by the path of the era too. */
  readonly called: ReadonlyMap<string, number>
  /** Requests at the place that redirects name. */
  readonly followed: number
  close(): Promise<void>
}

type Message = {
  readonly id?: unknown
  readonly method?: string
  readonly params?: { readonly name?: string; readonly protocolVersion?: string; readonly _meta?: object }
}

const capabilities = { tools: {} }
const serverInfo = { name: "odd", version: "1.0.0" }
const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
/** What says when to come again may be called again without harm, but not before. */
const tools = Object.entries(oddAnswers).map(([name, { retryAfterMs }]) => ({
  name,
  inputSchema: { type: "object" },
  annotations: { idempotentHint: retryAfterMs !== undefined },
}))

export async function startOddService(): Promise<OddService> {
  const service = { port: 0, called: new Map<string, number>(), followed: 0 }
  const server = createServer((request, response) => {
    response.on("error", () => {})
    if (request.url === "/elsewhere") service.followed += 1
    void serve(request, response, service).catch(() => response.destroy())
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  service.port = (server.address() as AddressInfo).port
  return Object.assign(service, {
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, "close")
    },
  })
}

type Counting = { readonly port: number; readonly called: Map<string, number> }

async function serve(request: IncomingMessage, response: ServerResponse, counting: Counting): Promise<void> {
  if (request.method !== "POST") return void response.writeHead(405).end()
  const path = request.url ?? ""
  const message = (await json(request)) as Message
  if (message.id === undefined) return void response.writeHead(202).end()
  const name = message.params?.name
  if (message.method !== "tools/call" || name === undefined) return introduce(path, message, response)
  const key = `${path} ${name}`
  counting.called.set(key, (counting.called.get(key) ?? 0) + 1)
  const elsewhere = `http://127.0.0.1:${counting.port}/elsewhere`
  // Not response.socket: the answer before on this connection never ended for Node, so this one would have none yet.
  request.socket.write(oddAnswers[name]?.bytes(message.id, elsewhere) ?? "", "latin1")
}

function introduce(path: string, message: Message, response: ServerResponse): void {
  const result = path === "/modern" ? modernResult(message) : legacyResult(message)
  const answered = result ? { result } : { error: { code: -32601, message: "unknown" } }
  response
    .writeHead(result ? 200 : 404, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...answered }))
}

function modernResult({ method }: Message): object | undefined {
  if (method === "server/discover")
    return { ...envelope, supportedVersions: [modernRevision], capabilities, serverInfo }
  return method === "tools/list" ? { ...envelope, tools } : undefined
}

function legacyResult({ method, params }: Message): object | undefined {
  if (method === "initialize") return { protocolVersion: params?.protocolVersion, capabilities, serverInfo }
  if (method === "ping") return {}
  return method === "tools/list" ? { tools } : undefined
}
