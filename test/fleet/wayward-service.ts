/**
 * A small MCP server (2025-11-25, stdio, no dependency) that does on request what services should not do. Its first
 * argument chooses how it behaves from the start: `well`, `hanging` (never lists), `mute` (never
 * answers), or `garbage` (speaks no MCP).
 */

import { appendFileSync, readFileSync } from "node:fs"
import { createInterface } from "node:readline"

type Fields = Record<string, unknown>

const behaviour = process.argv[2] ?? "well"
const tools: Fields[] = [
  tool("pid"),
  tool("crash"),
  tool("hang"),
  tool("progress"),
  tool("record"),
  tool("die_once", { idempotentHint: true }),
  tool("grow"),
  tool("touch"),
  tool("subscribed"),
  tool("deafen"),
  tool("crooked", {}, { type: "object", properties: { a: { type: "strin" } } }),
  tool("rootless", {}, { type: "string" }),
  tool("bottomless", {}, nested(40)),
  tool("pid"),
]
const subscriptions: string[] = []
let deaf = false

function tool(name: string, annotations: Fields = {}, inputSchema: Fields = { type: "object" }): Fields {
  return { name, annotations, inputSchema, exact: 12345678901234567890n }
}

/** A schema of so many levels. */
function nested(levels: number): Fields {
  return levels === 0 ? { type: "string" } : { type: "object", properties: { in: nested(levels - 1) } }
}

const actions: Record<string, (args: Fields, id: unknown) => string | undefined> = {
  pid: () => String(process.pid),
  crash: () => process.exit(3),
  hang: () => undefined,
  progress: ({ times }, id) => report(id, Number(times)),
  record: ({ file }) => (appendFileSync(String(file), "called\n"), process.exit(3)),
  die_once: ({ file }) => {
    appendFileSync(String(file), "called\n")
    return readFileSync(String(file), "utf8") === "called\n" ? process.exit(3) : "survived"
  },
  grow: ({ name }) => {
    tools.push(tool(String(name)))
    for (let times = 0; times < 5; times++) send({ method: "notifications/tools/list_changed" })
    return "grown"
  },
  touch: ({ uri }) => (send({ method: "notifications/resources/updated", params: { uri } }), "touched"),
  deafen: () => {
    deaf = true
    return "deaf"
  },
  subscribed: () => subscriptions.join(" "),
}

const capabilities = { tools: { listChanged: true }, resources: { subscribe: true } }
const serverInfo = { name: "wayward", version: "1.0.0" }
let lists = 0

const methods: Record<string, (params: Fields, id: unknown) => Fields | undefined> = {
  initialize: () => ({ protocolVersion: "2025-11-25", capabilities, serverInfo }),
  ping: () => (deaf ? undefined : {}),
  "tools/list": () => (behaviour === "hanging" ? undefined : { tools, lists: ++lists }),
  "resources/list": () => ({ resources: [{ uri: "file:///a", name: "a" }] }),
  "resources/subscribe": ({ uri }) => (subscriptions.push(`+${String(uri)}`), {}),
  "resources/unsubscribe": ({ uri }) => (subscriptions.push(`-${String(uri)}`), {}),
  "tools/call": ({ name, arguments: args, _meta }, id) => {
    const token = (_meta as Fields | undefined)?.["progressToken"] ?? id
    const text = actions[String(name)]?.(args as Fields, { id, token })
    return text === undefined ? undefined : { content: [{ type: "text", text }] }
  },
}

function report(id: unknown, times: number): undefined {
  const { id: callId, token } = id as Fields
  let progress = 0
  const timer = setInterval(() => {
    send({ method: "notifications/progress", params: { progressToken: token, progress: ++progress } })
    if (progress < times) return
    clearInterval(timer)
    send({ id: callId, result: { content: [{ type: "text", text: "done" }] } })
  }, 100)
}

function send(message: Fields): void {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message }, (_key, value: unknown) =>
    typeof value === "bigint" ? `big:${value}` : value,
  )
  process.stdout.write(`${text.replaceAll(/"big:(\d+)"/g, "$1")}\n`)
}

if (behaviour === "garbage") {
  process.stderr.write("I am a web server, really\n")
  process.stdout.write("<html>not found</html>\n")
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (behaviour === "garbage") process.exit(1)
    if (behaviour === "mute") return
    const { id, method, params } = JSON.parse(line) as { id?: unknown; method?: string; params?: Fields }
    if (id === undefined || method === undefined) return
    const answer = methods[method]
    if (!answer) return send({ id, error: { code: -32601, message: "unknown" } })
    const result = answer(params ?? {}, id)
    if (result) send({ id, result })
  })
  .on("close", () => process.exit(0))
