/** Our side of the wire with a handler behind it that answers a few methods: what the tests of the servers talk to. */

import { createServer } from "node:http"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { BodyRoom } from "../../../src/mcp/server/body-room.ts"
import { StreamableHttp } from "../../../src/mcp/server/http-server.ts"
import type { SessionSeal } from "../../../src/mcp/server/http-sessions.ts"
import type { Exchange, Handler, Request } from "../../../src/mcp/message.ts"
import { unknownMethod } from "../../../src/mcp/protocol-error.ts"
import { noMembers, readString, toRaw, toRawObject, withMembers } from "../../../src/mcp/raw-json.ts"

export const serverInfo = toRaw({ name: "door", version: "1" })
const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }
const tools = [{ name: "echo", inputSchema: { type: "object" } }]

/** Seen by the tests: tools that were called, and those of them whose signal aborted. */
export type Seen = {
  readonly called: string[]
  readonly aborted: string[]
  readonly sessions: Set<string>
  /** Lets the calls that `wait` be answered. */
  readonly release: () => void
  readonly released: Promise<void>
}

function nothingSeen(): Seen {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  return { called: [], aborted: [], sessions: new Set(), release, released }
}

export function echoHandler(seen: Seen = nothingSeen()): Handler {
  return async (request, exchange) => {
    if (exchange.session) seen.sessions.add(exchange.session.id)
    switch (request.method) {
      case "server/discover":
        return {
          result: toRawObject({
            ...envelope,
            supportedVersions: ["2026-07-28"],
            capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
            _meta: { "io.modelcontextprotocol/serverInfo": { name: "door", version: "1" } },
          }),
        }
      case "tools/list":
        return { result: toRawObject({ ...envelope, tools }) }
      case "tools/call":
        return callTool(request, exchange, seen)
      case "subscriptions/listen":
        return listen(request, exchange)
      default:
        throw unknownMethod(request.method)
    }
  }
}

/** `echo` gives its arguments back untouched; `ask` asks for elicitation; `slow` waits for the end of the exchange, `wait` and `grow` until they are released. */
async function callTool(
  request: Request,
  exchange: Exchange,
  seen: Seen,
): Promise<ReturnType<Handler> extends Promise<infer A> ? A : never> {
  const name = readString(request.params.get("name")) ?? ""
  seen.called.push(name)
  if (name === "progress") {
    exchange.notify({
      method: "notifications/progress",
      params: new Map([
        ["progressToken", request.progressToken ?? toRaw("none")],
        ["progress", toRaw(1)],
      ]),
    })
  }
  if (name === "ask") {
    const asked = {
      ...request,
      method: "elicitation/create",
      params: toRawObject({ message: "Name?", requestedSchema: { type: "object", properties: {} } }),
      meta: noMembers,
    }
    const answer = await exchange.ask?.(asked, exchange.signal)
    return {
      result: toRawObject({
        content: [
          { type: "text", text: answer?.error?.message ?? answer?.result?.get("action")?.toString() ?? "nobody" },
        ],
      }),
    }
  }
  if (name === "wait" || name === "grow") await seen.released
  if (name === "grow") return { result: toRawObject({ content: [{ type: "text", text: "x".repeat(100_000) }] }) }
  if (name === "slow") {
    await new Promise<void>((resolve) =>
      exchange.signal.addEventListener("abort", () => resolve(), { once: true }),
    )
    seen.aborted.push(name)
  }
  const structured = withMembers(toRawObject({ content: [] }), {
    structuredContent: request.params.get("arguments") ?? toRaw({}),
  })
  return { result: new Map([["resultType", toRaw("complete")], ...structured]) }
}

async function listen(request: Request, exchange: Exchange): Promise<{ result: typeof noMembers }> {
  const notifications = request.params.get("notifications") ?? toRaw({})
  exchange.notify({
    method: "notifications/subscriptions/acknowledged",
    params: new Map([["notifications", notifications]]),
  })
  exchange.notify({ method: "notifications/tools/list_changed", params: noMembers })
  await new Promise<void>((resolve) => exchange.signal.addEventListener("abort", () => resolve(), { once: true }))
  return { result: noMembers }
}

/** Sealing is not what these tests are about: an id is its record in base64. */
const openSeal: SessionSeal = {
  seal: (record) => Buffer.from(JSON.stringify(record)).toString("base64url"),
  open: (id) => (id.startsWith("ey") ? JSON.parse(Buffer.from(id, "base64url").toString()) : undefined),
}

export type DoorOptions = {
  readonly owner?: () => string
  readonly maxOpen?: number
  /** Instead of the one that echoes. */
  readonly handle?: Handler
}

export async function openHttpDoor({ owner = () => "ann", maxOpen = 100, handle }: DoorOptions = {}) {
  const seen: Seen = nothingSeen()
  const limits = {
    maxBodyBytes: 65_536,
    maxOpen,
    maxEvents: 100,
    maxBytes: 65_536,
    maxSessions: 100,
    maxSessionsPerPrincipal: 100,
    idleMs: 60_000,
    lifetimeMs: 600_000,
  }
  const heldBytes = 10 * limits.maxBodyBytes
  const room = new BodyRoom({ heldBytes, heldBytesPerPrincipal: heldBytes })
  const streamable = new StreamableHttp({ serverInfo, seal: openSeal, limits, room })
  const server = createServer((request, response) => {
    void streamable.serve(request, response, {
      owner: owner(),
      principal: owner(),
      mount: undefined,
      handle: handle ?? echoHandler(seen),
      paramHeaders: () => undefined,
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const close = async (): Promise<void> => {
    streamable.close()
    server.closeAllConnections()
    server.close()
    await once(server, "close")
  }
  return { url, seen, streamable, [Symbol.asyncDispose]: close }
}
