/**
 * Clients that ask for much and then read nothing more, one for each way in which answers leave the gateway. Each is
 * known by the port that it holds; whether the gateway has let go of it is asked of the gateway.
 */

import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import { WebSocket } from "ws"
import { modernRevision } from "../../journeys/peer.ts"

export type Door = { readonly origin: string; readonly key: string }

/** Ends it, and what it holds. */
type Still = () => void

export type Way = (door: Door, asked: object) => Promise<Still>

const envelope = {
  "io.modelcontextprotocol/protocolVersion": modernRevision,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "still", version: "1" },
}

export const ways: Readonly<Record<string, Way>> = {
  "JSON, modern": (door, asked) => post(door, { asked, accept: "application/json, text/event-stream" }),
  "events, modern": (door, asked) => post(door, { asked, accept: "text/event-stream, application/json" }),
  "events, legacy session": async (door, asked) => {
    const session = await begin(door)
    return post(door, { asked, accept: "text/event-stream, application/json", session })
  },
  "HTTP+SSE": async (door, asked) => {
    const socket = open(door)
    write(socket, door, ["GET /sse HTTP/1.1", "accept: text/event-stream"])
    let said = ""
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      said += String(chunk)
      if (/data: \S+\r?\n/.test(said)) break
    }
    socket.pause()
    const [, endpoint = ""] = /data: (\S+)/.exec(said) ?? []
    await fetch(new URL(endpoint, door.origin), { method: "POST", headers: headersOf(door), body: bodyOf(asked) })
    return () => void socket.destroy()
  },
  WebSocket: async (door, asked) => {
    const socket = new WebSocket(`${door.origin.replace(/^http/, "ws")}/mcp`, ["mcp"], {
      headers: headersOf(door),
    })
    socket.on("error", () => {})
    await once(socket, "open")
    socket.send(bodyOf(asked))
    socket.pause()
    return () => socket.terminate()
  },
}

type Post = { readonly asked: object; readonly accept: string; readonly session?: string }

async function post(door: Door, { asked, accept, session }: Post): Promise<Still> {
  const socket = open(door)
  const body = bodyOf(asked, session === undefined)
  const era = session === undefined ? modernHeaders : [`mcp-session-id: ${session}`]
  const length = `content-length: ${Buffer.byteLength(body)}`
  write(socket, door, ["POST /mcp HTTP/1.1", `accept: ${accept}`, ...era, length], body)
  socket.pause()
  return () => void socket.destroy()
}

const modernHeaders = [`mcp-protocol-version: ${modernRevision}`, "mcp-method: tools/call", "mcp-name: large__get"]

function open({ origin }: Door): Socket {
  const { hostname: host, port, protocol } = new URL(origin)
  const where = { host, port: Number(port), rejectUnauthorized: false }
  const socket = protocol === "https:" ? connectTls(where) : connect(where)
  return socket.on("error", () => {})
}

function write(socket: Socket, door: Door, lines: readonly string[], body = ""): void {
  const [first, ...rest] = lines
  const headers = Object.entries(headersOf(door)).map(([name, value]) => `${name}: ${value}`)
  socket.write([first, "host: localhost", ...headers, ...rest, "", body].join("\r\n"))
}

function headersOf({ key }: Door): Record<string, string> {
  return { authorization: `Bearer ${key}`, "content-type": "application/json" }
}

function bodyOf(asked: object, isModern = true): string {
  const params = { name: "large__get", arguments: asked, ...(isModern && { _meta: envelope }) }
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params })
}

async function begin(door: Door): Promise<string> {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "still", version: "1" },
  }
  const answer = await fetch(`${door.origin}/mcp`, {
    method: "POST",
    headers: { ...headersOf(door), accept: "application/json, text/event-stream" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params }),
  })
  await answer.arrayBuffer()
  return answer.headers.get("mcp-session-id") ?? ""
}
