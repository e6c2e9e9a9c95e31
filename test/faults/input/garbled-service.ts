/**
 * A service that now and then says what is no UTF-8: `node garbled-service.ts` over HTTP, as JSON on /json and as events
 * on /events, `--stdio` over stdio, where its error output is of the same kind. Legacy, and without sessions.
 */

import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createInterface } from "node:readline"
import { text } from "node:stream/consumers"

type Message = { readonly id?: unknown; readonly method?: string; readonly params?: { readonly name?: string } }

const noUtf8 = Buffer.from([0xc3, 0x28, 0xa0, 0xff, 0xed, 0xa0, 0x80, 0xc0, 0xaf])
const info = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "garbled", version: "1" },
}
const tools = ["fine", "garbled", "garbled_key", "garbled_error"].map((name) => ({
  name,
  inputSchema: { type: "object" },
}))
const said: Readonly<Record<string, string>> = {
  fine: '"result":{"content":[{"type":"text","text":"fine"}]}',
  garbled: '"result":{"content":[{"type":"text","text":"NOUTF8"}]}',
  garbled_key: '"result":{"content":[],"NOUTF8":1}',
  garbled_error: '"error":{"code":1,"message":"NOUTF8"}',
}

if (process.argv.includes("--stdio")) serveStdio()
else serveHttp()

/** `undefined` for what wants no answer. */
function answerTo(body: string): Buffer | undefined {
  const { id, method, params } = JSON.parse(body) as Message
  if (id === undefined) return undefined
  const result = method === "initialize" ? info : method === "tools/list" ? { tools } : {}
  const rest = said[params?.name ?? ""] ?? `"result":${JSON.stringify(result)}`
  const [before = "", after] = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},${rest}}`.split("NOUTF8")
  return after === undefined
    ? Buffer.from(before)
    : Buffer.concat([Buffer.from(before), noUtf8, Buffer.from(after)])
}

function serveHttp(): void {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const answer = request.method === "POST" ? answerTo(body) : undefined
      if (!answer) return response.writeHead(request.method === "POST" ? 202 : 405).end()
      if (request.url !== "/events")
        return response.writeHead(200, { "content-type": "application/json" }).end(answer)
      response.writeHead(200, { "content-type": "text/event-stream" })
      return response.end(Buffer.concat([Buffer.from("data: "), answer, Buffer.from("\n\n")]))
    })
  })
  server.listen(0, "127.0.0.1", () =>
    console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  )
}

function serveStdio(): void {
  const lines = createInterface({ input: process.stdin })
  lines.on("line", (line) => {
    process.stderr.write(Buffer.concat([Buffer.from("said "), noUtf8, Buffer.from("\u001b[31m\n")]))
    const answer = answerTo(line)
    if (answer) process.stdout.write(Buffer.concat([answer, Buffer.from("\n")]))
  })
  lines.on("close", () => process.exit(0))
}
