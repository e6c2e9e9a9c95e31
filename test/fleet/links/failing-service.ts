/** A modern service over HTTP in this process, whose tool ends as it is told: well, or in each way that a call can fail. */

import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { TestContext } from "node:test"

export type Way =
  | "well"
  | "tool error"
  | "invalid params"
  | "500"
  | "403"
  | "429"
  | "garbage"
  | "reset"
  | "silence"

export type FailingService = {
  readonly url: string
  way: Way
  /** Calls of its tool that have reached it. */
  readonly calls: () => number
}

type Message = { readonly id: number; readonly method: string }

const capabilities = { tools: {} }

const results: Readonly<Record<string, object>> = {
  "server/discover": { supportedVersions: ["2026-07-28"], capabilities },
  "tools/list": { tools: [{ name: "do", inputSchema: { type: "object" } }] },
}

const ways: Readonly<Record<Way, (response: ServerResponse, id: number) => void>> = {
  well: (response, id) => answer(response, { id, result: { resultType: "complete", content: [] } }),
  "tool error": (response, id) =>
    answer(response, { id, result: { resultType: "complete", isError: true, content: [] } }),
  "invalid params": (response, id) => answer(response, { id, error: { code: -32_602, message: "no" } }),
  "500": (response) => response.writeHead(500).end(),
  "403": (response) => response.writeHead(403).end(),
  "429": (response) => response.writeHead(429, { "retry-after": "1" }).end(),
  garbage: (response) => response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc'),
  // Not of the response, which has none while the answer before on this connection has not ended for Node.
  reset: (response) => response.req.socket.resetAndDestroy(),
  silence: () => {},
}

export async function failingService(t: TestContext, way: Way = "well"): Promise<FailingService> {
  let calls = 0
  const server = createServer((request, response) => {
    request.setEncoding("utf8")
    let body = ""
    request.on("data", (chunk: string) => (body += chunk))
    request.on("end", () => {
      const { id, method } = JSON.parse(body) as Message
      if (method !== "tools/call")
        return answer(response, { id, result: { resultType: "complete", ...results[method] } })
      calls++
      return ways[service.way](response, id)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const service = { url: `http://127.0.0.1:${port}/mcp`, way, calls: () => calls }
  return service
}

function answer(response: ServerResponse, message: object): void {
  response.writeHead(200, { "content-type": "application/json" })
  response.end(JSON.stringify({ jsonrpc: "2.0", ...message }))
}
