/** The fault proxy itself: what it says it does to bytes is what arrives. */

import assert from "node:assert/strict"
import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"
import { afterEach, beforeEach, test } from "node:test"
import { eventually } from "../../journeys/eventually.ts"
import { startFaultd, type Faultd } from "./faultd.ts"
import { bandwidth, corrupt, halfClose, latency, reset, slices, stall, vanish } from "./toxics.ts"

/** Says back what it hears. */
const echo = createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket))
let faultd: Faultd
const clients: Socket[] = []

beforeEach(async () => {
  if (!echo.listening) await once(echo.listen(0, "127.0.0.1"), "listening")
  faultd = await startFaultd((echo.address() as AddressInfo).port)
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await faultd.close()
  echo.close()
})

type Client = { readonly socket: Socket; readonly pieces: Buffer[]; heard(): string; end: string | undefined }

async function dial(): Promise<Client> {
  const socket = connect({ port: faultd.port, host: "127.0.0.1", allowHalfOpen: true })
  const pieces: Buffer[] = []
  const client: Client = { socket, pieces, heard: () => Buffer.concat(pieces).toString("latin1"), end: undefined }
  clients.push(socket)
  socket.on("data", (piece: Buffer) => pieces.push(piece))
  socket.on("error", (error: NodeJS.ErrnoException) => (client.end = error.code))
  socket.once("end", () => (client.end = "FIN"))
  await once(socket, "connect")
  return client
}

async function hear(client: Client, text: string): Promise<number> {
  return eventually(`${text} is heard, not ${client.heard()}`, () => client.heard() === text)
}

test("without toxics every byte passes, and so does the end", async () => {
  const client = await dial()
  client.socket.end("hello")
  await hear(client, "hello")
  await eventually("the end is heard", () => client.end === "FIN")
})

test("latency holds bytes back as long as it says, and slices make small pieces of them", async () => {
  faultd.set({ up: [latency(150, 20)], down: [slices(2, 5)] })
  const client = await dial()
  const begunAt = performance.now()
  client.socket.write("hello")
  await hear(client, "hello")
  assert.ok(performance.now() - begunAt >= 149)
  assert.ok(client.pieces.length >= 2, "more than one piece")
})

test("a bandwidth lets no more pass than it says", async () => {
  faultd.set({ down: [bandwidth(2_000)] })
  const client = await dial()
  const begunAt = performance.now()
  client.socket.write("x".repeat(400))
  await hear(client, "x".repeat(400))
  assert.ok(performance.now() - begunAt >= 150)
})

test("a reset comes after as many bytes as it says, as RST", async () => {
  faultd.set({ down: [reset(3)] })
  const client = await dial()
  client.socket.write("hello")
  await eventually("RST", () => client.end === "ECONNRESET")
  assert.ok(client.heard().length <= 3)
})

test("a half-close ends one direction and leaves the other", async () => {
  faultd.set({ down: [halfClose(3)] })
  const client = await dial()
  client.socket.write("hello")
  await eventually("FIN", () => client.end === "FIN")
  assert.equal(client.heard(), "hel")
  assert.equal(faultd.open, 1)
})

test("corruption changes the bytes that it says", async () => {
  faultd.set({ up: [corrupt(4, 2)] })
  const client = await dial()
  client.socket.write("aaaaaaaa")
  await hear(client, "a\u00e1aaa\u00e1aa")
})

test("what stalls arrives late, and what vanishes never does", async () => {
  const client = await dial()
  faultd.set({ down: [stall] })
  client.socket.write("late")
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(client.heard(), "")
  faultd.set({})
  await hear(client, "late")
  faultd.set({ up: [vanish] })
  client.socket.write("lost")
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(client.end, undefined)
  faultd.set({})
  await eventually("RST once it is back", () => client.end === "ECONNRESET")
  assert.equal(client.heard(), "late")
})

test("flapping resets every connection by turns, until it takes them again", async () => {
  const client = await dial()
  faultd.flap(20)
  await eventually("RST", () => client.end === "ECONNRESET")
  const next = async (): Promise<boolean> => {
    const { end } = await dial()
    return end === undefined
  }
  await eventually("one is taken", () => next().catch(() => false))
  await faultd.accept()
  const last = await dial()
  await new Promise((resolve) => setTimeout(resolve, 60))
  assert.equal(last.end, undefined)
})

test("it refuses connections until it takes them again on the same port", async () => {
  const { port } = faultd
  await faultd.refuse()
  await assert.rejects(dial(), { code: "ECONNREFUSED" })
  await faultd.accept()
  assert.equal(faultd.port, port)
  const client = await dial()
  client.socket.write("hello")
  await hear(client, "hello")
})
