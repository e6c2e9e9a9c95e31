/** A modern service in this process, for where nothing is compiled: it needs Node only, and no bench is fast on it. */

import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
const results: Readonly<Record<string, object>> = {
  "server/discover": { ...envelope, supportedVersions: ["2026-07-28"], capabilities: { tools: {} } },
  "tools/list": { ...envelope, tools: [{ name: "echo", inputSchema: { type: "object" } }] },
  "tools/call": { resultType: "complete", content: [{ type: "text", text: "x".repeat(200) }], isError: false },
}

export type PlainService = { readonly url: string; [Symbol.asyncDispose](): Promise<void> }

export async function startPlainService(): Promise<PlainService> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown; method: string }
      const body = JSON.stringify({ jsonrpc: "2.0", id, result: results[method] ?? {} })
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}
