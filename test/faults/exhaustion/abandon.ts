/**
 * Clients that come and are gone: `node abandon.ts URL KEY NUMBER`. Each begins something (a connection, half a head, a
 * handshake, a session with its stream, a WebSocket, an HTTP+SSE stream) and leaves without a word, or, now and then, as
 * it should. Prints `done N` at the end. A process of its own, so that its own descriptors are not the gateway's.
 */

import { once } from "node:events"
import { connect, type Socket } from "node:net"

const [url = "", key = "", number = "1"] = process.argv.slice(2)
const { hostname, port } = new URL(url)
const atOnce = 32
const patienceMs = 10_000
const head = ["host: localhost", `authorization: Bearer ${key}`]
const initialize = JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "gone", version: "1" } },
})
const upgrade = ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13"]

const ways: readonly (() => Promise<void>)[] = [
  async () => leave(await dial()),
  async () => leave(await say("POST /mcp HTTP/1.1\r\nhost: loc")),
  async () => leave(await say(post(initialize))),
  async () => leave(await say(post(initialize).slice(0, -20))),
  async () => void (await begin()),
  async () => leave(await listen(await begin())),
  async () => end(await begin()),
  async () => leave(await heard(await say(request("GET /sse", "accept: text/event-stream")))),
  async () => leave(await say(request("GET /sse", "accept: text/event-stream"))),
  async () =>
    leave(await heard(await say(request("GET /mcp", ...upgrade, `sec-websocket-key: ${"A".repeat(22)}==`)))),
]

function request(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, ...head, ...headers, "", ""].join("\r\n")
}

function post(body: string): string {
  const accepts = "accept: application/json, text/event-stream"
  return request("POST /mcp", "content-type: application/json", accepts, `content-length: ${body.length}`) + body
}

async function dial(): Promise<Socket> {
  const socket = connect(Number(port), hostname)
  socket.on("error", () => {})
  await Promise.race([once(socket, "connect"), once(socket, "close")])
  return socket
}

async function say(text: string): Promise<Socket> {
  const socket = await dial()
  socket.write(text)
  return socket
}

async function heard(socket: Socket): Promise<Socket> {
  socket.setTimeout(patienceMs, () => socket.destroy())
  await Promise.race([once(socket, "data"), once(socket, "close")])
  return socket
}

/** @returns the id of a session, "" where none was given */
async function begin(): Promise<string> {
  const socket = await say(post(initialize))
  socket.setTimeout(patienceMs, () => socket.destroy())
  const [answer = ""] = (await Promise.race([once(socket, "data"), once(socket, "close")])) as [Buffer?]
  socket.destroy()
  return /mcp-session-id: (\S+)/i.exec(String(answer))?.[1] ?? ""
}

async function listen(session: string): Promise<Socket> {
  const headers = ["accept: text/event-stream", `mcp-session-id: ${session}`, "mcp-protocol-version: 2025-11-25"]
  return heard(await say(request("GET /mcp", ...headers)))
}

async function end(session: string): Promise<void> {
  const headers = [`mcp-session-id: ${session}`, "mcp-protocol-version: 2025-11-25"]
  leave(await heard(await say(request("DELETE /mcp", ...headers))))
}

function leave(socket: Socket): void {
  if (Math.random() < 0.5) socket.resetAndDestroy()
  else socket.destroy()
}

let left = Number(number)
let turn = 0

async function goOn(): Promise<void> {
  while (left-- > 0) await ways[turn++ % ways.length]?.()
}

process.once("SIGTERM", () => process.exit(0))
await Promise.all(Array.from({ length: atOnce }, goOn))
console.log(`done ${number}`)
process.exit(0)
