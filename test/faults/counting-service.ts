/**
 * A service that writes down each call it sees before it answers: `node counting-service.ts JOURNAL [--http|--stdio [MS]]`. Over
 * HTTP it speaks one era on each of two paths, /modern and /legacy; over stdio the legacy one. It answers with the
 * call's trace id, after a moment, so that calls are open whenever its client is killed. The journal is read by
 * service-journal.ts.
 */
import { openSync, writeSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { text } from "node:stream/consumers"

type Era = "modern" | "legacy"
type Message = { readonly id?: unknown; readonly method?: string; readonly params?: Params }
type Params = {
  readonly protocolVersion?: string
  readonly _meta?: { readonly traceparent?: string; readonly [key: string]: unknown }
}

const usualWorkMs = 4
const revision = "2026-07-28"
const capabilities = { tools: {} }
const info = { name: "counting", version: "1.0.0" }
const tool = { name: "count", description: "Counts the call.", inputSchema: { type: "object" } }
const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }

const [path = "", transport, longestWorkMs = usualWorkMs] = process.argv.slice(2)
const journal = openSync(path, "a", 0o600)
if (transport === "--stdio") serveStdio()
else serveHttp()

function serveHttp(): void {
  const server = createServer((request, response) => {
    const era = request.url === "/modern" ? "modern" : "legacy"
    void text(request)
      .then((body) => answer(era, JSON.parse(body || "{}") as Message))
      .then((answered) => {
        if (answered === undefined) return response.writeHead(202).end()
        const status = "error" in answered ? (era === "modern" ? 404 : 400) : 200
        return response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answered))
      })
  })
  server.keepAliveTimeout = Number(process.env["KEEP_ALIVE_MS"] ?? 60_000)
  server.listen(0, "127.0.0.1", () =>
    console.log(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}`),
  )
}

function serveStdio(): void {
  const lines = createInterface({ input: process.stdin })
  lines.on("line", (line) => {
    void answer("legacy", JSON.parse(line) as Message).then((answered) => {
      if (answered) process.stdout.write(`${JSON.stringify(answered)}\n`)
    })
  })
  lines.on("close", () => process.exit(0))
}

async function answer(era: Era, { id, method = "", params = {} }: Message): Promise<object | undefined> {
  if (id === undefined) return undefined
  const head = { jsonrpc: "2.0", id }
  const { _meta: meta } = params
  const isModern = meta?.["io.modelcontextprotocol/protocolVersion"] !== undefined
  const result = isModern === (era === "modern") ? await resultOf(era, method, params) : undefined
  return result ? { ...head, result } : { ...head, error: { code: -32601, message: `No method ${method}` } }
}

async function resultOf(era: Era, method: string, params: Params): Promise<object | undefined> {
  if (method === "tools/call") return count(era, params)
  if (method === "ping") return {}
  if (method === "tools/list") return { ...(era === "modern" && envelope), tools: [tool] }
  if (method === "server/discover" && era === "modern")
    return { ...envelope, supportedVersions: [revision], capabilities, serverInfo: info }
  if (method === "initialize" && era === "legacy")
    return { protocolVersion: params.protocolVersion, capabilities, serverInfo: info }
  return undefined
}

async function count(era: Era, { _meta: meta }: Params): Promise<object> {
  const traceId = meta?.traceparent?.split("-")[1] ?? "none"
  writeSync(journal, `${traceId}\n`)
  await sleep(Math.random() * Number(longestWorkMs))
  return {
    ...(era === "modern" && { resultType: "complete" }),
    content: [{ type: "text", text: traceId }],
    isError: false,
  }
}
