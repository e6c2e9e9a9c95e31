/**
 * A service that does harm in one way: `node main.ts KIND TRANSPORT ERA JOURNAL OWN`, with a path of its own, which is the
 * Unix socket where it needs one. Each call that it executes, it writes down first. The kinds: ../kinds.ts. What it does otherwise: manners.ts.
 */

import { existsSync, openSync, writeFileSync, writeSync } from "node:fs"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { kinds } from "../kinds.ts"
import type { Kind, Turn } from "./kind.ts"
import { isForeign, nonceOf, properAnswer } from "./manners.ts"
import {
  frame,
  say,
  type Era,
  type Hear,
  type Message,
  type Mouth,
  type Transport,
  type Unasked,
} from "./mouth.ts"

const [name, transport, told, journalPath, ownPath] = process.argv.slice(2) as [
  string,
  Transport,
  Era,
  string,
  string,
]
const kind: Kind = kinds[name] ?? { id: "", does: "behaves", gets: ["answered"] }
const isRestart = transport === "stdio" && existsSync(ownPath)
const era: Era = isRestart && kind.changesEra ? (told === "legacy" ? "modern" : "legacy") : told
const journal = openSync(journalPath, "a", 0o600)
const counts = new Map<string, number>()
let called = false

const hear: Hear = (message, mouth) => {
  if (message.method === undefined || message.id === undefined) return
  if (message.method === "subscriptions/listen" && era === "modern") return acknowledge(message, mouth)
  void answer(message, mouth)
}
const unasked: Unasked = (mouth) => void kind.unasked?.(mouth)
const deaf = (): boolean => called && kind.deaf === true

if (transport === "stdio") writeFileSync(ownPath, "")
kind.start?.()
if (transport === "stdio") (await import("./stdio.ts")).serveStdio(hear, unasked, deaf)
else listen(await openServer())

/** Only what is needed is loaded: hundreds of these are started. */
async function openServer(): Promise<Server> {
  const options = { era, hear, unasked, deaf, events: transport === "unix", headers: kind.headers ?? {} }
  if (transport === "sse") return (await import("./sse.ts")).sseServer(options)
  if (transport === "websocket") return (await import("./websocket.ts")).webSocketServer(options)
  return (await import("./http.ts")).httpServer(options)
}

function listen(server: Server): void {
  if (transport === "unix") server.listen(ownPath, () => console.log("listening"))
  else
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      console.log(`listening ${transport === "websocket" ? "ws" : "http"}://127.0.0.1:${port}/mcp`)
    })
}

async function answer(message: Message, mouth: Mouth): Promise<void> {
  const { method = "", id } = message
  if (isForeign(era, message)) return say(mouth, { id, error: { code: -32601, message: "Of the other era" } })
  const number = (counts.get(method) ?? 0) + 1
  counts.set(method, number)
  const nonce = nonceOf(message.params)
  if (method === "tools/call") {
    called = true
    writeSync(journal, `${nonce}\n`)
  }
  const result = (value: object): Promise<void> => say(mouth, { id, result: value })
  const proper = (): Promise<void> => say(mouth, { id, ...properAnswer(era, message) })
  const turn: Turn = { message, mouth, era, nonce, number, isRestart, proper, result }
  await (actOf(method) ?? proper)(turn)
}

function actOf(method: string): ((turn: Turn) => unknown) | undefined {
  if (method === "tools/call") return kind.call
  if (method === "tools/list") return kind.list
  return method === "initialize" || method === "server/discover" ? kind.introduce : undefined
}

/** In this era a service may speak unasked to who has subscribed. */
function acknowledge({ id, params = {} }: Message, mouth: Mouth): void {
  const meta = { "io.modelcontextprotocol/subscriptionId": id }
  const { notifications } = params
  mouth.stream()
  const message = {
    jsonrpc: "2.0",
    method: "notifications/subscriptions/acknowledged",
    params: { _meta: meta, notifications },
  }
  void frame(mouth, JSON.stringify(message)).then(() => unasked(mouth))
}
