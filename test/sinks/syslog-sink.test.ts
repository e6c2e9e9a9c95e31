import assert from "node:assert/strict"
import { once } from "node:events"
import type { AddressInfo, Socket } from "node:net"
import { createServer } from "node:tls"
import { test, type TestContext } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { makeCertificate, type Certificate } from "./certificate.ts"
import { distinct, kit, until } from "./sinks-kit.ts"

type Collector = {
  readonly port: number
  /** As they arrived, without their lengths. */
  readonly messages: string[]
  /** Ends all connections and takes no more. */
  close(): Promise<void>
  /** Breaks the connections there are. */
  hangUp(): void
}

type CollectorOptions = { readonly certificate: Certificate; readonly port?: number; readonly delayMs?: number }

async function collector(
  t: TestContext,
  { certificate, port = 0, delayMs = 0 }: CollectorOptions,
): Promise<Collector> {
  const messages: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(certificate, (socket) => {
    let rest: Buffer = Buffer.alloc(0)
    sockets.add(socket)
    socket.on("error", () => undefined)
    socket.on("close", () => sockets.delete(socket))
    socket.on("data", (chunk: Buffer) => {
      rest = takeFrames(Buffer.concat([rest, chunk]), messages)
      if (delayMs === 0) return
      socket.pause()
      setTimeout(() => socket.resume(), delayMs)
    })
  })
  server.on("tlsClientError", () => undefined)
  await once(server.listen(port, "127.0.0.1"), "listening")
  const hangUp = () => sockets.forEach((socket) => socket.destroy())
  const close = async () => {
    if (!server.listening) return
    hangUp()
    await once(server.close(), "close")
  }
  t.after(close)
  return { port: (server.address() as AddressInfo).port, messages, close, hangUp }
}

/** Of RFC 5425: a length in bytes, a space, the message. @returns what is no whole frame yet */
function takeFrames(bytes: Buffer, messages: string[]): Buffer {
  for (let rest = bytes; ;) {
    const space = rest.indexOf(0x20)
    if (space < 0) return rest
    const digits = rest.toString("latin1", 0, space)
    assert.match(digits, /^[1-9]\d*$/)
    const end = space + 1 + Number(digits)
    if (rest.length < end) return rest
    messages.push(rest.toString("utf8", space + 1, end))
    rest = rest.subarray(end)
  }
}

const message =
  /^<(\d+)>1 (\S+) (\S+) (\S+) (\S+) (\S+) \[entry@32473 key="([^"]+)" hash="([\w-]+)"\] \uFEFF(.*)$/s

function keysIn(messages: readonly string[]): readonly string[] {
  return messages.map((text) => message.exec(text)?.[7] ?? text)
}

const good = makeCertificate("localhost", "127.0.0.1")

test("every entry arrives as a message of RFC 5424, in order", async (t) => {
  const { port, messages } = await collector(t, { certificate: good })
  const { entries, start } = await kit(t)
  entries.add(1_200)
  start({ syslog: { host: "127.0.0.1", port, ca: good.cert, format: "jsonl" } })
  await until(() => messages.length === 1_200)
  assert.deepEqual(keysIn(messages), entries.keys)
  const [, priority, time, host, app, process, id, key, hash, text] = message.exec(messages[0] ?? "") ?? []
  assert.deepEqual(
    [priority, time, app, process, id, key],
    ["110", "2023-11-14T22:13:20.001Z", "mcp-meta", "-", "end", "a/1"],
  )
  assert.match(host ?? "", /^[!-~]{1,255}$/)
  const line = JSON.parse(text ?? "") as { hash: string; body: { principal: string } }
  assert.equal(line.hash, hash)
  assert.equal(line.body.principal, "änn")
})

test("messages are CEF or OCSF where that is asked for", async (t) => {
  for (const [format, pattern] of [
    ["cef", /^CEF:0\|mcp-meta\|/],
    ["ocsf", /"class_uid":6003/],
  ] as const) {
    const { port, messages } = await collector(t, { certificate: good })
    const { entries, start } = await kit(t)
    entries.add(2)
    start({ syslog: { host: "localhost", port, ca: good.cert, format } })
    await until(() => messages.length === 2)
    for (const text of messages) assert.match(message.exec(text)?.[9] ?? "", pattern)
  }
})

test("a collector that cannot prove who it is gets nothing", async (t) => {
  const { entries, troubles, start } = await kit(t)
  entries.add(5)
  const named = makeCertificate("collector.example")
  const cases = [
    { certificate: good, trusted: {} },
    { certificate: good, trusted: { ca: makeCertificate("localhost").cert } },
    { certificate: named, trusted: { ca: named.cert } },
  ]
  for (const { certificate, trusted } of cases) {
    const { port, messages } = await collector(t, { certificate })
    troubles.length = 0
    const sinks = start({ syslog: { host: "localhost", port, format: "jsonl", ...trusted } })
    await until(() => troubles.length === 1)
    assert.match(troubles[0]?.message ?? "", /no certificate that can be trusted/)
    await wait(50)
    await sinks.close()
    assert.equal(messages.length, 0)
  }
})

test("a collector that is down for a while misses nothing", async (t) => {
  const first = await collector(t, { certificate: good })
  const { entries, troubles, start } = await kit(t)
  const sinks = start({ syslog: { host: "127.0.0.1", port: first.port, ca: good.cert, format: "jsonl" } })
  entries.add(100)
  sinks.wake()
  await until(() => first.messages.length === 100)
  await first.close()
  for (let round = 0; round < 5; round += 1) {
    entries.add(200)
    sinks.wake()
    await wait(20)
  }
  await until(() => troubles.length === 1)
  const second = await collector(t, { certificate: good, port: first.port })
  await until(() => distinct(keysIn([...first.messages, ...second.messages])).length === 1_100)
  assert.deepEqual(distinct(keysIn([...first.messages, ...second.messages])), entries.keys)
  await until(() => troubles.length === 2)
  assert.equal(troubles.at(-1)?.message, undefined)
})

test("connections that break in the middle lose nothing", async (t) => {
  const { port, messages, hangUp } = await collector(t, { certificate: good })
  const { entries, start } = await kit(t)
  const sinks = start({ syslog: { host: "127.0.0.1", port, ca: good.cert, format: "jsonl" } })
  for (let round = 0; round < 20; round += 1) {
    entries.add(300)
    sinks.wake()
    await wait(round % 4)
    hangUp()
  }
  entries.add(1)
  sinks.wake()
  await until(() => distinct(keysIn(messages)).length === 6_001)
  assert.deepEqual(new Set(keysIn(messages)), new Set(entries.keys))
})

test("a slow collector slows nothing but itself", async (t) => {
  const slow = await collector(t, { certificate: good, delayMs: 3 })
  const { entries, start, troubles } = await kit(t)
  entries.add(2_000, "x".repeat(2_000))
  start({ syslog: { host: "127.0.0.1", port: slow.port, ca: good.cert, format: "jsonl" } })
  await until(() => slow.messages.length === 2_000)
  assert.deepEqual(keysIn(slow.messages), entries.keys)
  assert.deepEqual(troubles, [])
})

test("stopping ends the connection, and the next start goes on where it was", async (t) => {
  const { port, messages } = await collector(t, { certificate: good })
  const { entries, start } = await kit(t)
  const settings = { syslog: { host: "127.0.0.1", port, ca: good.cert, format: "jsonl" } } as const
  for (const total of [40, 80]) {
    entries.add(40)
    const sinks = start(settings)
    await until(() => messages.length === total)
    await sinks.close()
  }
  assert.deepEqual(keysIn(messages), entries.keys)
})
