import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { WebSocketServer, type WebSocket } from "ws"
import type { Era } from "../../../src/mcp/message.ts"
import type { LinkTarget } from "../../../src/mcp/client/negotiate.ts"
import { fromRaw } from "../../../src/mcp/raw-json.ts"
import { openSseChannel } from "../../../src/mcp/channels/sse-client.ts"
import { openWebSocketChannel } from "../../../src/mcp/channels/websocket-client.ts"
import { createLegacyServer } from "../../fixtures/legacy/server.ts"
import { serveSessions } from "../../fixtures/legacy/sessions.ts"
import { callTool, child, connect, exchange, fixture, firstText, http, request } from "./link-kit.ts"

const timeouts = { maxMessageBytes: 1_000_000, connectTimeoutMs: 10_000, headers: {} }

const overSse = async (t: TestContext): Promise<LinkTarget> => {
  const url = new URL(await fixture(t, "legacy/sse.ts"))
  return { kind: "channel", open: () => openSseChannel({ ...timeouts, url }) }
}

const overUnixSocket = async (t: TestContext): Promise<LinkTarget> => {
  const folder = await mkdtemp(join(tmpdir(), "link-"))
  const handle = serveSessions(createLegacyServer)
  const server = createServer((incoming, response) => void handle(incoming, response))
  server.listen(join(folder, "s"))
  await once(server, "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
    return rm(folder, { recursive: true })
  })
  return http(`unix://${join(folder, "s")}:/mcp`)
}

const overWebSocket = async (t: TestContext): Promise<LinkTarget> => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mcp" })
  await once(server, "listening")
  t.after(() => server.close())
  server.on("connection", (socket) => void createLegacyServer().connect(wire(socket)))
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return { kind: "channel", open: () => openWebSocketChannel({ ...timeouts, url }) }
}

function wire(socket: WebSocket): Transport {
  const transport: Transport = {
    start: async () =>
      void socket.on("message", (data: Buffer) => transport.onmessage?.(JSON.parse(data.toString()))),
    send: async (message) => socket.send(JSON.stringify(message)),
    close: async () => socket.close(),
  }
  return transport
}

const peers: Record<string, { era: Era; target: (t: TestContext) => LinkTarget | Promise<LinkTarget> }> = {
  "legacy over stdio": { era: "legacy", target: (t) => child(t, "legacy/stdio.ts").target },
  "legacy over Streamable HTTP": { era: "legacy", target: async (t) => http(await fixture(t, "legacy/http.ts")) },
  "legacy over HTTP+SSE": { era: "legacy", target: overSse },
  "legacy over a WebSocket": { era: "legacy", target: overWebSocket },
  "legacy over a Unix socket": { era: "legacy", target: overUnixSocket },
  "modern over stdio": { era: "modern", target: (t) => child(t, "modern/stdio.ts").target },
  "modern over HTTP": { era: "modern", target: async (t) => http(await fixture(t, "modern/http.ts")) },
}

for (const [name, { era, target }] of Object.entries(peers)) {
  test(`${name}: the era is found, tools are listed and called, progress keeps its caller's token`, async (t) => {
    const link = await connect(t, await target(t))
    assert.equal(link.facts.era, era)
    assert.equal(link.facts.revision, era === "modern" ? "2026-07-28" : "2025-11-25")
    assert.equal((fromRaw(link.facts.info ?? Buffer.from("{}")) as { name: string }).name, `fixture-${era}`)
    const listed = await link.handle(request("tools/list"), exchange())
    assert.equal(fromRaw(listed.result?.get("resultType") ?? Buffer.from("0")), "complete")
    assert.ok((fromRaw(listed.result?.get("tools") ?? Buffer.from("[]")) as object[]).length > 10)
    const answer = await link.handle(callTool("test_simple_text"), exchange())
    assert.equal(firstText(answer), "This is a simple text response for testing.")
    const token = Buffer.from('"mine"')
    const [ann, bob] = [exchange(), exchange()]
    await Promise.all(
      [ann, bob].map((one) => link.handle(callTool("test_tool_with_progress", {}, { progressToken: token }), one)),
    )
    for (const { heard } of [ann, bob]) {
      assert.deepEqual(
        heard.map(({ params }) => params.get("progressToken")?.toString()),
        ['"mine"', '"mine"', '"mine"'],
      )
    }
    await link.ping(AbortSignal.timeout(5_000))
  })

  test(`${name}: a subscription hears of changes until its signal aborts`, async (t) => {
    const link = await connect(t, await target(t))
    const stop = new AbortController()
    const listening = exchange({ signal: stop.signal })
    const uri = "test://watched-resource"
    const notifications = { toolsListChanged: true, resourceSubscriptions: [uri] }
    const ended = link.handle(request("subscriptions/listen", { notifications }), listening)
    await listening.until(1)
    await link.handle(callTool("test_trigger_tool_change"), exchange())
    await listening.until(2)
    await link.handle(callTool("test_trigger_resource_update"), exchange())
    const heard = await listening.until(3)
    assert.deepEqual(
      heard.map(({ method }) => method),
      [
        "notifications/subscriptions/acknowledged",
        "notifications/tools/list_changed",
        "notifications/resources/updated",
      ],
    )
    assert.deepEqual(fromRaw(heard[0]?.params.get("notifications") ?? Buffer.from("0")), notifications)
    assert.ok(heard.every(({ params }) => !params.get("_meta")?.includes("subscriptionId")))
    stop.abort()
    assert.deepEqual(
      [...((await ended).result ?? [])].map(([key, raw]) => [key, fromRaw(raw)]),
      [["resultType", "complete"]],
    )
  })
}
