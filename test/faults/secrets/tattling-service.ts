/**
 * A service that quotes whatever it was told in confidence, its environment, headers and URL, in everything it says:
 * `node tattling-service.ts` over HTTP and WebSocket in both eras, `--stdio` over stdio, `--crash` to its error output.
 * Paths that end in a status of HTTP answer with that.
 */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { createInterface } from "node:readline"
import { text } from "node:stream/consumers"
import { WebSocketServer } from "ws"

type Message = { readonly id?: unknown; readonly method?: string; readonly params?: Params }
type Params = {
  readonly name?: string
  readonly protocolVersion?: string
  readonly arguments?: object
  readonly _meta?: object
}

const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
const largeBytes = 600_000

const mode = process.argv[2]
const environment = JSON.stringify({ env: process.env })
if (mode === "--crash") {
  process.stderr.write(`Error: cannot start with ${environment}\n`)
  process.exit(1)
} else if (mode === "--stdio") serveStdio()
else serveHttp()

function serveStdio(): void {
  const lines = createInterface({ input: process.stdin })
  const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`)
  lines.on("line", (line) => {
    const message = JSON.parse(line) as Message
    process.stderr.write(`${message.method} with ${environment}\nin base64 ${encoded(environment)}\n`)
    if (message.params?.name === "crash") process.exit(3)
    if (message.method === "tools/call") say({ jsonrpc: "2.0", ...notice(environment) })
    const answered = answer(message, environment)
    if (answered) say(answered)
  })
  lines.on("close", () => process.exit(0))
}

function serveHttp(): void {
  const server = createServer((request, response) => {
    const told = toldIn(request)
    const status = Number(/\/(\d{3})\b/.exec(request.url ?? "")?.[1] ?? 0)
    const head = { "content-type": "application/json", "www-authenticate": encoded(told), location: urlOf(told) }
    void text(request).then((body) => {
      if (status > 0) return response.writeHead(status, head).end(told)
      const answered = answer(JSON.parse(body || "{}") as Message, told)
      if (answered === undefined) return response.writeHead(202).end()
      return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answered))
    })
  })
  const sockets = new WebSocketServer({ server, handleProtocols: () => "mcp" })
  sockets.on("connection", (socket, request) => {
    const told = toldIn(request)
    socket.on("message", (data: Buffer) => {
      const answered = answer(JSON.parse(data.toString()) as Message, told)
      if (answered) socket.send(JSON.stringify(answered))
    })
  })
  server.listen(0, "127.0.0.1", () =>
    console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  )
}

/** With what stood in a header of the Basic scheme, as it was before. */
function toldIn({ headers, url }: IncomingMessage): string {
  const basic = /^Basic (.*)$/.exec(headers.authorization ?? "")?.[1] ?? ""
  return JSON.stringify({ headers, url, basic: Buffer.from(basic, "base64").toString() })
}

function urlOf(told: string): string {
  return `http://127.0.0.1/moved/${encodeURIComponent(told).slice(0, 4_000)}`
}

function encoded(told: string): string {
  return Buffer.from(told).toString("base64")
}

function notice(told: string): object {
  return { method: "notifications/message", params: { level: "error", logger: "tattling", data: { told } } }
}

function answer({ id, method = "", params = {} }: Message, told: string): object | undefined {
  if (id === undefined) return undefined
  const { _meta: meta = {} } = params
  const isModern = Object.keys(meta).includes("io.modelcontextprotocol/protocolVersion")
  const head = { jsonrpc: "2.0", id }
  if (method === "tools/call" && params.name === "quote")
    return {
      ...head,
      error: { code: -32_000, message: `Refused: ${told}`, data: { told, base64: encoded(told) } },
    }
  const result = resultOf(method, params, told)
  if (!result) return { ...head, error: { code: -32_601, message: `No method ${method} for ${told}` } }
  return { ...head, result: { ...(isModern && envelope), ...result } }
}

function resultOf(method: string, params: Params, told: string): object | undefined {
  const about = { capabilities: { tools: {}, logging: {}, experimental: { told: { told } } }, instructions: told }
  const serverInfo = { name: "tattling", version: "1.0.0", title: told }
  if (method === "initialize") return { ...about, serverInfo, protocolVersion: params.protocolVersion }
  if (method === "server/discover") return { ...about, serverInfo, supportedVersions: ["2026-07-28"] }
  if (method === "tools/list")
    return { tools: ["show", "quote", "repeat", "large", "crash"].map((name) => tool(name, told)) }
  if (method === "tools/call" && params.name === "repeat")
    return { content: [{ type: "text", text: JSON.stringify(params.arguments) }] }
  if (method === "tools/call") return { content: contentOf(params.name, told), structuredContent: { told } }
  return method === "ping" ? {} : undefined
}

function tool(name: string, told: string): object {
  return { name, title: told, description: `Was told ${told}`, inputSchema: { type: "object", description: told } }
}

function contentOf(name: string | undefined, told: string): readonly object[] {
  const items = [told, encoded(told), encodeURIComponent(told), JSON.stringify({ told })]
  const count = name === "large" ? Math.ceil(largeBytes / JSON.stringify(items).length) : 1
  return Array.from({ length: count }, () => items.map((item) => ({ type: "text", text: item }))).flat()
}
