/**
 * The yardstick: the least a Node proxy can do for a tool call. It parses the body, takes the prefix off the tool's
 * name, forwards by `undici` and hands the answer back. No identity, no policy, no checks. Takes the URL to forward to.
 */

import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Pool } from "undici"

const target = new URL(process.argv[2] ?? "")
const pool = new Pool(target.origin, { connections: 64 })

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const message = JSON.parse(Buffer.concat(chunks).toString()) as { params: { name?: string } }
    if (message.params.name) message.params.name = message.params.name.replace(/^.*?__/, "")
    forward(JSON.stringify(message), response)
  })
})

function forward(body: string, response: ServerResponse): void {
  const answer: Buffer[] = []
  pool.dispatch(
    {
      path: target.pathname + target.search,
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    },
    {
      onRequestStart: () => {},
      onResponseStart: () => {},
      onResponseData: (_controller, chunk) => void answer.push(chunk),
      onResponseEnd: () => {
        const bytes = Buffer.concat(answer)
        response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length }).end(bytes)
      },
      onResponseError: () => void response.writeHead(502).end(),
    },
  )
}

server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () =>
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
)
