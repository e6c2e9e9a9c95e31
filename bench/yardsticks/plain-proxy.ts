/**
 * The least a Node proxy can do for a tool call: it parses the body, takes the prefix off the tool's name, forwards by
 * `undici` and hands the answer back. No identity, no policy, no checks. Alone it is bare-proxy.ts; what it waits for
 * besides, recording-proxy.ts.
 */

import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Pool } from "undici"

/** Calls `then` once what is to be done before is done. Calls are numbered. */
export type Around = {
  forward(call: number, body: string, then: () => void): void
  answer(call: number, bytes: Buffer, then: () => void): void
}

/** @param url to forward to */
export function serveProxy(url: string, around: Around): void {
  const target = new URL(url)
  const pool = new Pool(target.origin, { connections: 64 })
  let calls = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as { params: { name?: string } }
      if (message.params.name) message.params.name = message.params.name.replace(/^.*?__/, "")
      const body = JSON.stringify(message)
      calls += 1
      const call = calls
      around.forward(call, body, () => forward(call, body, response))
    })
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, "127.0.0.1", () =>
    console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
  )

  function forward(call: number, body: string, response: ServerResponse): void {
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
          around.answer(call, bytes, () => end(response, bytes))
        },
        onResponseError: () => void response.writeHead(502).end(),
      },
    )
  }
}

function end(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length }).end(bytes)
}
