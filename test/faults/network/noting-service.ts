/**
 * A service that behaves well, over every transport that a network can spoil: `node noting-service.ts JOURNAL`. It writes
 * down the nonce of each call before it answers with it. POST /modern and /legacy are Streamable HTTP (every other
 * answer as an event stream), GET /sse is HTTP+SSE, and /websocket what it says. What it answers: noting-answers.ts.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { buffer } from "node:stream/consumers"
import { WebSocketServer, type WebSocket } from "ws"
import { Noting, type Message } from "./noting-answers.ts"

const noting = new Noting(process.argv[2] ?? "")
const streams = new Map<string, ServerResponse>()
const utf8 = new TextDecoder("utf-8", { fatal: true })
let answers = 0
let sessions = 0

const server = createServer((request, response) => {
  response.on("error", () => {})
  void serve(request, response).catch(() => response.destroy())
})
server.keepAliveTimeout = 60_000

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://service")
  if (request.method === "GET") return openStream(pathname, response)
  if (request.method === "DELETE") return void response.writeHead(204).end()
  const message = readMessage(await buffer(request))
  if (!message) return void response.writeHead(400).end()
  if (pathname !== "/messages") return answerPost(pathname === "/modern" ? "modern" : "legacy", message, response)
  response.writeHead(202).end()
  const answered = await noting.answer("legacy", message)
  if (answered) streams.get(searchParams.get("session") ?? "")?.write(event(answered))
}

/** @returns undefined for what is no message, in which a bad network is seen */
function readMessage(bytes: Buffer): Message | undefined {
  try {
    return JSON.parse(utf8.decode(bytes)) as Message
  } catch {
    return undefined
  }
}

/** The stream of what comes unasked, or the one by which everything comes. */
function openStream(path: string, response: ServerResponse): void {
  if (path === "/modern") {
    response.writeHead(405).end()
    return
  }
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
  if (path !== "/sse") return void response.write(": hello\n\n")
  const id = String(++sessions)
  streams.set(id, response)
  response.once("close", () => streams.delete(id))
  response.write(`event: endpoint\ndata: /messages?session=${id}\n\n`)
}

async function answerPost(era: "modern" | "legacy", message: Message, response: ServerResponse): Promise<void> {
  const answered = await noting.answer(era, message)
  if (!answered) return void response.writeHead(202).end()
  const session = message.method === "initialize" && { "mcp-session-id": `session-${++sessions}` }
  const status = "result" in answered ? 200 : era === "modern" ? 404 : 400
  const streamed = status === 200 && answers++ % 2 === 0
  const type = streamed ? "text/event-stream" : "application/json"
  response
    .writeHead(status, { "content-type": type, ...session })
    .end(streamed ? event(answered) : JSON.stringify(answered))
}

function event(message: object): string {
  return `event: message\ndata: ${JSON.stringify(message)}\n\n`
}

function converse(socket: WebSocket): void {
  socket.on("error", () => {})
  socket.on("message", (data: Buffer) => {
    const message = readMessage(data)
    if (message) void reply(socket, message)
    else socket.close(1_007)
  })
}

async function reply(socket: WebSocket, message: Message): Promise<void> {
  const answered = await noting.answer("legacy", message)
  if (answered) socket.send(JSON.stringify(answered))
}

new WebSocketServer({ server, handleProtocols: (offered) => offered.has("mcp") && "mcp" }).on(
  "connection",
  converse,
)
server.listen(0, "127.0.0.1", () =>
  console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
