/** RES-08: what has come of messages that are not whole takes its part of the room for large bodies. */

import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import { WebSocket } from "ws"
import { acceptWebSocket } from "../../../src/mcp/channels/websocket-server.ts"
import { BodyRoom } from "../../../src/mcp/server/body-room.ts"
import { eventually } from "../../journeys/eventually.ts"

const kib = 1_024
const maxMessageBytes = kib * kib
const part = Buffer.alloc(256 * kib, 0x20)

/** A server where everybody is ann. */
async function startServer(t: TestContext) {
  const room = new BodyRoom({ heldBytes: maxMessageBytes, heldBytesPerPrincipal: 300 * kib })
  const heard: number[] = []
  const server = createServer()
  server.on("upgrade", (request, socket, head) => {
    void acceptWebSocket(request, socket, head, { maxMessageBytes, room: room.of("ann") }).then((channel) =>
      channel.listen(({ length }) => heard.push(length)),
    )
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, "mcp").on("error", () => {})
    await once(socket, "open")
    t.after(() => socket.terminate())
    return socket
  }
  return { room, heard, open }
}

test("RES-08 who begins large messages on many WebSockets and ends none is told the limit", async (t) => {
  const { room, heard, open } = await startServer(t)
  const [first, second] = [await open(), await open()]
  first.send(part, { fin: false, binary: false })
  await eventually("it is counted", () => room.heldBytes >= 128 * kib)
  second.send(part, { fin: false, binary: false })
  const [code, reason] = (await once(second, "close")) as [number, Buffer]
  assert.equal(code, 1_013)
  assert.match(reason.toString(), /limits\.heldBytesPerPrincipal/)
  first.send("", { fin: true, binary: false })
  await eventually("the whole message is heard", () => heard.length === 1)
  assert.deepEqual(heard, [part.length])
  await eventually("nothing is held any more", () => room.heldBytes === 0)
})

test("RES-08 what a message began that never ends is given back with its WebSocket", async (t) => {
  const { room, open } = await startServer(t)
  const socket = await open()
  socket.send(part, { fin: false, binary: false })
  await eventually("it is counted", () => room.heldBytes >= 128 * kib)
  socket.terminate()
  await eventually("nothing is held any more", () => room.heldBytes === 0)
})

test("RES-08 pings and small messages take no room, however many come", async (t) => {
  const { room, heard, open } = await startServer(t)
  const take = t.mock.method(room, "take")
  const socket = await open()
  for (let at = 0; at < 4_000; at++) socket.ping(Buffer.alloc(100))
  for (let at = 0; at < 400; at++) socket.send("x".repeat(500))
  await eventually("all are heard", () => heard.length === 400)
  assert.equal(take.mock.callCount(), 0)
})
