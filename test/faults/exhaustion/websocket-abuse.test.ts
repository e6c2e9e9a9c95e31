/** IN-19: whatever comes over a WebSocket, its sender is told or cut off, and nobody else notices. */

import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { after, before, test } from "node:test"
import { deflateRawSync } from "node:zlib"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer, type Peer } from "../../journeys/peer.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { residentMb } from "./process-facts.ts"

const limit = { timeout: 120_000 }
const mib = 1_048_576
const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, ping: 0x9 } as const

let gateway: TestGateway
let other: Peer

before(async () => {
  gateway = await startGateway({ args: ["--limits-body-bytes", String(mib), "--limits-stall-ms", "2000"] })
  other = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
}, limit)

after(async () => {
  await other?.close()
  await gateway?.stop()
})

type Frame = {
  readonly opcode: keyof typeof opcodes
  readonly data?: Buffer
  readonly isLast?: false
  readonly isCompressed?: true
  /** In place of the length that it has. */
  readonly declares?: bigint
}

function frame({ opcode, data = Buffer.alloc(0), isLast, isCompressed, declares }: Frame): Buffer {
  const first = (isLast === false ? 0 : 0x80) | (isCompressed ? 0x40 : 0) | opcodes[opcode]
  const mask = Buffer.alloc(4)
  const length = declares ?? BigInt(data.length)
  const head = Buffer.alloc(length < 126n ? 2 : 10)
  head[0] = first
  head[1] = 0x80 | (length < 126n ? Number(length) : 127)
  if (length >= 126n) head.writeBigUInt64BE(length, 2)
  return Buffer.concat([head, mask, data])
}

/** An open WebSocket, by hand. */
async function open(): Promise<Socket> {
  const { hostname, port } = new URL(gateway.origin)
  const socket = connect(Number(port), hostname).on("error", () => {})
  const key = randomBytes(16).toString("base64")
  const lines = ["GET /mcp HTTP/1.1", "host: localhost", "connection: upgrade", "upgrade: websocket"]
  const more = ["sec-websocket-version: 13", `sec-websocket-key: ${key}`, "sec-websocket-protocol: mcp"]
  socket.write([...lines, ...more, `authorization: Bearer ${gateway.key}`, "", ""].join("\r\n"))
  const [head] = (await once(socket, "data")) as [Buffer]
  assert.match(head.toString(), /^HTTP\/1\.1 101 /)
  return socket
}

/** The code of the close frame that comes before the end; 0 where none does. */
async function closeCode(socket: Socket): Promise<number> {
  const said: Buffer[] = []
  socket.on("data", (chunk: Buffer) => said.push(chunk))
  socket.resume()
  if (!socket.closed) await once(socket, "close")
  const bytes = Buffer.concat(said)
  const at = bytes.indexOf(0x88)
  return at < 0 ? 0 : bytes.readUInt16BE(at + 2)
}

/** Or cut off, however that is told. */
async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed) return
  const over = new AbortController()
  const events = ["drain", "close"].map((event) => once(socket, event, { signal: over.signal }))
  await Promise.race(events).catch(() => {})
  over.abort()
  await Promise.allSettled(events)
}

async function closedAfter(...frames: readonly Frame[]): Promise<number> {
  const socket = await open()
  const closed = closeCode(socket)
  for (const one of frames) socket.write(frame(one))
  return closed
}

async function assertOthersServed(): Promise<void> {
  const { result } = await other.call("tools/list")
  assert.ok(result, "another client is served")
}

const request = (size: number): Buffer =>
  Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { x: "x".repeat(size) } }))

const cases: readonly { readonly what: string; readonly frames: readonly Frame[]; readonly code: number }[] = [
  { what: "a declared length of 1 GB", frames: [{ opcode: "text", declares: 1_073_741_824n }], code: 1009 },
  { what: "a declared length of 2^62", frames: [{ opcode: "text", declares: 2n ** 62n }], code: 1009 },
  { what: "one byte over the limit", frames: [{ opcode: "text", data: Buffer.alloc(mib + 1, 32) }], code: 1009 },
  {
    what: "fragments that are over the limit together",
    frames: [
      { opcode: "text", data: Buffer.alloc(mib, 32), isLast: false },
      { opcode: "continuation", data: Buffer.alloc(16, 32) },
    ],
    code: 1009,
  },
  { what: "invalid UTF-8", frames: [{ opcode: "text", data: Buffer.from([0x22, 0xc3, 0x28, 0x22]) }], code: 1007 },
  { what: "a binary frame", frames: [{ opcode: "binary", data: request(1) }], code: 1003 },
  { what: "a continuation of nothing", frames: [{ opcode: "continuation", data: request(1) }], code: 1002 },
  {
    what: "a compressed bomb that nobody agreed to",
    frames: [{ opcode: "text", data: deflateRawSync(Buffer.alloc(64 * mib)), isCompressed: true }],
    code: 1002,
  },
]

for (const { what, frames, code } of cases) {
  test(`IN-19 ${what} closes the connection with ${code}, and nobody else notices`, limit, async () => {
    assert.equal(await closedAfter(...frames), code)
    await assertOthersServed()
  })
}

test("IN-19 a message in one thousand fragments is one message", limit, async () => {
  const socket = await open()
  const bytes = request(1_000)
  const [first, ...rest] = Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1))
  socket.write(frame({ opcode: "text", data: first ?? bytes, isLast: false }))
  for (const data of rest) socket.write(frame({ opcode: "continuation", data, isLast: false }))
  socket.write(frame({ opcode: "continuation" }))
  const [answer] = (await once(socket, "data")) as [Buffer]
  assert.match(answer.toString(), /"result":\{\}/)
  socket.destroy()
})

test("IN-19 a flood of fragments without an end is cut off, whatever it holds", limit, async () => {
  const socket = await open()
  const closed = closeCode(socket)
  socket.write(frame({ opcode: "text", isLast: false }))
  const empty = frame({ opcode: "continuation", isLast: false })
  const flood = Buffer.concat(Array.from({ length: 10_000 }, () => empty))
  while (!socket.destroyed) if (!socket.write(flood)) await drained(socket)
  assert.ok([0, 1008, 1009].includes(await closed))
  await assertOthersServed()
})

test("IN-19 a flood of pings from a client that reads nothing takes no memory", limit, async (t) => {
  const pid = gateway.process.child.pid ?? 0
  const socket = await open()
  t.after(() => socket.destroy())
  socket.pause()
  const before = residentMb(pid)
  const ping = frame({ opcode: "ping", data: Buffer.alloc(120) })
  const flood = Buffer.concat(Array.from({ length: 5_000 }, () => ping))
  for (let sent = 0; sent < 64 * mib && !socket.destroyed; sent += flood.length)
    if (!socket.write(flood)) await drained(socket)
  const grown = residentMb(pid) - before
  t.diagnostic(`64 MB of pings: RSS ${Math.round(grown)} MB more`)
  assert.ok(grown < 48, `RSS grew by ${grown} MB`)
  await assertOthersServed()
})

test("IN-19 a flood of requests from a client that reads nothing ends its connection alone", limit, async () => {
  const socket = await open()
  const one = frame({ opcode: "text", data: Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/list"}') })
  const flood = Buffer.concat(Array.from({ length: 200 }, () => one))
  socket.pause()
  await eventually(
    "it is cut off",
    async () => {
      if (!socket.destroyed && socket.writableLength < 2 * mib) socket.write(flood)
      const { load } = (await (await fetch(`${gateway.origin}/readiness`)).json()) as {
        load?: { shed: { slowReaders: number } }
      }
      return socket.destroyed || (load?.shed.slowReaders ?? 0) > 0
    },
    40_000,
  )
  await assertOthersServed()
  socket.destroy()
})
