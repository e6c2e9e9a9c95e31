/**
 * A gateway as it is written on the official SDK (v1): one client of the service for all, and a server and transport
 * anew for each request, stateless, as the SDK's own examples have it. No identity, no policy, no record. Takes the URL
 * of a legacy service.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js"

const info = { name: "naive-gateway", version: "1" }
const prefix = "bench__"
const service = new Client(info)
await service.connect(new StreamableHTTPClientTransport(new URL(process.argv[2] ?? "")))

function makeGateway(): Server {
  const gateway = new Server(info, { capabilities: { tools: {} } })
  gateway.setRequestHandler(ListToolsRequestSchema, async () => {
    const { tools } = await service.listTools()
    return { tools: tools.map((tool) => ({ ...tool, name: prefix + tool.name })) }
  })
  gateway.setRequestHandler(CallToolRequestSchema, ({ params }) =>
    service.callTool({ ...params, name: params.name.replace(prefix, "") }),
  )
  return gateway
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gateway = makeGateway()
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  response.once("close", () => void transport.close())
  await gateway.connect(transport)
  await transport.handleRequest(request, response)
}

const server = createServer((request, response) => void answer(request, response))
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () =>
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
)
