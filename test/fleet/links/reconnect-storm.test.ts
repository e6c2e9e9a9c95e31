import assert from "node:assert/strict"
import { once } from "node:events"
import { mkdir, writeFile } from "node:fs/promises"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { WebSocketServer } from "ws"
import { openFleet, until } from "../fleet-kit.ts"
import { makeFolder } from "../../support/folder.ts"

type Storm = {
  readonly url: string
  readonly connectedAtMs: number[]
  readonly most: () => number
  readonly cut: () => void
}

/** Legacy services over WebSocket, all of them on one port, that can be cut off at once. */
async function manyServices(t: TestContext): Promise<Storm> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
  await once(server, "listening")
  const connectedAtMs: number[] = []
  let opening = 0
  let most = 0
  server.on("connection", (socket) => {
    connectedAtMs.push(performance.now())
    most = Math.max(most, ++opening)
    socket.on("message", (data) => {
      const { id, method } = JSON.parse((data as Buffer).toString()) as { id?: number; method: string }
      const reply = (rest: object): void => socket.send(JSON.stringify({ jsonrpc: "2.0", id, ...rest }))
      if (method === "notifications/initialized") opening--
      else if (method === "initialize")
        setTimeout(
          () => reply({ result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} } }),
          20,
        )
      else if (id !== undefined) reply({ error: { code: -32_601, message: "" } })
    })
  })
  const cut = (): void => {
    for (const socket of server.clients) socket.terminate()
  }
  t.after(() => {
    cut()
    server.close()
  })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    connectedAtMs,
    most: () => most,
    cut,
  }
}

test("DS-20 200 services that are gone at once come back at the pace that is set, so many at a time", async (t) => {
  const storm = await manyServices(t)
  const mcpServers = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`s${at}`, { url: storm.url }]))
  const folder = makeFolder()
  await mkdir(join(folder, "servers.d"))
  await writeFile(join(folder, "servers.d", "many.json"), JSON.stringify({ mcpServers }), { mode: 0o600 })
  const { fleet } = await openFleet(t, {}, { folder, limits: { connecting: 16, connectsPerSecond: 100 } })
  const areUp = (): boolean => fleet.status().every(({ state }) => state === "up")
  await until("all are up", areUp)
  const connected = storm.connectedAtMs.length
  storm.cut()
  await until("they are gone", () => !areUp())
  await until("all are back", areUp)
  const back = storm.connectedAtMs.slice(connected)
  const seconds = ((back.at(-1) ?? 0) - (back[0] ?? 0)) / 1_000
  const figures = { services: 200, attempts: back.length, seconds, atOnce: storm.most() }
  t.diagnostic(JSON.stringify(figures))
  assert.ok(seconds >= 1.8, "200 at 100 a second take two seconds")
  // The services hear that they are connected a little after the gateway knows.
  assert.ok(storm.most() <= 32, `${storm.most()} at once`)
  assert.ok(back.length < 220, "none tries again and again")
})
