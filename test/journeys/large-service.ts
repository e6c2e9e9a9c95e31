/** A service with large answers, in this process, so that a test sees how much was taken from it and when it was cut off. */
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { modernRevision, type Message } from "./peer.ts"

/** The text after `"result":`, in parts; it waits before each until the part before was taken. */
export type Script = (values: Readonly<Record<string, unknown>>) => Iterable<string | Buffer>

export type LargeService = {
  readonly url: string
  /** Bytes of answers that left this process. */
  readonly takenBytes: number
  /** Of calls whose connection was cut before their answer was out. */
  readonly cut: number
  readonly calls: number
  close(): Promise<void>
}

export async function startLargeService(era: "modern" | "legacy", script: Script): Promise<LargeService> {
  const seen = { takenBytes: 0, cut: 0, calls: 0 }
  const server = createServer((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      const message = JSON.parse(Buffer.concat(chunks).toString() || "{}") as Message
      const { id, method = "", params = {} } = message
      const isModern = JSON.stringify(params["_meta"] ?? {}).includes("/protocolVersion")
      if (id === undefined) return void response.writeHead(request.method === "POST" ? 202 : 405).end()
      if (isModern !== (era === "modern"))
        return send(response, 400, { id, error: { code: -32000, message: "Bad Request" } })
      if (method !== "tools/call" && method !== "resources/read")
        return send(response, 200, { id, result: resultOf(era, method, params) })
      seen.calls++
      response.once("close", () => response.writableFinished || seen.cut++)
      const values = (params["arguments"] ?? params) as Record<string, unknown>
      const head = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":`
      return answer(response, [head, ...script(values)], seen)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    get takenBytes() {
      return seen.takenBytes
    },
    get cut() {
      return seen.cut
    },
    get calls() {
      return seen.calls
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

async function answer(
  response: ServerResponse,
  parts: readonly (string | Buffer)[],
  seen: { takenBytes: number },
): Promise<void> {
  const closed = once(response, "close")
  response.writeHead(200, { "content-type": "application/json" })
  for (const part of parts) {
    if (part === "hang up") return void response.destroy()
    await Promise.race([closed, new Promise<unknown>((resolve) => response.write(part, resolve))])
    if (response.destroyed) return
    seen.takenBytes += part.length
  }
  response.end()
}

function resultOf(era: "modern" | "legacy", method: string, params: Record<string, unknown>): object {
  const modern = era === "modern" && { resultType: "complete", ttlMs: 0, cacheScope: "private" }
  const capabilities = { tools: {}, resources: {} }
  const serverInfo = { name: "large", version: "1.0.0" }
  if (method === "initialize") return { protocolVersion: params["protocolVersion"], capabilities, serverInfo }
  if (method === "server/discover") return { ...modern, supportedVersions: [modernRevision], capabilities }
  if (method === "tools/list")
    return {
      ...modern,
      tools: [{ name: "get", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } }],
    }
  if (method === "resources/list") return { ...modern, resources: [{ uri: "file:///large", name: "large" }] }
  return { ...modern, resourceTemplates: [] }
}

function send(response: ServerResponse, status: number, message: object): void {
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", ...message }))
}
