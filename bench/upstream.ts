/**
 * The service behind every bench: a modern MCP server that does nothing but answer, so that it never is what limits.
 * Prints `listening URL`.
 */

import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
const answers: Readonly<Record<string, object>> = {
  "server/discover": { ...envelope, supportedVersions: ["2026-07-28"], capabilities: { tools: {} } },
  "tools/list": {
    ...envelope,
    tools: [{ name: "echo", description: "Echoes.", inputSchema: { type: "object" } }],
  },
  "tools/call": { resultType: "complete", content: [{ type: "text", text: "x".repeat(200) }], isError: false },
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: unknown; method: string }
    const body = JSON.stringify({ jsonrpc: "2.0", id, result: answers[method] ?? {} })
    response
      .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
      .end(body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () =>
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
)
